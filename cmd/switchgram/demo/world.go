package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gotd/td/session"

	"switchgram/bridge"
	"switchgram/bridge/notify/notifytest"
	"switchgram/bridge/sip/sdp"
	"switchgram/bridge/sip/siptest"
	"switchgram/cmd/switchgram/program"
	"switchgram/cmd/switchgram/tones"
	"switchgram/tgcall/testnet"
)

const (
	annNumber = "999662001001"
	bobNumber = "999662001002"
	eveNumber = "999662001003"

	// ringFor is how long a telephone rings in the demo: nobody wants to wait a minute for the row of whom nobody answers.
	ringFor = 4 * time.Second
)

var errEnded = errors.New("the call has ended")

// lines are the accounts that call through the bridge, and what they ring.
var lines = []account{
	{"desk", "sip:1000"}, {"echo", "sip:9196"}, {"busy", "sip:1001"}, {"pcmu", "sip:1002"}, {"away", "sip:1004"}, {"tone", "sip:9197"}, {"web", "verto:" + agent},
}

// agent is the user of the telephone in the browser.
const agent = "agent"

// account is a line.
type account struct{ Name, To string }

// world is everything the demo runs in: a Telegram network, a telephone switch, and the bridge between them.
type world struct {
	net      *testnet.Network
	exchange *siptest.Switch
	program  *program.Program
	slack    *notifytest.Receiver // is told of missed calls
	crm      string               // address of the small CRM
	dir      string               // of configuration, secrets and records
	ann, bob *person
	eve      *person
	desk     *telephone
	pcmu     *telephone
	password string // of every SIP user

	taken chan callee         // calls that somebody at the far end took
	ended chan bridge.Outcome // calls that are over, in the bridge's words

	callBack  chan *person           // who wants to call the agent back
	leavePage func()                 // the simulated browser
	card      atomic.Pointer[string] // what the CRM calls whoever called the agent last

	closers []func() // run in reverse order
}

// callee is who took a call.
type callee struct {
	sound  stream
	hangup func()
}

// newWorld starts everything and returns when all of it is connected.
func newWorld(ctx context.Context, o Options) (_ *world, err error) {
	w := &world{taken: make(chan callee, 1), ended: make(chan bridge.Outcome, 8), callBack: make(chan *person, 1), password: rand.Text()}
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	for _, start := range []func(context.Context, Options) error{
		w.startTelegram, w.startSwitch, w.startSlack, w.startCRM, w.startProgram, w.startPeople, w.startTelephones, w.startPage,
	} {
		if err := start(ctx, o); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// close ends everything, last started first.
func (w *world) close() {
	for len(w.closers) > 0 {
		last := len(w.closers) - 1
		w.closers[last]()
		w.closers = w.closers[:last]
	}
}

func (w *world) onClose(f func()) { w.closers = append(w.closers, f) }

func (w *world) startTelegram(ctx context.Context, o Options) (err error) {
	if w.net, err = testnet.Start(ctx, testnet.Options{TURN: true, Log: o.Log}); err != nil {
		return err
	}
	w.onClose(w.net.Close)
	return nil
}

func (w *world) startSwitch(ctx context.Context, o Options) (err error) {
	users := map[string]string{"1000": w.password, "1002": w.password, "1003": w.password}
	for _, l := range lines {
		users["line-"+l.Name] = w.password
	}
	w.exchange, err = siptest.Start(ctx, siptest.Options{
		Users:      users,
		Extensions: []siptest.Extension{siptest.Echo("9196"), siptest.Tone("9197", nil), siptest.Busy("1001"), siptest.NoAnswer("1004")},
		Dialplan:   siptest.DialTelegram("line-desk"),
		MediaLoss:  o.MediaLoss,
		Log:        o.Log,
	})
	if err != nil {
		return err
	}
	w.onClose(w.exchange.Close)
	return nil
}

// startProgram runs the bridge as `switchgram run` would, on a configuration of its own.
func (w *world) startProgram(ctx context.Context, o Options) error {
	var err error
	if w.dir, err = os.MkdirTemp("", "switchgram-demo-"); err != nil {
		return err
	}
	w.onClose(func() { _ = os.RemoveAll(w.dir) })
	config, err := w.config()
	if err != nil {
		return err
	}
	accounts := map[string]*testnet.User{}
	for i, l := range lines {
		accounts[l.Name] = w.net.AddUser(testnet.UserOptions{Phone: fmt.Sprintf("99966100100%d", i+1), Username: "line_" + l.Name, FirstName: "Line", LastName: l.Name})
	}
	w.program, err = program.New(config, program.Options{
		Sink: outcomes{w.ended},
		Log:  o.Log,
		Network: &program.Network{
			AppID: w.net.AppID(), AppHash: w.net.AppHash(), DCList: w.net.DCList(), PublicKey: w.net.PublicKey(),
			Session: func(account string) session.Storage { return accounts[account].Session(ctx) },
		},
	})
	if err != nil {
		return err
	}
	w.onClose(w.background(ctx, o.Log, w.program.Run))
	return w.connected(ctx, accounts)
}

// background runs a part until the returned function is called, which waits for its end.
func (w *world) background(ctx context.Context, log *slog.Logger, run func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() {
		if err := run(ctx); err != nil {
			log.Error("the bridge ended", "err", err)
		}
	})
	return func() { cancel(); done.Wait() }
}

// connected returns when every line has its account and its registration.
func (w *world) connected(ctx context.Context, accounts map[string]*testnet.User) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for name, u := range accounts {
		if _, err := w.exchange.WaitRegistered(ctx, "line-"+name); err != nil {
			return err
		}
		if !tones.Until(ctx, 30*time.Second, func() bool { return u.Online() > 0 }) {
			return fmt.Errorf("line %s: telegram account is not online", name)
		}
	}
	return nil
}

func (w *world) startPeople(ctx context.Context, _ Options) (err error) {
	if w.ann, err = w.newPerson(ctx, testnet.UserOptions{Phone: annNumber, Username: "ann", FirstName: "Ann", LastName: "Ahlers"}); err != nil {
		return err
	}
	if w.bob, err = w.newPerson(ctx, testnet.UserOptions{Phone: bobNumber, Username: "bob", FirstName: "Bob"}); err != nil {
		return err
	}
	w.eve, err = w.newPerson(ctx, testnet.UserOptions{Phone: eveNumber, Username: "eve", FirstName: "Eve"})
	return err
}

func (w *world) startTelephones(ctx context.Context, _ Options) (err error) {
	if w.desk, err = w.newTelephone(ctx, "1000"); err != nil {
		return err
	}
	w.pcmu, err = w.newTelephone(ctx, "1002", sdp.PCMU)
	return err
}

// begin forgets what the last call left, and says what a Telegram user who is called shall do.
func (w *world) begin(b behaviour) {
	for len(w.taken) > 0 {
		<-w.taken
	}
	for len(w.ended) > 0 {
		<-w.ended
	}
	w.ann.behave(b)
	w.bob.behave(b)
}

// outcome waits for the bridge to say how the call ended.
func (w *world) outcome(ctx context.Context) (bridge.Outcome, error) {
	o, err := within(ctx, endWithin+ringFor, w.ended)
	if err != nil {
		return o, fmt.Errorf("the bridge never said how the call ended: %w", err)
	}
	return o, nil
}

// outcomes passes on how calls ended.
type outcomes struct{ to chan<- bridge.Outcome }

// Publish implements bridge.Sink.
func (o outcomes) Publish(e bridge.Event) {
	if e.Kind == bridge.CallEnded {
		select {
		case o.to <- *e.Outcome:
		default: // nobody asks: calls of people who try the demo
		}
	}
}
