package bridge

import "slices"

// maxRedirects is how often a call is sent on before it is given up.
const maxRedirects = 5

type (
	// followed: whom a leg's far end says to call instead, as far as that may be.
	followed struct {
		leg     int
		targets int
		to      []Address // owner
	}

	// follow asks the gate whom of those a leg names may be called.
	follow struct{ leg int }
)

// redirected tells whether others may be called in place of a leg that has ended by itself, and has that found out.
func (m *machine) redirected(leg int) bool {
	l := &m.legs[leg]
	if l.at != legEnded || !l.redirected || l.hops >= maxRedirects || m.phase != reaching && m.phase != trying && !m.isTarget(leg) {
		return false
	}
	l.redirected = false
	m.following++
	m.do(follow{leg})
	return true
}

func (in followed) apply(m *machine) {
	hops := m.legs[in.leg].hops + 1
	switch {
	case m.following == 0 || m.phase >= ending:
		return
	case m.isTarget(in.leg):
		m.following--
		if in.targets == 0 {
			m.transferFails(m.legs[in.leg].cause)
			return
		}
		m.dialInstead(m.referrer-1, hops)
	case m.phase == reaching: // one caller, so the first who is named
		m.following--
		if in.targets == 0 {
			m.end(m.caller().cause, 0)
			return
		}
		*m.caller() = legState{at: legDialling, hops: hops}
		m.do(dial{0})
	case m.phase == trying && in.leg >= m.attempt:
		m.following--
		for range in.targets {
			m.do(dial{len(m.legs)})
			m.legs = append(m.legs, legState{at: legDialling, hops: hops})
		}
		if in.targets == 0 {
			m.attemptFails()
		}
	}
}

// follow asks the gate whom of those that a leg names may be called. Who was called before is not called again.
func (o *owner) follow(leg int) {
	p := o.parties[leg]
	named, user := p.redirect, userOf(p.leg)
	var called []Address
	for _, other := range o.parties {
		called = append(called, other.address)
	}
	o.spawn("follow", followed{leg: leg}, func() input {
		in := followed{leg: leg}
		for _, to := range named {
			if slices.Contains(called, to) {
				continue
			}
			if err := o.bridge.opt.Gate.Follow(o.ctx, o.call.line, user, to); err != nil {
				o.log.Info("refused redirection", "to", to, "err", err)
				continue
			}
			called = append(called, to)
			in.to = append(in.to, to)
		}
		in.targets = len(in.to)
		return in
	})
}
