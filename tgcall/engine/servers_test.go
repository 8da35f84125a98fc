package engine

import (
	"context"
	"net"
	"sync/atomic"
	"testing"

	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/stdnet"

	"switchgram/tgcall/testnet/reflectors"
)

// hole is a port that takes everything and answers nothing.
func hole(t *testing.T) (port int) {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn.LocalAddr().(*net.UDPAddr).Port
}

// dead are servers of every kind that do not work: those over UDP are a hole, the one over TCP refuses.
func dead(t *testing.T, tag string, hole int) []Server {
	t.Helper()
	closed, err := new(net.ListenConfig).Listen(context.Background(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	return []Server{
		{Host: "127.0.0.1", Port: hole},
		{Host: "127.0.0.1", Port: hole, Username: "u", Password: "p", TURN: true},
		{ID: 8, Host: "127.0.0.1", Port: hole, Username: "reflector", Password: tag, TURN: true},
		{ID: 9, Host: "127.0.0.1", Port: closed.Addr().(*net.TCPAddr).Port, Username: "reflector", Password: tag, TURN: true, TCP: true},
	}
}

// jam is a network in which whoever sends to one port waits until the way is free: what is there can neither answer nor be given up.
type jam struct {
	transport.Net
	port  int
	free  chan struct{}
	waits atomic.Int32 // how often somebody had to
}

func newJam(t *testing.T, port int) *jam {
	t.Helper()
	n, err := stdnet.NewNet()
	if err != nil {
		t.Fatal(err)
	}
	return &jam{Net: n, port: port, free: make(chan struct{})}
}

func (j *jam) pass(to net.Addr) {
	if a, ok := to.(*net.UDPAddr); ok && a.Port == j.port {
		j.waits.Add(1)
		<-j.free
	}
}

// ListenUDP opens sockets towards STUN servers.
func (j *jam) ListenUDP(network string, addr *net.UDPAddr) (transport.UDPConn, error) {
	conn, err := j.Net.ListenUDP(network, addr)
	return jammedUDP{conn, j}, err
}

// ListenPacket opens sockets towards TURN servers.
func (j *jam) ListenPacket(network, addr string) (net.PacketConn, error) {
	conn, err := j.Net.ListenPacket(network, addr)
	return jammedPacket{conn, j}, err
}

type jammedUDP struct {
	transport.UDPConn
	j *jam
}

func (c jammedUDP) WriteTo(p []byte, to net.Addr) (int, error) {
	c.j.pass(to)
	return c.UDPConn.WriteTo(p, to)
}

type jammedPacket struct {
	net.PacketConn
	j *jam
}

func (c jammedPacket) WriteTo(p []byte, to net.Addr) (int, error) {
	c.j.pass(to)
	return c.PacketConn.WriteTo(p, to)
}

// TestDeadServersDelayNothing: of many relays most are dead, and the sound comes while nobody knows that yet.
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
			nobody := hole(t)
			way := newJam(t, nobody)
			c := newUnequalCall(t,
				Config{Version: "13.0.0", net: way, Servers: append(dead(t, callersTag, nobody), forCaller)},
				Config{Version: "13.0.0", net: way, Servers: append(dead(t, calleesTag, nobody), forCallee)}, weather{})
			c.run()
			t.Cleanup(func() { close(way.free) }) // before the engines end
			c.established()
			if way.waits.Load() == 0 {
				t.Error("nobody has tried those that are dead")
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
