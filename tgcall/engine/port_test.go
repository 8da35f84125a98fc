package engine

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"testing"

	"github.com/pion/rtp"

	"switchgram/tgcall/engine/port"
)

// newPort runs a shared port on loopback until the test ends.
func newPort(t testing.TB) *port.Port {
	t.Helper()
	p, err := port.Open(port.Options{Listen: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0"), netip.MustParseAddrPort("[::1]:0")}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := p.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); running.Wait() })
	return p
}

// ways are the ports that both sides of a call may share, so that either speaks to itself.
func ways(t testing.TB) map[string]port.Joiner {
	t.Helper()
	return map[string]port.Joiner{"sockets of its own": nil, "one port": newPort(t)}
}

// TestManyCallsOnOnePort: between two that have one port each, so that all calls look alike from outside.
func TestManyCallsOnOnePort(t *testing.T) {
	here, there := newPort(t), newPort(t)
	t.Run("", func(t *testing.T) {
		for range 6 {
			for _, v := range []string{"13.0.0", "9.0.0"} {
				t.Run(v, func(t *testing.T) {
					t.Parallel()
					c := newUnequalCall(t, Config{Version: v, P2P: true, Port: here}, Config{Version: v, P2P: true, Port: there}, weather{})
					c.run()
					c.established()
					c.talk(1000)
					for _, s := range []*side{c.caller, c.callee} {
						s.checkOnce()
						if st := s.engine.Stats(); st.Refused != 0 {
							t.Errorf("%s was given packets that are not its own: %+v", s.name, st)
						}
					}
				})
			}
		}
	})
	for _, p := range []*port.Port{here, there} {
		if s := p.Stats(); s.Members != 0 || s.Media == 0 {
			t.Errorf("%+v", s)
		}
	}
}

// TestPanicInOneCallEndsNoOther: they share the goroutine that reads.
func TestPanicInOneCallEndsNoOther(t *testing.T) {
	for way, port := range ways(t) {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			config := Config{Version: "13.0.0", P2P: true, Port: port}
			unlucky, other := newCall(t, config, weather{}), newCall(t, config, weather{})
			for _, c := range []call{unlucky, other} {
				c.run()
				c.established()
			}
			unlucky.callee.engine.OnRTP(func(*rtp.Packet) { panic(errors.New("no such codec")) })
			if err := unlucky.caller.engine.WriteRTP(sound(1000)); err != nil {
				t.Fatal(err)
			}
			unlucky.callee.awaitEnd(ErrPanic)
			other.talk(2000)
		})
	}
}
