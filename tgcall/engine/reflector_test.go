package engine

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"switchgram/tgcall/testnet/reflectors"
)

// newTags are the peer tags of a call: those of the two sides differ in one bit.
func newTags() (caller, callee string) {
	rest := fmt.Sprintf("%016x%014x", rand.Uint64(), rand.Uint64N(1<<56))
	return "42" + rest, "43" + rest
}

// newReflector runs a reflector until the test ends.
func newReflector(t testing.TB, o reflectors.Options) *reflectors.Server {
	t.Helper()
	s, err := reflectors.Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	group.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); group.Wait() })
	return s
}

// at is how one side is told of a reflector.
func at(s *reflectors.Server, tag string, tcp bool) Server {
	return Server{
		ID: 1, Host: s.Addr().Addr().String(), Port: int(s.Addr().Port()), Username: "reflector", Password: tag, TURN: true, TCP: tcp,
	}
}

// newReflectedCall connects two engines that know a reflector, each by its own tag, and what else c says.
func newReflectedCall(t testing.TB, c Config, s *reflectors.Server, tcp bool) call {
	t.Helper()
	ca, cb := c, c
	callersTag, calleesTag := newTags()
	ca.Servers = append(slices.Clone(c.Servers), at(s, callersTag, tcp))
	cb.Servers = append(slices.Clone(c.Servers), at(s, calleesTag, tcp))
	return newUnequalCall(t, ca, cb, weather{})
}

func (s *side) awaitRelay() {
	s.t.Helper()
	s.await("relay", func() bool {
		return slices.ContainsFunc(s.events, func(e Event) bool { p, ok := e.(PairChanged); return ok && p.Local == "relay" })
	})
}

func TestReflectorsAlone(t *testing.T) {
	server := newReflector(t, reflectors.Options{})
	standalone := []byte(`{"network_standalone_reflectors":true}`)
	shared := ways(t)
	for _, v := range []string{"13.0.0", "9.0.0", "7.0.0"} {
		for name, c := range map[string]struct {
			tcp    bool
			custom []byte
		}{"UDP": {}, "TCP": {tcp: true}, "UDP, standalone": {custom: standalone}, "TCP, standalone": {tcp: true, custom: standalone}} {
			for way, port := range shared {
				t.Run(fmt.Sprintf("%s by %s, %s", v, name, way), func(t *testing.T) {
					t.Parallel()
					call := newReflectedCall(t, Config{Version: v, CustomParameters: c.custom, Port: port}, server, c.tcp)
					call.run()
					call.established()
					call.caller.awaitRelay()
					call.callee.awaitRelay()
				})
			}
		}
	}
}

// TestReflectorAndTURN: the callee knows the reflector only, so that nothing but it connects the two.
func TestReflectorAndTURN(t *testing.T) {
	server := newReflector(t, reflectors.Options{})
	callersTag, calleesTag := newTags()
	for name, turned := range map[string]bool{"caller has TURN": true, "callee has TURN": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			both := Config{Version: "13.0.0", Servers: []Server{at(server, callersTag, false), turnServer(t)}}
			one := Config{Version: "13.0.0", Servers: []Server{at(server, calleesTag, true)}}
			if !turned {
				both, one = one, both
			}
			c := newUnequalCall(t, both, one, weather{})
			c.run()
			c.established()
		})
	}
}

func TestSilentReflectorAndTURN(t *testing.T) {
	t.Parallel()
	server := newReflector(t, reflectors.Options{Silent: true})
	c := newReflectedCall(t, Config{Version: "13.0.0", Servers: []Server{turnServer(t)}}, server, false)
	c.run()
	c.established()
	c.caller.awaitRelay()
}

func TestSilentReflectorDelaysNoDirectCall(t *testing.T) {
	t.Parallel()
	server := newReflector(t, reflectors.Options{Silent: true})
	c := newReflectedCall(t, Config{Version: "9.0.0", P2P: true}, server, true)
	c.run()
	c.established()
	c.caller.awaitEvent(PairChanged{"host", "host"})
}

func TestBadReflector(t *testing.T) {
	for name, o := range map[string]reflectors.Options{
		"a tenth is lost, the rest comes in disorder": {Loss: 0.1, Jitter: 60 * time.Millisecond, Seed: 1},
		"routers rebind": {Rebind: 100 * time.Millisecond},
	} {
		for _, v := range []string{"13.0.0", "9.0.0"} {
			t.Run(v+" "+name, func(t *testing.T) {
				t.Parallel()
				c := newReflectedCall(t, Config{Version: v}, newReflector(t, o), false)
				c.run()
				c.established()
			})
		}
	}
}

// TestDirectPathDiesAndAReflectorIsLeft: also one that answers only once the call has long gone the direct way.
func TestDirectPathDiesAndAReflectorIsLeft(t *testing.T) {
	for name, late := range map[string]bool{"from the start": false, "late": true} {
		for _, tcp := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, TCP %v", name, tcp), func(t *testing.T) {
				t.Parallel()
				wall := newFirewall(t)
				server := newReflector(t, reflectors.Options{Silent: late})
				c := newReflectedCall(t, Config{Version: "13.0.0", P2P: true, timing: hurry, net: wall}, server, tcp)
				c.run()
				c.established()
				c.caller.awaitEvent(PairChanged{"host", "host"})
				server.Silence(false)
				wall.direct.Store(true)
				c.caller.awaitRelay()
				c.callee.awaitRelay()
				c.talk(1000)
			})
		}
	}
}

func TestReflectorOverIPv6(t *testing.T) {
	c := newReflectedCall(t, Config{Version: "13.0.0"}, newReflector(t, reflectors.Options{Addr: "[::1]:0"}), false)
	c.run()
	c.established()
}
