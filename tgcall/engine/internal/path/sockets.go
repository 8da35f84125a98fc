package path

import (
	"net"
	"net/netip"
	"sync"

	"github.com/pion/transport/v4"
)

// sockets is a network that remembers what was opened through it, so that it can be closed from below.
type sockets struct {
	transport.Net
	interfaces *interfaces
	private    netip.AddrPort // of the TURN server that leads to reflectors

	mu     sync.Mutex
	open   []net.PacketConn // as pion has them
	closed bool
}

// Interfaces lists those of this moment.
func (s *sockets) Interfaces() ([]*transport.Interface, error) { return s.interfaces.visible() }

// ListenUDP opens the sockets of host and reflexive candidates.
func (s *sockets) ListenUDP(network string, addr *net.UDPAddr) (transport.UDPConn, error) {
	if err := s.interfaces.open(addr.IP); err != nil {
		return nil, err
	}
	conn, err := s.Net.ListenUDP(network, addr)
	if err != nil {
		return nil, err
	}
	socket := hostSocket{conn, newInlet(conn)}
	return socket, s.remember(socket)
}

// ListenPacket opens the sockets towards TURN servers.
func (s *sockets) ListenPacket(network, addr string) (net.PacketConn, error) {
	conn, err := s.Net.ListenPacket(network, addr)
	if err != nil {
		return nil, err
	}
	socket := newTURNSocket(conn, s.private)
	return socket, s.remember(socket)
}

func (s *sockets) remember(conn net.PacketConn) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		_ = conn.Close()
		return net.ErrClosed
	}
	s.open = append(s.open, conn)
	return nil
}

func (s *sockets) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, conn := range s.open {
		_ = conn.Close()
	}
	s.open = nil
}
