package engine

import (
	"bytes"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/stdnet"
	"github.com/pion/turn/v5"
)

// firewall is a network of which parts can be cut in mid-call.
type firewall struct {
	transport.Net
	direct atomic.Bool // cut: what goes to the other side without a relay
	all    atomic.Bool // cut: everything
	tenth  atomic.Bool // a tenth of what goes without a relay is lost, and the rest comes up to 30 ms late
}

func newFirewall(t testing.TB) *firewall {
	t.Helper()
	n, err := stdnet.NewNet()
	if err != nil {
		t.Fatal(err)
	}
	return &firewall{Net: n}
}

// ListenUDP opens sockets of host candidates.
func (f *firewall) ListenUDP(network string, addr *net.UDPAddr) (transport.UDPConn, error) {
	conn, err := f.Net.ListenUDP(network, addr)
	if err != nil {
		return nil, err
	}
	return walledUDP{conn, func() bool { return f.direct.Load() || f.all.Load() }, f.tenth.Load}, nil
}

// ListenPacket opens sockets towards TURN servers.
func (f *firewall) ListenPacket(network, addr string) (net.PacketConn, error) {
	conn, err := f.Net.ListenPacket(network, addr)
	if err != nil {
		return nil, err
	}
	return walledPacket{conn, f.all.Load}, nil
}

type walledUDP struct {
	transport.UDPConn
	cut, bad func() bool
}

func (c walledUDP) ReadFrom(p []byte) (n int, from net.Addr, err error) {
	return readUncut(c.UDPConn, c.cut, p)
}

func (c walledUDP) WriteTo(p []byte, to net.Addr) (int, error) {
	switch {
	case c.cut() || c.bad() && rand.IntN(10) == 0:
	case c.bad():
		late := bytes.Clone(p)
		time.AfterFunc(rand.N(30*time.Millisecond), func() { _, _ = c.UDPConn.WriteTo(late, to) })
	default:
		return c.UDPConn.WriteTo(p, to)
	}
	return len(p), nil
}

type walledPacket struct {
	net.PacketConn
	cut func() bool
}

func (c walledPacket) ReadFrom(p []byte) (n int, from net.Addr, err error) {
	return readUncut(c.PacketConn, c.cut, p)
}

func (c walledPacket) WriteTo(p []byte, to net.Addr) (int, error) {
	if c.cut() {
		return len(p), nil
	}
	return c.PacketConn.WriteTo(p, to)
}

func readUncut(conn net.PacketConn, cut func() bool, p []byte) (n int, from net.Addr, err error) {
	for {
		n, from, err = conn.ReadFrom(p)
		if err != nil || !cut() {
			return n, from, err
		}
	}
}

// turnServer starts a TURN server on loopback; its address and credentials are the Server's.
func turnServer(t testing.TB) Server {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server, err := turn.NewServer(turn.ServerConfig{
		Realm: "test",
		AuthHandler: func(a *turn.RequestAttributes) (string, []byte, bool) {
			return a.Username, turn.GenerateAuthKey(a.Username, a.Realm, "secret"), true
		},
		PacketConnConfigs: []turn.PacketConnConfig{{
			PacketConn:            conn,
			RelayAddressGenerator: &turn.RelayAddressGeneratorStatic{RelayAddress: net.IPv4(127, 0, 0, 1), Address: "127.0.0.1"},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return Server{Host: "127.0.0.1", Port: conn.LocalAddr().(*net.UDPAddr).Port, Username: "ann", Password: "secret", TURN: true}
}
