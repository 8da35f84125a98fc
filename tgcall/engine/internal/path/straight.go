package path

import (
	"sync/atomic"

	"github.com/pion/ice/v4"

	"switchgram/tgcall/engine/port"
)

// Conn is the connection of a call. It carries whole packets. On a shared port they pass by the agent where they need not go through it:
// they are sent by the selected pair's way at once.
type Conn struct {
	*ice.Conn
	way *atomic.Pointer[port.Route]
}

// Write sends a packet by the pair that is in use.
func (c Conn) Write(b []byte) (int, error) {
	if way := c.way.Load(); way != nil {
		return way.Write(b)
	}
	return c.Conn.Write(b)
}

// OnMedia sets who takes media that need not go through the agent, as port.Member.OnMedia says. Without a shared port there is none.
func (p *Path) OnMedia(f func(packet []byte)) {
	if m := p.sockets.member; m != nil {
		m.OnMedia(f)
	}
}

// straighten finds the way of the pair in use past the agent. Relays have none.
func (p *Path) straighten(local, remote ice.Candidate) {
	var way *port.Route
	if share := p.sockets.shareOf(local); share != nil {
		if r, err := share.Route(endpoint(remote)); err == nil {
			way = &r
		}
	}
	p.way.Store(way)
}

// shareOf is the share of a host candidate in the port; nil: it has none.
func (s *sockets) shareOf(c ice.Candidate) *port.Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, conn := range s.open {
		if shared, ok := conn.(sharedSocket); ok && c.Type() == ice.CandidateTypeHost && endpoint(c) == addrPortOf(shared.LocalAddr()) {
			return shared.Conn
		}
	}
	return nil
}
