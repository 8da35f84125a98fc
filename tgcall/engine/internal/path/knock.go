package path

import (
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/stun/v3"

	"switchgram/tgcall/reflector"
)

// knock has the controlled side's agent check pairs that are new. Once a pair is selected pion's only answers; but TURN servers and
// routers let nobody in whom we did not send to, and behind a reflector Telegram's engine does not hear who only answers. pion does
// check a pair when it is checked by the peer. So each new pair is, in the peer's name.
type knock struct {
	news  atomic.Int64 // when there was a new candidate, in nanoseconds of Unix time
	last  time.Time
	times map[route]int
	ufrag string // the peer's
}

// A pair is knocked at once a second, and no more often than maxKnocks; after the last new candidate for knocking.
const (
	maxKnocks  = 8
	knocking   = 10 * time.Second
	knockPause = time.Second
)

// noted: there is a new candidate, ours or the peer's.
func (k *knock) noted() { k.news.Store(time.Now().UnixNano()) }

// due limits the pace.
func (k *knock) due(now time.Time, pause time.Duration) bool {
	if now.Sub(time.Unix(0, k.news.Load())) > knocking || now.Sub(k.last) < pause {
		return false
	}
	k.last = now
	return true
}

// knockOn lets the agent take the pair that the peer told it to, as soon as it works.
func (p *Path) knockOn(now time.Time) {
	nominated, ok := p.follow.pending(now)
	if !ok {
		return
	}
	for _, c := range p.pairsIn(ice.CandidatePairStateWaiting, ice.CandidatePairStateInProgress, ice.CandidatePairStateSucceeded) {
		if c.route() == nominated {
			p.knockAt(c)
		}
	}
}

// knockAll goes through the pairs that did not answer yet.
func (p *Path) knockAll(now time.Time) {
	if !p.knock.due(now, min(knockPause, p.o.Timing.Keepalive)) {
		return
	}
	selected, err := p.agent.GetSelectedCandidatePair()
	if err != nil || selected == nil {
		return // pion checks all
	}
	for _, c := range p.pairsIn(ice.CandidatePairStateWaiting, ice.CandidatePairStateInProgress) {
		// A packet, even a made up one, says that the peer's candidate is alive. That of the selected pair must not be kept so.
		doubtful := endpoint(c.remote) == endpoint(selected.Remote) && time.Since(c.remote.LastReceived()) > knockPause
		if r := c.route(); !doubtful && p.knock.times[r] < maxKnocks && len(p.knock.times) < maxRemote*maxAddresses {
			p.knock.times[r]++
			p.knockAt(c)
		}
	}
}

func (p *Path) knockAt(c *pair) {
	check, err := stun.Build(
		stun.BindingRequest, stun.TransactionID, stun.NewUsername(p.ufrag+":"+p.knock.ufrag),
		ice.AttrControlling(1), ice.PriorityAttr(c.remote.Priority()),
		stun.NewShortTermIntegrity(p.pwd), stun.Fingerprint,
	)
	if err == nil {
		p.sockets.put(check.Raw, c.local, endpoint(c.remote))
	}
}

// put lets a packet come to a candidate of ours.
func (s *sockets) put(raw []byte, to ice.Candidate, from netip.AddrPort) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, conn := range s.open {
		switch socket := conn.(type) {
		case *turnSocket:
			if to.Type() == ice.CandidateTypeRelay {
				socket.relay(raw, endpoint(to), from)
			}
		case sharedSocket:
			if to.Type() == ice.CandidateTypeHost && endpoint(to) == addrPortOf(socket.LocalAddr()) {
				socket.Put(raw, from)
			}
		case hostSocket:
			if to.Type() != ice.CandidateTypeRelay && isBase(to, addrPortOf(socket.LocalAddr())) {
				socket.put(raw, net.UDPAddrFromAddrPort(from))
			}
		}
	}
}

// isBase tells whether a candidate has a socket (RFC 8445 §4).
func isBase(c ice.Candidate, at netip.AddrPort) bool {
	if r := c.RelatedAddress(); r != nil && c.Type() == ice.CandidateTypeServerReflexive {
		return r.Port == int(at.Port())
	}
	return endpoint(c) == at
}

func addrPortOf(a net.Addr) netip.AddrPort {
	udp, ok := a.(*net.UDPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	return unmapped(udp.AddrPort())
}

// relay lets a packet come by way of the server (RFC 8656 §11.3).
func (s *turnSocket) relay(raw []byte, to, from netip.AddrPort) {
	s.mu.Lock()
	server, relayed := s.server, s.relayed
	s.mu.Unlock()
	if relayed != to || server == nil {
		return
	}
	if m, err := reflector.DataIndication(from, raw); err == nil {
		s.put(m, server)
	}
}
