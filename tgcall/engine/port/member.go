package port

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/pion/transport/v4"
)

// Why a call cannot join or listen.
var (
	// ErrTaken says that another call has that username fragment.
	ErrTaken = errors.New("ICE username fragment is taken")
	// ErrNoSocket says that the port serves no such address.
	ErrNoSocket = errors.New("port does not serve that address")
	// ErrTooManyPeers says that a call speaks to more addresses than any call has reason to.
	ErrTooManyPeers = errors.New("call speaks to too many addresses")
)

// maxUfrag is the longest username fragment of ICE (RFC 8839 §5.4).
const maxUfrag = 256

// Member is one call's share of a Port: the network of its ICE agent. UDP sockets that the agent opens at the machine's addresses are
// shares of the port's, and all others, as towards TURN servers, its own.
type Member struct {
	transport.Net
	port  *Port
	ufrag string
	media atomic.Pointer[func([]byte)]
	group sync.WaitGroup // readers of sockets of its own

	mu     sync.RWMutex
	conns  []*Conn
	closed bool
}

// A Joiner gives calls their shares: a Port, or what has many.
type Joiner interface {
	Join(ufrag string) (*Member, error) // as Port.Join
}

// Join lets a call share the port. The fragment is the call's own, by which the far end's checks name it. The Member must be closed.
func (p *Port) Join(ufrag string) (*Member, error) {
	if ufrag == "" || len(ufrag) > maxUfrag || strings.Contains(ufrag, ":") {
		return nil, fmt.Errorf("%.40q is no ICE username fragment", ufrag)
	}
	m := &Member{Net: p.net, port: p, ufrag: ufrag}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.members[ufrag] != nil {
		return nil, ErrTaken
	}
	p.members[ufrag] = m
	return m, nil
}

func (p *Port) member(ufrag []byte) *Member {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.members[string(ufrag)]
}

// OnMedia sets who takes SRTP and SRTCP packets, past the ICE agent, which is told in their place that the far end is alive; nil: the
// agent takes them. They come from an address that the call has sent to, and are not checked otherwise. The function is called from the
// goroutines that read sockets, several at once, and must neither block nor panic: all calls wait for it. A packet is valid until the
// function returns, and may be overwritten.
func (m *Member) OnMedia(f func(packet []byte)) {
	if f == nil {
		m.media.Store(nil)
		return
	}
	m.media.Store(&f)
}

// Interfaces lists the machine's interfaces with those addresses that calls may use.
func (m *Member) Interfaces() ([]*transport.Interface, error) { return m.port.places.all() }

// Advertised is the address by which peers may know one of the machine's own.
func (m *Member) Advertised(own netip.Addr) netip.Addr {
	for _, a := range m.port.advertise {
		if a.Is4() == own.Is4() {
			return a
		}
	}
	return own
}

// ListenUDP opens a share of the port at an address of the machine; the port number asked for does not matter. An agent opens one at each
// address for its host candidates. One at no address, or one that has asked a STUN server, serves only to find a reflexive address:
// that address has its base in common with a host candidate, so nothing is sent from it nor delivered to it (RFC 8445 §6.1.2.4).
func (m *Member) ListenUDP(network string, at *net.UDPAddr) (transport.UDPConn, error) {
	return m.Listen(network, at)
}

// Listen is ListenUDP with a more exact result.
func (m *Member) Listen(network string, at *net.UDPAddr) (*Conn, error) {
	ip := localAddr(network, at)
	s := m.port.socketFor(ip)
	if s == nil {
		return nil, fmt.Errorf("listen at %v: %w", ip, ErrNoSocket)
	}
	c := newConn(m, s, ip)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, net.ErrClosed
	}
	m.conns = append(m.conns, c)
	return c, nil
}

func localAddr(network string, at *net.UDPAddr) netip.Addr {
	if at != nil && len(at.IP) > 0 {
		return at.AddrPort().Addr().Unmap()
	}
	if strings.HasSuffix(network, "6") {
		return netip.IPv6Unspecified()
	}
	return netip.IPv4Unspecified()
}

// at is the share that a check is for which came to an address by a socket.
func (m *Member) at(s *socket, ip netip.Addr) *Conn {
	m.mu.RLock()
	defer m.mu.RUnlock()
	for _, c := range m.conns {
		if c.ip == ip && !c.asks.Load() && c.has(s) {
			return c
		}
	}
	return nil
}

func (m *Member) leave(c *Conn) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.conns = slices.DeleteFunc(m.conns, func(other *Conn) bool { return other == c })
}

// Close leaves the port and closes every share that is still open.
func (m *Member) Close() {
	m.mu.Lock()
	open := slices.Clone(m.conns)
	m.closed = true
	m.mu.Unlock()
	m.OnMedia(nil)
	for _, c := range open {
		_ = c.Close()
	}
	m.port.mu.Lock()
	if m.port.members[m.ufrag] == m {
		delete(m.port.members, m.ufrag)
	}
	m.port.mu.Unlock()
	m.group.Wait()
}
