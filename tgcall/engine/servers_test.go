package engine

import (
	"context"
	"net"
	"testing"
	"time"

	"switchgram/tgcall/testnet/reflectors"
)

// dead are servers of every kind that do not work: those over UDP take everything and answer nothing, the one over TCP refuses.
func dead(t *testing.T, tag string) []Server {
	t.Helper()
	hole, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = hole.Close() })
	closed, err := new(net.ListenConfig).Listen(context.Background(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	udp, tcp := hole.LocalAddr().(*net.UDPAddr).Port, closed.Addr().(*net.TCPAddr).Port
	return []Server{
		{Host: "127.0.0.1", Port: udp},
		{Host: "127.0.0.1", Port: udp, Username: "u", Password: "p", TURN: true},
		{ID: 8, Host: "127.0.0.1", Port: udp, Username: "reflector", Password: tag, TURN: true},
		{ID: 9, Host: "127.0.0.1", Port: tcp, Username: "reflector", Password: tag, TURN: true, TCP: true},
	}
}

// TestDeadServersDelayNothing: of many relays most are dead, and the sound comes as soon as the first that is not has answered.
func TestDeadServersDelayNothing(t *testing.T) {
	for name, good := range map[string]func(callersTag, calleesTag string) (caller, callee Server){
		"TURN": func(string, string) (Server, Server) { s := turnServer(t); return s, s },
		"reflector": func(a, b string) (Server, Server) {
			s := newReflector(t, reflectors.Options{})
			return at(s, a, false), at(s, b, false)
		},
		"reflector over TCP": func(a, b string) (Server, Server) {
			s := newReflector(t, reflectors.Options{})
			return at(s, a, true), at(s, b, true)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			callersTag, calleesTag := newTags()
			forCaller, forCallee := good(callersTag, calleesTag)
			c := newUnequalCall(t,
				Config{Version: "13.0.0", Servers: append(dead(t, callersTag), forCaller)},
				Config{Version: "13.0.0", Servers: append(dead(t, calleesTag), forCallee)}, weather{})
			start := time.Now()
			c.run()
			c.established()
			if took := time.Since(start); took > 7*time.Second { // a dead TURN server is given up after 8
				t.Errorf("it took %v", took)
			}
		})
	}
}

// TestSeveralRelaysInOneCall: each dies in turn, and the call goes on by the next.
func TestSeveralRelaysInOneCall(t *testing.T) {
	t.Parallel()
	callersTag, calleesTag := newTags()
	ca, cb := Config{Version: "13.0.0", timing: hurry}, Config{Version: "13.0.0", timing: hurry}
	var servers []*reflectors.Server
	for n := range 3 {
		s := newReflector(t, reflectors.Options{})
		forCaller, forCallee := at(s, callersTag, n == 1), at(s, calleesTag, n == 1)
		forCaller.ID, forCallee.ID = n+1, n+1
		ca.Servers, cb.Servers = append(ca.Servers, forCaller), append(cb.Servers, forCallee)
		servers = append(servers, s)
	}
	c := newUnequalCall(t, ca, cb, weather{})
	c.run()
	c.established()
	for n, order := 0, []int{0, 2}; n < len(order); n++ {
		servers[order[n]].Silence(true)
		c.talk(uint16(1000 * (n + 1)))
	}
	c.caller.awaitState(Established)
	c.caller.awaitRelay()
}
