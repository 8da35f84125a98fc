package reflector

import (
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/transport/v4/deadline"
)

// waiting is how many packets wait for the TURN server; one more is lost, as in the buffer of a socket.
const waiting = 256

type datagram struct {
	payload []byte
	from    netip.AddrPort
}

// socket is a port in the form in which a TURN server wants its relayed transport addresses, a net.PacketConn.
type socket struct {
	addr     netip.AddrPort
	send     func(payload []byte, to netip.AddrPort)
	in       chan datagram
	deadline *deadline.Deadline
	done     chan struct{}
	once     sync.Once
	taken    atomic.Bool
}

func newSocket(addr netip.AddrPort, send func([]byte, netip.AddrPort)) *socket {
	return &socket{addr: addr, send: send, in: make(chan datagram, waiting), deadline: deadline.New(), done: make(chan struct{})}
}

// deliver takes a copy of a payload.
func (s *socket) deliver(payload []byte, from netip.AddrPort) {
	select {
	case s.in <- datagram{append([]byte(nil), payload...), from}:
	default:
	}
}

// ReadFrom returns a payload and the synthetic address of the port it comes from.
func (s *socket) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case d := <-s.in:
		return copy(b, d.payload), net.UDPAddrFromAddrPort(d.from), nil
	case <-s.done:
		return 0, nil, net.ErrClosed
	case <-s.deadline.Done():
		return 0, nil, os.ErrDeadlineExceeded
	}
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

// SetDeadline ends a read at t.
func (s *socket) SetDeadline(t time.Time) error { return s.SetReadDeadline(t) }

// SetReadDeadline ends a read at t; the zero time lifts it.
func (s *socket) SetReadDeadline(t time.Time) error {
	s.deadline.Set(t)
	return nil
}

// SetWriteDeadline does nothing: writing does not wait.
func (s *socket) SetWriteDeadline(time.Time) error { return nil }
