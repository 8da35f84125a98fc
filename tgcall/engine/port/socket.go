package port

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"syscall"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

	"switchgram/internal/udp"
)

const (
	// largest is more than any path carries in one packet of a call.
	largest = 2048
	// kernelBuffer is what the system may keep of packets that wait to be read or sent, if it allows so much.
	kernelBuffer = 4 << 20
	// controlSize holds the destination of a packet, of either family.
	controlSize = 64
	// maxFailures in a row of a socket, and it is taken for broken.
	maxFailures = 100
	// maxAsked bounds the questions to STUN servers that wait for an answer.
	maxAsked = 1024
	// together is how many packets are read at once where many calls share a socket.
	together = 16
)

// socket is a UDP socket, and who speaks to whom by it.
type socket struct {
	port  *Port
	conn  *udp.Socket
	at    netip.AddrPort
	tells bool // packets tell to which of the machine's addresses they came

	mu    sync.RWMutex
	peers map[netip.AddrPort]*Conn
	tags  map[netip.AddrPort]tags
	asked map[transaction]question
}

// question is one to a STUN server.
type question struct {
	conn   *Conn
	server netip.AddrPort
}

func openSocket(p *Port, at netip.AddrPort) (*socket, error) {
	conn, err := udp.Listen(network(at.Addr()), net.UDPAddrFromAddrPort(at))
	if err != nil {
		return nil, err
	}
	s := &socket{
		port: p, conn: conn, at: unmapped(conn.LocalAddr().(*net.UDPAddr).AddrPort()), tells: at.Addr().IsUnspecified(),
		peers: map[netip.AddrPort]*Conn{}, tags: map[netip.AddrPort]tags{}, asked: map[transaction]question{},
	}
	_ = conn.SetReadBuffer(kernelBuffer) // a system that gives less loses packets earlier
	_ = conn.SetWriteBuffer(kernelBuffer)
	if s.tells {
		err = s.askForDestinations()
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return s, nil
}

// network is that of an address, so that IPv4 never looks like IPv6.
func network(a netip.Addr) string {
	if a.Is4() {
		return "udp4"
	}
	return "udp6"
}

func unmapped(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }

// noFamily tells whether a machine does not know a family of addresses.
func noFamily(err error) bool {
	return errors.Is(err, syscall.EAFNOSUPPORT) || errors.Is(err, syscall.EADDRNOTAVAIL)
}

func (s *socket) askForDestinations() error {
	if s.at.Addr().Is4() {
		return ipv4.NewPacketConn(s.conn).SetControlMessage(ipv4.FlagDst, true)
	}
	return ipv6.NewPacketConn(s.conn).SetControlMessage(ipv6.FlagDst, true)
}

// sendFrom is what makes packets go out from one of the machine's addresses; nil: the socket has but one, or the system shall choose.
func (s *socket) sendFrom(ip netip.Addr) []byte {
	switch {
	case !s.tells || ip.IsUnspecified():
		return nil
	case ip.Is4():
		return (&ipv4.ControlMessage{Src: ip.AsSlice()}).Marshal()
	default:
		return (&ipv6.ControlMessage{Src: ip.AsSlice()}).Marshal()
	}
}

// cameTo is to which of the machine's addresses a packet came.
func (s *socket) cameTo(control []byte) netip.Addr {
	if !s.tells {
		return s.at.Addr()
	}
	var dst net.IP
	if s.at.Addr().Is4() {
		var m ipv4.ControlMessage
		if m.Parse(control) == nil {
			dst = m.Dst
		}
	} else {
		var m ipv6.ControlMessage
		if m.Parse(control) == nil {
			dst = m.Dst
		}
	}
	ip, _ := netip.AddrFromSlice(dst)
	return ip.Unmap()
}

// read hands out what comes, up to n packets at once, until the socket is closed.
func (s *socket) read(n int) error {
	r := s.conn.NewReader(n, largest+1, controlSize)
	for failures := 0; ; {
		packets, err := r.Read()
		switch {
		case err == nil:
			failures = 0
			for _, p := range packets {
				s.input(p.Data, unmapped(p.From), p.Control)
			}
		case errors.Is(err, net.ErrClosed):
			return nil
		default:
			if failures++; failures == maxFailures {
				return err
			}
		}
	}
}

// input hands out one packet, which it may overwrite.
func (s *socket) input(b []byte, from netip.AddrPort, control []byte) {
	count := &s.port.counters
	count.received.Add(1)
	s.mu.RLock()
	c, tags := s.peers[from], s.tags[from]
	tagged := tags.of(b)
	s.mu.RUnlock()
	switch {
	case len(b) > largest:
		count.malformed.Add(1)
	case tagged != nil:
		count.tagged.Add(1)
		tagged.take(b)
	case tags != nil:
		count.strangers.Add(1)
	case isSTUN(b):
		s.stun(b, from, c, control)
	case c == nil:
		count.strangers.Add(1)
	default:
		c.take(b, from)
	}
}

// stun hands out a check, an answer or an indication. Who speaks to the address, if anybody, is known.
func (s *socket) stun(b []byte, from netip.AddrPort, speaker *Conn, control []byte) {
	var m *Member
	switch stunClass(b) {
	case classRequest:
		ufrag, ok := ufragOf(b)
		if !ok {
			s.port.counters.malformed.Add(1)
			return
		}
		if m = s.port.member(ufrag); m == nil {
			s.port.counters.unknown.Add(1)
			return
		}
	case classSuccess, classError:
		if c := s.answered(transactionOf(b), from); c != nil {
			c.put(b, from)
			return
		}
		fallthrough
	default:
		if speaker == nil {
			s.port.counters.strangers.Add(1)
			return
		}
		m = speaker.member
	}
	if c := m.at(s, s.cameTo(control)); c != nil {
		c.put(b, from)
	} else {
		s.port.counters.strangers.Add(1)
	}
}

// claim says that a Conn will speak to an address. It is false if somebody else does.
func (s *socket) claim(to netip.AddrPort, c *Conn) (bool, error) {
	s.mu.RLock()
	holder := s.peers[to]
	s.mu.RUnlock()
	if holder != nil {
		return holder.member == c.member, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if holder := s.peers[to]; holder != nil {
		return holder.member == c.member, nil
	}
	if err := c.noteClaim(s, to); err != nil {
		return false, err
	}
	s.peers[to] = c
	return true, nil
}

func (s *socket) speaksTo(to netip.AddrPort) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.peers[to] != nil
}

func (s *socket) release(all []netip.AddrPort) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range all {
		delete(s.peers, a)
	}
}

// ask notes who waits for the answer of a STUN server.
func (s *socket) ask(t transaction, q question) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.asked) == maxAsked {
		return false
	}
	s.asked[t] = q
	return true
}

// answered is who has asked that of the server.
func (s *socket) answered(t transaction, server netip.AddrPort) *Conn {
	s.mu.RLock()
	q := s.asked[t]
	s.mu.RUnlock()
	if q.server != server {
		return nil
	}
	s.forget(t)
	return q.conn
}

func (s *socket) forget(t transaction) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.asked, t)
}

// isMedia tells SRTP and SRTCP from the rest (RFC 7983 §7).
func isMedia(b []byte) bool { return len(b) > 0 && b[0] >= 128 && b[0] <= 191 }
