package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
)

// patience is a safety net for events that come at once on an idle machine.
const patience = 60 * time.Second

// side is one end of a call in a test.
type side struct {
	t      testing.TB
	name   string
	engine *Engine
	cancel context.CancelFunc
	result chan error

	mu      sync.Mutex
	changed chan struct{} // closed and renewed at each change
	events  []Event
	over    bool // events is closed
	heard   []*rtp.Packet
	arrived []time.Time // of heard
}

func key() []byte { return bytes.Repeat([]byte{7, 11}, 128) }

// newSide makes an engine; it does not run yet.
func newSide(t testing.TB, name string, c Config) *side {
	t.Helper()
	s := &side{t: t, name: name, changed: make(chan struct{}), result: make(chan error, 1)}
	if c.Key == nil {
		c.Key = key()
	}
	c.Loopback = true
	if c.NoMedia == 0 {
		c.NoMedia = 2 * patience // a busy machine is no reason to give up
	}
	if testing.Verbose() {
		c.Log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug})).With("leg", name)
	}
	var err error
	if s.engine, err = New(c); err != nil {
		t.Fatal(err)
	}
	s.engine.OnRTP(func(p *rtp.Packet) {
		s.change(func() { s.heard, s.arrived = append(s.heard, p.Clone()), append(s.arrived, time.Now()) })
	})
	return s
}

// run runs the engine until the test ends.
func (s *side) run() {
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	var group sync.WaitGroup
	group.Go(func() { s.result <- s.engine.Run(ctx) })
	group.Go(func() {
		for e := range s.engine.Events() {
			s.change(func() { s.events = append(s.events, e) })
		}
		s.change(func() { s.over = true })
	})
	s.t.Cleanup(func() { cancel(); group.Wait() })
}

func (s *side) change(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
	close(s.changed)
	s.changed = make(chan struct{})
}

// await waits until something is true of the side.
func (s *side) await(what string, f func() bool) {
	s.t.Helper()
	giveUp := time.NewTimer(patience)
	defer giveUp.Stop()
	for {
		s.mu.Lock()
		ok, changed, events, heard := f(), s.changed, fmt.Sprint(s.events), len(s.heard)
		s.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-giveUp.C:
			s.t.Fatalf("%s: no %s; events %s, %d packets heard, %+v", s.name, what, events, heard, s.engine.Stats())
		}
	}
}

func (s *side) awaitEvent(e Event) {
	s.t.Helper()
	s.await(fmt.Sprintf("%+v", e), func() bool { return slices.Contains(s.events, e) })
}

// awaitState waits until a state is the last one.
func (s *side) awaitState(want State) {
	s.t.Helper()
	s.await("state "+want.String(), func() bool { return s.state() == want })
}

func (s *side) state() (last State) {
	for _, e := range s.events {
		if c, ok := e.(StateChanged); ok {
			last = c.State
		}
	}
	return last
}

func (s *side) awaitEnd(want error) {
	s.t.Helper()
	select {
	case err := <-s.result:
		if !errors.Is(err, want) || want == nil && err != nil {
			s.t.Errorf("%s ended with %v, want %v", s.name, err, want)
		}
		s.result <- err
	case <-time.After(patience):
		s.t.Fatalf("%s did not end", s.name)
	}
}

// talk sends packets every few milliseconds until the other side has heard some more of them.
func (s *side) talk(to *side, from uint16) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	group.Go(func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for n := from; ; n++ {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				_ = s.engine.WriteRTP(sound(n))
			}
		}
	})
	defer func() { cancel(); group.Wait() }()
	to.awaitMore(10)
	to.checkHeard()
}

// awaitMore waits until so many more packets were heard.
func (s *side) awaitMore(packets int) {
	s.t.Helper()
	s.mu.Lock()
	want := len(s.heard) + packets
	s.mu.Unlock()
	s.await("more sound", func() bool { return len(s.heard) >= want })
}

// sound is a packet that can be told from every other.
func sound(n uint16) *rtp.Packet {
	return &rtp.Packet{
		Header:  rtp.Header{Version: 2, SequenceNumber: n, Timestamp: uint32(n) * 960},
		Payload: append([]byte{0xf8, byte(n), byte(n >> 8)}, bytes.Repeat([]byte{byte(n)}, int(n%200))...),
	}
}

// checkHeard compares every packet with what was sent.
func (s *side) checkHeard() {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.heard {
		n := uint16(p.Timestamp / 960)
		if !bytes.Equal(p.Payload, sound(n).Payload) {
			s.t.Fatalf("%s heard %v, sent was %v", s.name, p, sound(n))
		}
	}
}

// call is two sides and the signalling between them.
type call struct{ caller, callee *side }

// newCall connects two engines that are made from one configuration.
func newCall(t testing.TB, c Config, w weather) call {
	t.Helper()
	return newUnequalCall(t, c, c, w)
}

// newUnequalCall connects two engines that were told different things.
func newUnequalCall(t testing.TB, ca, cb Config, w weather) call {
	t.Helper()
	there, back := newWire(w, 1), newWire(w, 2)
	ca.Outgoing, ca.Send, cb.Send = true, there.send, back.send
	a, b := newSide(t, "caller", ca), newSide(t, "callee", cb)
	there.carry(t, b.engine)
	back.carry(t, a.engine)
	return call{a, b}
}

func (c call) run() {
	c.caller.run()
	c.callee.run()
}

// established waits for both, and lets each hear the other.
func (c call) established() {
	c.caller.t.Helper()
	c.caller.awaitState(Established)
	c.callee.awaitState(Established)
	c.talk(100)
}

func (c call) talk(from uint16) {
	c.caller.t.Helper()
	c.caller.talk(c.callee, from)
	c.callee.talk(c.caller, from)
}
