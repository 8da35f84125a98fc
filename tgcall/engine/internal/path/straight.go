package path

import (
	"io"
	"sync/atomic"

	"github.com/pion/ice/v4"

	"switchgram/tgcall/engine/port"
)

// Conn is the connection of a call. It carries whole packets. Most pass by the agent, which decides where they go, but is not needed for
// each: they are sent by the selected pair's way at once.
type Conn struct {
	*ice.Conn
	way *atomic.Pointer[way]
}

// way leads past the agent.
type way struct{ io.Writer }

// Write sends a packet by the pair that is in use.
func (c Conn) Write(b []byte) (int, error) {
	if w := c.way.Load(); w != nil {
		return w.Write(b)
	}
	return c.Conn.Write(b)
}

// OnMedia sets who takes media that need not go through the agent: what comes by a shared port or from a reflector. The function is called
// from the goroutines that read sockets, several at once, and must neither block nor panic. A packet is valid until it returns, and may be
// overwritten. What comes otherwise is read from the Conn.
func (p *Path) OnMedia(f func(packet []byte)) {
	if m := p.sockets.member; m != nil {
		m.OnMedia(f)
	}
	if g := p.reflectors.gateway; g != nil {
		g.OnMedia(f)
	}
}

// straighten finds the way of the pair in use past the agent. TURN servers and sockets of the call's own have none.
func (p *Path) straighten(local, remote ice.Candidate) {
	p.way.Store(p.wayOf(local, remote))
}

func (p *Path) wayOf(local, remote ice.Candidate) *way {
	switch local.Type() {
	case ice.CandidateTypeHost:
		if share := p.sockets.shareAt(local); share != nil {
			if r, err := share.Route(endpoint(remote)); err == nil {
				return &way{&r}
			}
		}
	case ice.CandidateTypeRelay:
		if g := p.reflectors.gateway; g != nil {
			if w, ok := g.Way(endpoint(local), endpoint(remote)); ok {
				return &way{w}
			}
		}
	}
	return nil
}

// shareAt is the share of a host candidate in the port; nil: it has none.
func (s *sockets) shareAt(c ice.Candidate) *port.Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, conn := range s.open {
		if shared, ok := conn.(sharedSocket); ok && endpoint(c) == addrPortOf(shared.LocalAddr()) {
			return shared.Conn
		}
	}
	return nil
}
