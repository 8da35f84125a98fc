package path

import (
	"net/netip"
	"time"

	"github.com/pion/ice/v4"
)

// route is a pair of candidates by address. pion's candidate ids do not do: a signalled candidate replaces the peer-reflexive
// one that was discovered before it.
type route struct{ local, remote netip.AddrPort }

func routeOf(local, remote ice.Candidate) route { return route{endpoint(local), endpoint(remote)} }

func endpoint(c ice.Candidate) netip.AddrPort {
	ip, _ := netip.ParseAddr(c.Address())
	return netip.AddrPortFrom(ip, uint16(c.Port()))
}

// repair is what the controlling side remembers. pion keeps a selected pair for ever, and hears the peer, who has long moved, on
// another one.
type repair struct {
	started   time.Time // of the checks
	restarted time.Time // of the peer's ICE, until a pair was nominated to it
	changed   time.Time // the last nomination
	turn      int
}

// Repair moves the call from a pair that no longer answers to one that does. Call it about once a second; only the controlling
// side does anything, the other is told by its peer.
func (p *Path) Repair(now time.Time) {
	if !p.o.Controlling || p.repair.started.IsZero() || now.Sub(p.repair.changed) < p.o.Timing.Gap {
		return
	}
	selected, err := p.agent.GetSelectedCandidatePair()
	if err != nil {
		return
	}
	pairs := p.pairs()
	var next *pair
	if selected == nil {
		next = p.first(pairs, now)
	} else {
		next = p.better(pairs, routeOf(selected.Local, selected.Remote), now)
	}
	if next == nil {
		return
	}
	p.repair.changed, p.repair.restarted = now, time.Time{}
	// An option runs in the agent's own goroutine, RenominateCandidate alone does not, and touches the agent's state.
	err = p.agent.UpdateOptions(func(a *ice.Agent) error { return a.RenominateCandidate(next.local, next.remote) })
	p.o.Log.Info("another path is taken", "local", next.local.Type().String(), "remote", next.remote.Type().String(), "err", err)
}

// pair is a candidate pair that answered at least once.
type pair struct {
	local, remote ice.Candidate
	first, last   time.Time // answers
}

func (p *Path) pairs() (all []pair) {
	byID := map[string]ice.Candidate{}
	locals, _ := p.agent.GetLocalCandidates()
	remotes, _ := p.agent.GetRemoteCandidates()
	for _, c := range append(locals, remotes...) {
		byID[c.ID()] = c
	}
	for _, s := range p.agent.GetCandidatePairsStats() {
		l, r := byID[s.LocalCandidateID], byID[s.RemoteCandidateID]
		if l != nil && r != nil && s.State == ice.CandidatePairStateSucceeded {
			all = append(all, pair{l, r, s.FirstResponseTimestamp, s.LastResponseTimestamp})
		}
	}
	return all
}

// better is the pair that answered last, if the selected one has not for too long. After a restart of the peer any pair that
// answered to the new credentials is nominated once, the selected one too: the peer has forgotten what was nominated.
func (p *Path) better(pairs []pair, selected route, now time.Time) (next *pair) {
	again := !p.repair.restarted.IsZero()
	for i := range pairs {
		c := &pairs[i]
		same := routeOf(c.local, c.remote) == selected
		if same && !again && now.Sub(c.last) < p.o.Timing.Dead {
			return nil
		}
		fit := now.Sub(c.last) < p.o.Timing.Alive && (!again || c.last.After(p.repair.restarted))
		if fit && (!same || again) && (next == nil || c.last.After(next.last)) {
			next = c
		}
	}
	return next
}

// first nominates in turn while no pair is selected although some answered: pion nominates one of them for ever, and that one may
// have died meanwhile.
func (p *Path) first(pairs []pair, now time.Time) *pair {
	if len(pairs) == 0 || now.Sub(p.repair.started) < p.o.Timing.Dead {
		return nil
	}
	p.repair.turn++
	return &pairs[p.repair.turn%len(pairs)]
}
