package path

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"github.com/pion/ice/v4"
)

// route is a pair of candidates by address. pion's candidate ids do not do: a signalled candidate replaces the peer-reflexive
// one that was discovered before it.
type route struct{ local, remote netip.AddrPort }

func routeOf(local, remote ice.Candidate) route { return route{endpoint(local), endpoint(remote)} }

// common counts the ends that two routes share.
func (r route) common(with route) (n int) {
	if r.local == with.local {
		n++
	}
	if r.remote == with.remote {
		n++
	}
	return n
}

func endpoint(c ice.Candidate) netip.AddrPort {
	ip, _ := netip.ParseAddr(c.Address())
	return netip.AddrPortFrom(ip, uint16(c.Port()))
}

// repair is what the controlling side remembers. pion keeps a selected pair for ever, and hears the peer, who has long moved, on
// another one.
type repair struct {
	started   time.Time // of the checks
	restarted time.Time // of the peer's ICE
	tell      int       // how often a pair will still be nominated to it: it has forgotten what was, and packets are lost
	looked    time.Time // at the pairs
	selected  route
	suspected time.Time // since when the selected pair owes an answer; zero: nobody doubts it
	trusted   time.Time // when it was taken, or answered to a doubt
	turn      int
}

// Repair moves the call from a pair that no longer answers to one that does. Silent says that the peer's sound stopped and should
// not have: then the pair is asked at once, and again and again, so that neither a pause of the peer nor lost packets look like a
// dead path. Call it several times a second. The controlled side is told by its peer where to move, and only opens the way for that.
func (p *Path) Repair(now time.Time, silent bool) {
	if p.follow.isTold() {
		p.follow.loses(p.lost(silent, now))
		p.knockOn(now)
		p.knockAll(now)
		return
	}
	if p.repair.started.IsZero() || !p.repair.due(now, silent, p.o.Timing) {
		return
	}
	selected, err := p.agent.GetSelectedCandidatePair()
	if err != nil {
		return
	}
	p.repair.looked = now
	pairs := p.pairsIn(ice.CandidatePairStateSucceeded)
	switch {
	case selected == nil:
		p.nominate(p.first(pairs, now))
	case p.repair.tell > 0:
		p.nominate(p.repair.again(pairs))
	default:
		p.repair.selects(routeOf(selected.Local, selected.Remote), now)
		p.nominate(p.doubt(pairs, silent, now))
	}
}

// lost tells whether nothing comes by the selected pair of the controlled side any more: no sound, no check and no answer to ours. What
// it sends may then go by any pair that the peer checks; Telegram's engine takes more than a second from there to its nomination.
func (p *Path) lost(silent bool, now time.Time) bool {
	if !silent || !p.follow.unheard(p.o.Timing.Overdue, now) {
		return false
	}
	selected, err := p.agent.GetSelectedCandidatePair()
	if err != nil || selected == nil {
		return false
	}
	r := routeOf(selected.Local, selected.Remote)
	pairs := p.pairsIn(ice.CandidatePairStateSucceeded)
	at := slices.IndexFunc(pairs, func(c *pair) bool { return c.route() == r })
	return at >= 0 && now.Sub(pairs[at].last) > p.o.Timing.Overdue
}

// due keeps the pairs from being looked at for nothing.
func (r *repair) due(now time.Time, silent bool, t Timing) bool {
	return !r.suspected.IsZero() || r.doubts(now, silent, t) || now.Sub(r.looked) >= t.Keepalive/2
}

// doubts tells whether silence is a reason for doubt. A peer that has nothing to say is not asked all the time.
func (r *repair) doubts(now time.Time, silent bool, t Timing) bool {
	return silent && now.Sub(r.trusted) >= t.Gap
}

func (r *repair) selects(selected route, now time.Time) {
	if r.selected == selected {
		return
	}
	if r.selected != (route{}) {
		r.trusted = now
	}
	r.selected, r.suspected, r.turn = selected, time.Time{}, 0
}

// nominate asks a pair: if it answers, the call takes it. So it serves to ask the selected one, too.
func (p *Path) nominate(c *pair) {
	if c == nil {
		return
	}
	// An option runs in the agent's own goroutine, RenominateCandidate alone does not, and touches the agent's state.
	err := p.agent.UpdateOptions(func(a *ice.Agent) error { return a.RenominateCandidate(c.local, c.remote) })
	if err != nil {
		p.o.Log.Debug("pair not asked", "local", c.local.Type().String(), "remote", c.remote.Type().String(), "err", err)
	}
}

// pair is a candidate pair.
type pair struct {
	local, remote ice.Candidate
	last          time.Time     // answer; zero: none yet
	trip          time.Duration // the round trip of that
}

func (c *pair) route() route { return routeOf(c.local, c.remote) }

// priority orders pairs much as RFC 8445 §6.1.2.3 does.
func (c *pair) priority() uint64 { return uint64(c.local.Priority()) + uint64(c.remote.Priority()) }

func (p *Path) pairsIn(states ...ice.CandidatePairState) (all []*pair) {
	byID := map[string]ice.Candidate{}
	locals, _ := p.agent.GetLocalCandidates()
	remotes, _ := p.agent.GetRemoteCandidates()
	for _, c := range append(locals, remotes...) {
		byID[c.ID()] = c
	}
	for _, s := range p.agent.GetCandidatePairsStats() {
		l, r := byID[s.LocalCandidateID], byID[s.RemoteCandidateID]
		if l != nil && r != nil && slices.Contains(states, s.State) {
			trip := time.Duration(s.CurrentRoundTripTime * float64(time.Second))
			all = append(all, &pair{l, r, s.LastResponseTimestamp, trip})
		}
	}
	return all
}

// doubt is the pair to ask now, if the selected one is in doubt: that one for a while, and then the others, too, each in turn.
func (p *Path) doubt(pairs []*pair, silent bool, now time.Time) *pair {
	r, t := &p.repair, p.o.Timing
	at := slices.IndexFunc(pairs, func(c *pair) bool { return c.route() == r.selected })
	if at < 0 {
		return nil
	}
	selected := pairs[at]
	switch {
	case r.suspected.IsZero() && !r.doubts(now, silent, t) && now.Sub(selected.last) < t.Overdue:
		return nil
	case r.suspected.IsZero():
		r.suspected = now
	case selected.last.After(r.suspected):
		r.suspected, r.trusted, r.turn = time.Time{}, now, 0
		return nil
	}
	if now.Sub(r.suspected) < max(t.Dead, 3*selected.trip) {
		return selected
	}
	if r.turn == 0 {
		p.o.Log.Info("path does not answer", "local", selected.local.Type().String(), "remote", selected.remote.Type().String(), "others", p.Spare())
	}
	return r.next(pairs, now.Add(-t.Alive))
}

// next takes all that answered since in turn, first those that have least in common with the selected pair, which comes last.
func (r *repair) next(pairs []*pair, since time.Time) *pair {
	fit := slices.DeleteFunc(pairs, func(c *pair) bool { return c.last.Before(since) && c.route() != r.selected })
	slices.SortStableFunc(fit, func(a, b *pair) int {
		return cmp.Or(cmp.Compare(r.selected.common(a.route()), r.selected.common(b.route())), cmp.Compare(b.priority(), a.priority()))
	})
	r.turn++
	return fit[(r.turn-1)%len(fit)]
}

// again is the best pair that answered to the new credentials of a peer that restarted, the selected one too.
func (r *repair) again(pairs []*pair) (best *pair) {
	for _, c := range pairs {
		if c.last.After(r.restarted) && (best == nil || c.priority() > best.priority()) {
			best = c
		}
	}
	if best != nil {
		r.tell--
	}
	return best
}

// first nominates in turn while no pair is selected although some answered: pion nominates one of them for ever, and that one may
// have died meanwhile.
func (p *Path) first(pairs []*pair, now time.Time) *pair {
	if len(pairs) == 0 || now.Sub(p.repair.started) < p.o.Timing.Gap {
		return nil
	}
	p.repair.turn++
	return pairs[p.repair.turn%len(pairs)]
}

// Spare counts the pairs beside the selected one that answered not long ago: those the call could move to.
func (p *Path) Spare() (n int) {
	for _, c := range p.pairsIn(ice.CandidatePairStateSucceeded) {
		if c.route() != p.repair.selected && time.Since(c.last) < p.o.Timing.Alive {
			n++
		}
	}
	return n
}
