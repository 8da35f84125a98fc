package bench

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"

	"switchgram/bridge/media"
	"switchgram/bridge/sip/sdp"
	"switchgram/bridge/sip/siptest"
	"switchgram/cmd/switchgram/bench/load"
	"switchgram/cmd/switchgram/bench/worker"
	"switchgram/tgcall"
	"switchgram/tgcall/testnet"
)

// stand is a bridge in a process of its own, and in ours everybody who calls by it: people on Telegram, and telephones. Its methods are called
// from one goroutine.
type stand struct {
	meter
	mode     Mode
	net      *testnet.Network
	exchange *siptest.Switch
	people   load.Sound // what they say
	phones   load.Sound
	ann      *testnet.Phone
	process  *worker.Process
	dir      string
	lines    int
	rtpPort  int            // of the bridge, for all calls
	web      netip.AddrPort // where browsers log in
	desk     atomic.Int64   // whose turn it was last to be called

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
	lines   int // of the bridge; 0: 1
}

// newStand starts everything, without a call.
func newStand(ctx context.Context, m Mode, o standOptions) (_ *stand, err error) {
	if m.browser {
		o.lines = desks
	}
	s := &stand{meter: meter{load: load.New()}, mode: m, lines: max(1, o.lines), far: make(chan struct{}, together), calls: map[*tgcall.Call]<-chan struct{}{}}
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
	if err := s.startBridge(ctx, o); err != nil || !m.browser {
		return s, err
	}
	return s, s.logIn(ctx)
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
	homes := newHomes()
	s.background(ctx, homes.Run)
	if s.net, err = testnet.Start(ctx, testnet.Options{}); err != nil {
		return err
	}
	s.onClose(s.net.Close)
	if s.ann, err = s.net.AddUser(testnet.UserOptions{Phone: "999662001001", Username: "ann"}).Phone(ctx, testnet.PhoneOptions{Port: homes}); err != nil {
		return err
	}
	if s.mode.friend {
		_, err = s.net.AddUser(testnet.UserOptions{Phone: "999662001002", Username: "bob"}).Phone(ctx, testnet.PhoneOptions{Port: homes, OnCall: s.called})
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
	users := map[string]string{}
	for i := range s.lines {
		users[lineName(i)] = password
	}
	s.exchange, err = siptest.Start(ctx, siptest.Options{
		Users:      users,
		Extensions: []siptest.Extension{{Number: extension, Codecs: []sdp.Codec{s.mode.telephone}, Sound: s.answered}},
	})
	if err == nil {
		s.onClose(s.exchange.Close)
	}
	return err
}

// extension is the telephone's number.
const extension = "1000"

// password of the lines, on a switch that only lives for the measurement, on loopback.
const password = "bench"
