package engine

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"switchgram/tgcall/engine/internal/path"
	"switchgram/tgcall/testnet/reflectors"
)

// conversation lets both sides speak until it is stopped.
func (c call) conversation() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var speaking sync.WaitGroup
	for _, s := range []*side{c.caller, c.callee} {
		speaking.Go(func() { s.speak(ctx) })
	}
	return func() { cancel(); speaking.Wait() }
}

// silence waits for the first packet after a moment, and tells how long that took.
func (s *side) silence(since time.Time) time.Duration {
	s.t.Helper()
	const underway = 50 * time.Millisecond // packets that were already
	since = since.Add(underway)
	var first time.Time
	s.await("sound again", func() bool {
		at := slices.IndexFunc(s.arrived, func(t time.Time) bool { return t.After(since) })
		if at >= 0 {
			first = s.arrived[at]
		}
		return at >= 0
	})
	return first.Sub(since) + underway
}

func (s *side) pairs() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.events {
		if _, ok := e.(PairChanged); ok {
			n++
		}
	}
	return n
}

// TestSoundIsBackSoonAfterTheDirectPathDies: with the timing of a real call. Half a second is silence, a second the path has to
// answer within.
func TestSoundIsBackSoonAfterTheDirectPathDies(t *testing.T) {
	server := newReflector(t, reflectors.Options{})
	for name, start := range map[string]func(*testing.T, *firewall) call{
		"to TURN": func(t *testing.T, wall *firewall) call {
			return newCall(t, Config{Version: "13.0.0", P2P: true, net: wall, Servers: []Server{turnServer(t)}}, weather{})
		},
		"to a reflector": func(t *testing.T, wall *firewall) call {
			return newReflectedCall(t, Config{Version: "13.0.0", P2P: true, net: wall}, server, false)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wall := newFirewall(t)
			c := start(t, wall)
			c.run()
			c.established()
			c.caller.awaitEvent(PairChanged{"host", "host"})
			defer c.conversation()()
			c.caller.awaitRelayReady()
			cut := time.Now()
			wall.direct.Store(true)
			a, b := c.caller.silence(cut), c.callee.silence(cut)
			t.Logf("silence of %v and %v", a, b)
			if most := 6 * time.Second; a > most || b > most { // by then the ICE agent gives the pair up by itself
				t.Errorf("silence of %v at the caller, %v at the callee", a, b)
			}
		})
	}
}

// awaitRelayReady waits until a pair through a relay is known to work.
func (s *side) awaitRelayReady() {
	s.t.Helper()
	giveUp := time.After(patience)
	for {
		found := make(chan bool, 1)
		s.engine.do(func() { found <- s.engine.loop.path.Spare() > 0 })
		select {
		case ok := <-found:
			if ok {
				return
			}
		case <-giveUp:
			s.t.Fatalf("%s: no spare path", s.name)
		}
	}
}

// TestBadDirectPathIsKept: a tenth of the packets is lost, and the relay would lose none.
func TestBadDirectPathIsKept(t *testing.T) {
	t.Parallel()
	wall := newFirewall(t)
	// Whatever is lost is a reason for doubt, and so is a pause of a busy machine, which is not to be taken for a path that is dead.
	suspicious := timing{path: path.Timing{Keepalive: 200 * time.Millisecond, Overdue: 250 * time.Millisecond, Dead: patience}}
	c := newCall(t, Config{Version: "13.0.0", P2P: true, timing: suspicious, net: wall, Servers: []Server{turnServer(t)}}, weather{})
	c.run()
	c.established()
	defer c.conversation()()
	c.caller.awaitRelayReady()
	before := c.caller.pairs()
	wall.tenth.Store(true)
	c.callee.awaitMore(150)
	if now := c.caller.pairs(); now != before {
		t.Errorf("the path changed %d times", now-before)
	}
}

// tenth is the timing of a real call, ten times as fast, but for the end: a busy machine may need the time.
var tenth = timing{
	tick: 20 * time.Millisecond, silence: 50 * time.Millisecond, tell: 100 * time.Millisecond,
	path: path.Timing{
		Keepalive: 200 * time.Millisecond, Disconnected: 600 * time.Millisecond, Overdue: 300 * time.Millisecond,
		Dead: 100 * time.Millisecond, Alive: 500 * time.Millisecond, Gap: 200 * time.Millisecond,
	},
}

// TestNetworkIsGoneForAWhile: a call outlives that for 20 s, as with Telegram's own engine. TestPeerThatIsKilledIsMissedAfterAWhile has the end.
func TestNetworkIsGoneForAWhile(t *testing.T) {
	for name, gone := range map[string]time.Duration{"10 s": time.Second, "15 s": 1500 * time.Millisecond} {
		t.Run(name+", ten times as fast", func(t *testing.T) {
			t.Parallel()
			wall := newFirewall(t)
			call := newCall(t, Config{Version: "13.0.0", P2P: true, timing: tenth, net: wall}, weather{})
			call.run()
			call.established()
			cut := time.Now()
			wall.all.Store(true)
			call.caller.awaitState(Reconnecting)
			back := time.AfterFunc(time.Until(cut.Add(gone)), func() { wall.all.Store(false) })
			defer back.Stop()
			call.established()
		})
	}
}
