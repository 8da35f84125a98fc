package program_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gotd/td/session"

	"switchgram/bridge"
	"switchgram/bridge/recording"
	"switchgram/bridge/sip/siptest"
	"switchgram/cmd/switchgram/program"
	"switchgram/tgcall"
	"switchgram/tgcall/account"
	"switchgram/tgcall/testnet"
)

// patience is a safety net; no test waits so long when things go well.
const patience = 5 * time.Minute

const password = "of everybody"

// plan says how a house is to be built. The zero value is one line, "main", that rings telephone 1000.
type plan struct {
	lines    []string          // names
	settings string            // of the configuration, at the top
	line     string            // one more setting of every line
	to       string            // where calls from Telegram go; empty: sip:1000
	expires  string            // of registrations; empty: 10s
	switches map[string]string // addresses of other switches than the house's own, by line

	extensions []siptest.Extension
	session    func(account string) session.Storage // nil: logged in
	state      string                               // folder that the program keeps its state in; empty: none
}

// house is a running program between a Telegram network and a switch, all of them real programs on loopback.
type house struct {
	t        *testing.T
	ctx      context.Context
	net      *testnet.Network
	exchange *siptest.Switch
	program  *program.Program
	accounts map[string]*testnet.User // by line
	log      *book
	ended    chan bridge.Outcome
	ringing  chan bridge.CallID
	silent   chan bridge.CallID
	ready    chan recording.Info
	end      context.CancelFunc // as SIGTERM does
	done     chan error         // of Run
}

// build builds a house and waits until every line of it is connected.
func build(t *testing.T, p plan) *house {
	t.Helper()
	h := lay(t, p)
	for _, name := range p.names() {
		if p.switches[name] == "" {
			h.log.await(h.ctx, "msg=registered ") // the switch knows it before the program does
		}
	}
	for range p.names() {
		h.log.await(h.ctx, "line takes calls")
	}
	return h
}

func (p plan) names() []string {
	if p.lines == nil {
		return []string{"main"}
	}
	return p.lines
}

// lay builds a house and waits for nothing.
func lay(t *testing.T, p plan) *house {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	h := &house{
		t: t, ctx: ctx, accounts: map[string]*testnet.User{}, log: newBook(t), ended: make(chan bridge.Outcome, 16), ringing: make(chan bridge.CallID, 64),
		silent: make(chan bridge.CallID, 64), ready: make(chan recording.Info, 16), done: make(chan error, 1),
	}
	var err error
	h.net, err = testnet.Start(ctx, testnet.Options{})
	h.must(err)
	t.Cleanup(h.net.Close)
	users := map[string]string{"1000": password, "1001": password}
	for i, name := range p.names() {
		users["line-"+name] = password
		h.accounts[name] = h.net.AddUser(testnet.UserOptions{Phone: fmt.Sprintf("493010020%d", i), Username: "line_" + name, FirstName: "Line"})
	}
	h.exchange, err = siptest.Start(ctx, siptest.Options{Users: users, Extensions: p.extensions, Dialplan: siptest.DialTelegram("line-main")})
	h.must(err)
	t.Cleanup(h.exchange.Close)
	h.start(p)
	return h
}

// restart ends the program as SIGTERM does, has something happen meanwhile, and starts it again.
func (h *house) restart(p plan, meanwhile func()) {
	h.t.Helper()
	h.end()
	h.must(next(h, h.done))
	meanwhile()
	h.log.turn()
	h.start(p)
	for range p.names() {
		h.log.await(h.ctx, "line takes calls")
		h.log.await(h.ctx, "msg=registered ")
	}
}

// moveIn makes the logged-in sessions of a state folder, unless they are there.
func (h *house) moveIn(p plan) {
	h.t.Helper()
	key, err := account.LoadKey(filepath.Join(p.state, "sessions.key"))
	h.must(err)
	for _, name := range p.names() {
		kept, err := account.NewFileSession(filepath.Join(p.state, name+".session"), key)
		h.must(err)
		if _, err := kept.LoadSession(h.ctx); err == nil {
			continue
		}
		stored, err := h.accounts[name].Session(h.ctx).LoadSession(h.ctx)
		h.must(err)
		h.must(kept.StoreSession(h.ctx, stored))
	}
}

func (h *house) start(p plan) {
	secret := filepath.Join(h.t.TempDir(), "password")
	h.must(os.WriteFile(secret, []byte(password), 0o600))
	config, err := program.Read("test.yaml", strings.NewReader(h.configuration(p, secret)))
	h.must(err)
	sessions := p.session
	switch {
	case p.state != "":
		h.moveIn(p)
	case sessions == nil:
		sessions = func(account string) session.Storage { return h.accounts[account].Session(h.ctx) }
	}
	h.program, err = program.New(config, program.Options{
		Sink: sink{h.ended, h.ringing, h.silent, h.ready}, Log: slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Network: &program.Network{
			AppID: h.net.AppID(), AppHash: h.net.AppHash(), DCList: h.net.DCList(), PublicKey: h.net.PublicKey(), Session: sessions,
		},
	})
	h.must(err)
	var ctx context.Context
	ctx, h.end = context.WithCancel(h.ctx)
	var running sync.WaitGroup
	running.Go(func() { h.done <- h.program.Run(ctx) })
	h.t.Cleanup(func() { h.end(); running.Wait() })
}

func (h *house) configuration(p plan, secret string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "telegram: {api_id: 1, api_hash_file: %q}\n", secret)
	if p.state != "" {
		fmt.Fprintf(&b, "state: %q\n", p.state)
	}
	fmt.Fprintf(&b, "sip: {listen: [\"udp:127.0.0.1:0\", \"tcp:127.0.0.1:0\"]}\n%s\nlines:\n", p.settings)
	for _, name := range p.names() {
		registrar := h.exchange.Addr().String()
		if other := p.switches[name]; other != "" {
			registrar = other
		}
		fmt.Fprintf(&b, "  - name: %s\n    to: %s\n    sip: {registrar: %q, user: line-%s, password_file: %q, expires: %s}\n", name, cmp.Or(p.to, "sip:1000"), registrar, name, secret, cmp.Or(p.expires, "10s"))
		if p.line != "" {
			fmt.Fprintf(&b, "    %s\n", p.line)
		}
	}
	return b.String()
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// sink passes on which calls ring, how calls ended, and what was recorded of them.
type sink struct {
	ended   chan<- bridge.Outcome
	ringing chan<- bridge.CallID
	silent  chan<- bridge.CallID
	ready   chan<- recording.Info
}

func (s sink) Publish(e bridge.Event) {
	switch e.Kind {
	case bridge.CallEnded:
		s.ended <- *e.Outcome
	case bridge.CallRinging:
		offer(s.ringing, e.Call)
	case bridge.CallSilent:
		offer(s.silent, e.Call)
	case bridge.RecordingReady:
		s.ready <- *e.Recording
	}
}

// offer gives a value to whoever asks: no test that does has so many.
func offer[T any](to chan<- T, v T) {
	select {
	case to <- v:
	default:
	}
}

// outcome waits for the bridge's word about the next call that ended.
func (h *house) outcome() bridge.Outcome { h.t.Helper(); return next(h, h.ended) }

func (h *house) wantOutcome(cause bridge.Cause, path string) {
	h.t.Helper()
	if o := h.outcome(); o.Cause != cause || o.Path != path {
		h.t.Errorf("ended with %s, path %q (%v), want %s, path %q", o.Cause, o.Path, o.Err, cause, path)
	}
}

// next takes a value from a channel.
func next[T any](h *house, c <-chan T) T {
	h.t.Helper()
	select {
	case v := <-c:
		return v
	case <-h.ctx.Done():
		h.t.Fatalf("waited in vain for a %T", *new(T))
		panic("unreachable")
	}
}

// person is somebody on Telegram with a telephone in hand.
func (h *house) person(u *testnet.User, onCall func(context.Context, *tgcall.Call)) *testnet.Phone {
	h.t.Helper()
	p, err := u.Phone(h.ctx, testnet.PhoneOptions{OnCall: onCall})
	h.must(err)
	h.t.Cleanup(p.Close)
	return p
}

const annNumber = "4930123456"

func (h *house) ann() *testnet.User {
	return h.net.AddUser(testnet.UserOptions{Phone: annNumber, Username: "ann", FirstName: "Ann", LastName: "Ahlers"})
}

func (h *house) bob() *testnet.User {
	return h.net.AddUser(testnet.UserOptions{Phone: "4930654321", Username: "bob", FirstName: "Bob"})
}

// until reads a Telegram call's events up to one of type T.
func until[T tgcall.Event](h *house, c *tgcall.Call) T {
	h.t.Helper()
	for e := range c.Events() {
		if want, ok := e.(T); ok {
			return want
		}
	}
	h.t.Fatalf("the call ended before %T", *new(T))
	panic("unreachable")
}

// wantDiscarded waits for the end of a Telegram call, by the other side.
func (h *house) wantDiscarded(c *tgcall.Call, r tgcall.DiscardReason) {
	h.t.Helper()
	end := until[tgcall.Ended](h, c)
	var d *tgcall.DiscardError
	if !errors.As(end.Err, &d) || d.Reason != r || !d.Remote {
		h.t.Errorf("the person on telegram was told %v, want %s", end.Err, r)
	}
}
