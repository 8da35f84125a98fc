package port

import (
	"errors"
	"net/netip"
)

// tagSize is how many bytes of a packet of Telegram's reflectors name the call.
const tagSize = 12

// Tag names a call in what comes from an address that serves many: the first bytes of each packet.
type Tag [tagSize]byte

// Tagged is a call's way to an address that speaks to other calls, too: packets from there are told apart by their tag.
type Tagged struct {
	route  Route
	socket *socket
	tag    Tag
	take   func([]byte)
}

// tags are who takes what comes from one address.
type tags map[Tag]*Tagged

func (t tags) of(b []byte) *Tagged {
	if t == nil || len(b) < tagSize {
		return nil
	}
	return t[Tag(b)]
}

// errTagged says that the port cannot serve that address and tag.
var errTagged = errors.New("port cannot tell those packets apart")

// Tagged opens a way by the port to an address that serves many calls. What comes from there and begins with the tag is given to take, from
// the goroutine that reads the socket, which must not be kept waiting; a packet is valid until take returns. It fails if the tag is in
// use there, or the address has taken part in a call itself.
func (m *Member) Tagged(to netip.AddrPort, tag Tag, take func(packet []byte)) (*Tagged, error) {
	to = unmapped(to)
	anywhere := netip.IPv6Unspecified()
	if to.Addr().Is4() {
		anywhere = netip.IPv4Unspecified()
	}
	s := m.port.socketFor(anywhere)
	if s == nil {
		return nil, ErrNoSocket
	}
	t := &Tagged{route: Route{conn: s.conn, to: to}, socket: s, tag: tag, take: take}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tags[to][tag] != nil || s.peers[to] != nil {
		return nil, errTagged
	}
	if s.tags[to] == nil {
		s.tags[to] = tags{}
	}
	s.tags[to][tag] = t
	return t, nil
}

// Write sends one packet.
func (t *Tagged) Write(b []byte) (int, error) { return t.route.Write(b) }

// Close ends the way. A packet that is being taken may still be.
func (t *Tagged) Close() error {
	t.socket.mu.Lock()
	defer t.socket.mu.Unlock()
	all := t.socket.tags[t.route.to]
	if all[t.tag] == t {
		delete(all, t.tag)
	}
	if len(all) == 0 {
		delete(t.socket.tags, t.route.to)
	}
	return nil
}
