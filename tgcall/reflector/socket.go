package reflector

import (
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/stun/v3"
)

// socket is a port in the form in which a TURN server wants its relayed transport addresses, a net.PacketConn. Nothing is ever read
// from it: what comes goes to the agent without the server, which would ask for a permission first. A reflector brings nobody but the
// peer, and an agent that has a path already does not open others by itself, so the peer could never move the call here.
type socket struct {
	addr  netip.AddrPort
	send  func(payload []byte, to netip.AddrPort)
	done  chan struct{}
	once  sync.Once
	taken atomic.Bool

	server net.PacketConn           // of the TURN server
	agent  atomic.Pointer[net.Addr] // the socket of the agent that uses this port
}

func newSocket(addr netip.AddrPort, send func([]byte, netip.AddrPort)) *socket {
	return &socket{addr: addr, send: send, done: make(chan struct{})}
}

// deliver hands a payload to the agent as the server would.
func (s *socket) deliver(payload []byte, from netip.AddrPort) {
	agent := s.agent.Load()
	if agent == nil {
		return
	}
	if m, err := DataIndication(from, payload); err == nil {
		_, _ = s.server.WriteTo(m, *agent)
	}
}

// DataIndication is the message in which a TURN server hands on what a peer sent (RFC 8656 §11.3).
func DataIndication(from netip.AddrPort, payload []byte) ([]byte, error) {
	m, err := stun.Build(stun.TransactionID, stun.NewType(stun.MethodData, stun.ClassIndication), peer(from), data(payload))
	if err != nil {
		return nil, fmt.Errorf("data indication: %w", err)
	}
	return m.Raw, nil
}

// peer and data are attributes of RFC 8656 §18.
type (
	peer netip.AddrPort
	data []byte
)

// AddTo implements stun.Setter.
func (p peer) AddTo(m *stun.Message) error {
	a := net.UDPAddrFromAddrPort(netip.AddrPort(p))
	return stun.XORMappedAddress{IP: a.IP, Port: a.Port}.AddToAs(m, stun.AttrXORPeerAddress)
}

// AddTo implements stun.Setter.
func (d data) AddTo(m *stun.Message) error {
	m.Add(stun.AttrData, d)
	return nil
}

// ReadFrom waits for the end.
func (s *socket) ReadFrom([]byte) (int, net.Addr, error) {
	<-s.done
	return 0, nil, net.ErrClosed
}

// WriteTo sends to a port of the same reflector, by its synthetic address; anything else is lost.
func (s *socket) WriteTo(b []byte, to net.Addr) (int, error) {
	if a, ok := to.(*net.UDPAddr); ok {
		s.send(b, a.AddrPort())
	}
	return len(b), nil
}

// Close ends reading.
func (s *socket) Close() error {
	s.once.Do(func() { close(s.done) })
	return nil
}

// LocalAddr is the port's synthetic address.
func (s *socket) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(s.addr) }

// SetDeadline does nothing, as the next two: the server sets none.
func (s *socket) SetDeadline(time.Time) error { return nil }

// SetReadDeadline does nothing.
func (s *socket) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing.
func (s *socket) SetWriteDeadline(time.Time) error { return nil }
