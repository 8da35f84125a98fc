package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"switchgram/bridge/media"
	"switchgram/bridge/sip"
	"switchgram/bridge/sip/siptest"
	"switchgram/cmd/switchgram/bench/load"
	"switchgram/cmd/switchgram/bench/worker"
	"switchgram/tgcall"
	"switchgram/tgcall/testnet"
)

// stand is a bridge in a process of its own, and in ours everybody who calls by it: people on Telegram, and telephones. Its methods are called
// from one goroutine.
type stand struct {
	mode     Mode
	load     *load.Load
	net      *testnet.Network
	exchange *siptest.Switch
	people   load.Sound // what they say
	phones   load.Sound
	ann      *testnet.Phone
	process  *worker.Process
	bare     worker.Sample // before the first call
	dir      string

	far chan struct{} // somebody who was called hears something

	following sync.WaitGroup
	mu        sync.Mutex
	calls     map[*tgcall.Call]<-chan struct{} // closed when nothing is left of the call

	closers []func() // run in reverse order
}

// standOptions are those of a stand.
type standOptions struct {
	command []string // that calls worker.Serve
	cores   []int    // of the bridge; none: any
	errors  io.Writer
}

// How long things may take.
const (
	connectWithin = 60 * time.Second // a call
	together      = 8                // calls that are set up at once
)

// newStand starts everything, without a call.
func newStand(ctx context.Context, m Mode, o standOptions) (_ *stand, err error) {
	s := &stand{mode: m, load: load.New(), far: make(chan struct{}, together), calls: map[*tgcall.Call]<-chan struct{}{}}
	defer func() {
		if err != nil {
			s.close()
			err = fmt.Errorf("%s: %w", m.Name, err)
		}
	}()
	if s.dir, err = os.MkdirTemp("", "switchgram-bench-"); err != nil {
		return nil, err
	}
	s.onClose(func() { _ = os.RemoveAll(s.dir) })
	s.onClose(s.following.Wait)
	s.background(ctx, s.load.Run)
	s.background(ctx, s.load.Alone)
	for _, start := range []func(context.Context) error{s.startTelegram, s.startSwitch} {
		if err := start(ctx); err != nil {
			return nil, err
		}
	}
	return s, s.startBridge(ctx, o)
}

func (s *stand) onClose(f func()) { s.closers = append(s.closers, f) }

// close ends everything, last started first.
func (s *stand) close() {
	for len(s.closers) > 0 {
		last := len(s.closers) - 1
		s.closers[last]()
		s.closers = s.closers[:last]
	}
}

// background runs a part until the stand is closed.
func (s *stand) background(ctx context.Context, run func(context.Context) error) {
	ctx, cancel := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() { _ = run(ctx) })
	s.onClose(func() { cancel(); done.Wait() })
}

// startTelegram starts the network, with Ann who calls, and a friend if the mode has one.
func (s *stand) startTelegram(ctx context.Context) (err error) {
	if s.people, err = s.sound(media.Opus, s.mode.frames); err != nil {
		return err
	}
	if s.net, err = testnet.Start(ctx, testnet.Options{}); err != nil {
		return err
	}
	s.onClose(s.net.Close)
	if s.ann, err = s.net.AddUser(testnet.UserOptions{Phone: "999662001001", Username: "ann"}).Phone(ctx, testnet.PhoneOptions{}); err != nil {
		return err
	}
	if s.mode.friend {
		_, err = s.net.AddUser(testnet.UserOptions{Phone: "999662001002", Username: "bob"}).Phone(ctx, testnet.PhoneOptions{OnCall: s.called})
	}
	return err
}

// sound is what somebody says in a codec.
func (s *stand) sound(c media.Codec, frames int) (load.Sound, error) {
	if s.mode.anew {
		return spoken(c)
	}
	return load.Stamped(max(1, frames)), nil
}

// startSwitch starts the switch, with a telephone that answers every call.
func (s *stand) startSwitch(ctx context.Context) (err error) {
	if s.phones, err = s.sound(codecs[s.mode.telephone], 1); err != nil && !s.mode.friend {
		return err
	}
	s.exchange, err = siptest.Start(ctx, siptest.Options{
		Users:      map[string]string{"line": password},
		Extensions: []siptest.Extension{{Number: "1000", Codecs: []sip.Codec{s.mode.telephone}, Sound: s.answered}},
	})
	if err == nil {
		s.onClose(s.exchange.Close)
	}
	return err
}

// password of the line, on a switch that only lives for the measurement, on loopback.
const password = "bench"

// answered is a call that the telephone took.
func (s *stand) answered(ctx context.Context, wire siptest.Stream) {
	t := s.load.Join(wire, s.phones)
	defer t.Leave()
	s.hears(ctx, t)
	<-ctx.Done()
}

// called is a call to the friend.
func (s *stand) called(ctx context.Context, c *tgcall.Call) {
	if c.Accept(ctx) != nil {
		return
	}
	t := s.load.Join(c, s.people)
	defer t.Leave()
	s.hears(ctx, t)
	<-ctx.Done()
}

// hears tells that somebody who was called hears something.
func (s *stand) hears(ctx context.Context, t *load.Talker) {
	select {
	case <-t.Heard():
	case <-ctx.Done():
		return
	}
	select {
	case s.far <- struct{}{}:
	case <-ctx.Done():
	}
}

// startBridge starts the bridge in a process of its own.
func (s *stand) startBridge(ctx context.Context, o standOptions) error {
	secret := filepath.Join(s.dir, "password")
	if err := os.WriteFile(secret, []byte(password), 0o600); err != nil {
		return err
	}
	account, err := s.net.AddUser(testnet.UserOptions{Phone: "999661001001", Username: "line"}).Session(ctx).LoadSession(ctx)
	if err != nil {
		return err
	}
	config, err := json.Marshal(s.config(secret)) // which is YAML, too
	if err != nil {
		return err
	}
	s.process, err = worker.Start(ctx, o.command, o.cores, o.errors, worker.Setup{
		Config: string(config), AppID: s.net.AppID(), AppHash: s.net.AppHash(), DCs: s.net.DCList(), PublicKey: s.net.PublicKey(),
		Sessions: map[string][]byte{"bench": account},
	})
	if err != nil {
		return err
	}
	s.onClose(func() { _ = s.process.Close() })
	if err := s.process.Settle(); err != nil {
		return err
	}
	s.bare, err = s.process.Sample()
	return err
}

// config is what a configuration file would say.
func (s *stand) config(secret string) map[string]any {
	type object = map[string]any
	to := "sip:1000"
	if s.mode.friend {
		to = "tg:@bob"
	}
	c := object{
		"telegram": object{"api_id": s.net.AppID(), "api_hash_file": secret},
		"sip":      object{"listen": []string{"udp:127.0.0.1:0"}},
		"drain":    "0s",
		"lines": []object{{
			"name": "bench", "to": to, "max_calls": 10_000,
			"sip": object{"registrar": s.exchange.Addr().String(), "user": "line", "password_file": secret},
		}},
	}
	if s.mode.record {
		c["recording"] = object{"directory": filepath.Join(s.dir, "recordings"), "all": true, "announce": "none"}
	}
	return c
}

// grow sets calls up until n stand.
func (s *stand) grow(ctx context.Context, n int) error {
	var g errgroup.Group
	g.SetLimit(together)
	for range n - s.standing() {
		g.Go(func() error { return s.call(ctx) })
	}
	return g.Wait()
}

func (s *stand) standing() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.calls)
}

// call sets one call up, and returns when both hear each other.
func (s *stand) call(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, connectWithin)
	defer cancel()
	call, err := s.ann.Dial(ctx, "@line")
	if err != nil {
		return err
	}
	talker := s.load.Join(call, s.people)
	ended := s.follow(call, talker)
	for _, what := range []<-chan struct{}{talker.Heard(), s.far} {
		select {
		case <-what:
		case err := <-ended:
			return fmt.Errorf("call: %w", err)
		case <-ctx.Done():
			return fmt.Errorf("call: nobody is heard: %w", ctx.Err())
		}
	}
	return nil
}

// follow counts a call among those that stand until it ends, and says how it did.
func (s *stand) follow(c *tgcall.Call, t *load.Talker) <-chan error {
	ended, gone := make(chan error, 1), make(chan struct{})
	s.keep(c, gone)
	s.following.Go(func() { // ends with the call, at the latest when the network is closed
		for e := range c.Events() {
			if e, ok := e.(tgcall.Ended); ok {
				ended <- e.Err
			}
		}
		t.Leave()
		s.drop(c)
		close(gone)
	})
	return ended
}

func (s *stand) keep(c *tgcall.Call, gone <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[c] = gone
}

func (s *stand) drop(c *tgcall.Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.calls, c)
}

// shrink hangs calls up until n stand, and returns when they are gone.
func (s *stand) shrink(ctx context.Context, n int) error {
	var g errgroup.Group
	g.SetLimit(together)
	for c, gone := range s.some(s.standing() - n) {
		g.Go(func() error {
			err := c.Discard(ctx, tgcall.Hangup)
			<-gone
			return err
		})
	}
	return g.Wait()
}

// some are that many of the calls that stand.
func (s *stand) some(n int) map[*tgcall.Call]<-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	some := map[*tgcall.Call]<-chan struct{}{}
	for c, gone := range s.calls {
		if len(some) >= n {
			break
		}
		some[c] = gone
	}
	return some
}

// resize makes n calls stand.
func (s *stand) resize(ctx context.Context, n int) error {
	return errors.Join(s.shrink(ctx, n), s.grow(ctx, n))
}
