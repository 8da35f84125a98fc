package path

import (
	"fmt"
	"net"
	"net/netip"
	"sync"

	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/stdnet"

	"switchgram/tgcall/engine/port"
)

// sockets is a network that remembers what was opened through it, so that it can be closed from below.
type sockets struct {
	transport.Net
	interfaces *interfaces
	member     *port.Member   // nil: the call shares no port
	private    netip.AddrPort // of the TURN server that leads to reflectors

	mu     sync.Mutex
	open   []net.PacketConn // as pion has them
	closed bool
}

// openSockets opens none yet.
func openSockets(o Options, ufrag string) (*sockets, error) {
	switch {
	case o.Port != nil:
		m, err := o.Port.Join(ufrag)
		if err != nil {
			return nil, fmt.Errorf("join the port for media: %w", err)
		}
		return &sockets{Net: m, interfaces: newInterfaces(m.Interfaces), member: m}, nil
	case o.Net != nil:
		return &sockets{Net: o.Net, interfaces: newInterfaces(o.Net.Interfaces)}, nil
	default:
		n, err := stdnet.NewNet()
		if err != nil {
			return nil, fmt.Errorf("list network interfaces: %w", err)
		}
		return &sockets{Net: n, interfaces: newInterfaces(now)}, nil
	}
}

// Interfaces lists those of this moment.
func (s *sockets) Interfaces() ([]*transport.Interface, error) { return s.interfaces.visible() }

// ListenUDP opens the sockets of host and reflexive candidates.
func (s *sockets) ListenUDP(network string, addr *net.UDPAddr) (transport.UDPConn, error) {
	if err := s.interfaces.open(addr.IP); err != nil {
		return nil, err
	}
	socket, err := s.listen(network, addr)
	if err != nil {
		return nil, err
	}
	return socket, s.remember(socket)
}

func (s *sockets) listen(network string, addr *net.UDPAddr) (transport.UDPConn, error) {
	if s.member != nil {
		share, err := s.member.Listen(network, addr)
		if err != nil {
			return nil, err
		}
		return sharedSocket{share}, nil
	}
	conn, err := s.Net.ListenUDP(network, addr)
	if err != nil {
		return nil, err
	}
	return hostSocket{conn, newInlet(conn)}, nil
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
	if s.member != nil {
		s.member.Close()
	}
}
