package bridge

import (
	"cmp"
	"time"
)

// impatient: a callee was rung for as long as it may be by itself.
type impatient struct{ leg int }

func (in impatient) apply(m *machine) {
	l := m.legs[in.leg]
	if m.phase != trying || l.joined || l.at < legDialling || l.at > legRinging {
		return
	}
	m.hang(in.leg, untaken(l.at))
	m.attemptFails()
}

// untaken is why a call was not taken in time by a callee who got so far.
func untaken(at legPhase) Cause {
	switch at {
	case legTaken: // a person whose media never ran
		return NormalTemporaryFailure
	case legRinging:
		return NoAnswer
	default: // a telephone that was never reached
		return NoUserResponse
	}
}

// patienceFor is how long an address is rung in the attempt that is being made.
func (o *owner) patienceFor(to Address) time.Duration {
	all := o.patience(ringTimer)
	return min(all, cmp.Or(o.attempt.Patience[to], all))
}

// limit has the machine told when a callee was rung for as long as it may be by itself. That all were is the timer's business.
func (o *owner) limit(leg int) {
	p := o.parties[leg]
	wait := o.patienceFor(p.address)
	if wait >= o.patience(ringTimer) {
		return
	}
	o.spawn("patience", nil, func() input {
		late := time.NewTimer(wait)
		defer late.Stop()
		select {
		case <-late.C:
			return impatient{leg}
		case <-p.gone:
		case <-o.call.over:
		}
		return nil
	})
}
