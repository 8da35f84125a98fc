package bridge

import (
	"context"
	"errors"
	"time"

	"switchgram/bridge/room"
)

// party is what the owner of a call keeps of one leg, beside its state. Only the owner touches it, but for gone.
type party struct {
	address Address
	leg     Leg // nil until dialled
	seat    *room.Seat
	giveUp  context.CancelFunc // ends Dial
	gone    chan struct{}      // closed when the leg has ended
	ended   bool
	outcome LegOutcome

	redirect   []Address
	retryAfter time.Duration
}

func newParty(to Address) *party {
	return &party{address: to, gone: make(chan struct{}), outcome: LegOutcome{Address: to}}
}

func (p *party) take(l Leg) {
	p.leg = l
	p.address = l.Address()
	p.outcome.ID, p.outcome.Address, p.outcome.Party = l.ID(), l.Address(), l.Party()
}

// closeWith notes how the leg ended.
func (p *party) closeWith(e Ended) {
	if p.ended {
		return
	}
	p.ended = true
	close(p.gone)
	p.outcome.Cause, p.outcome.Remote, p.outcome.Text, p.outcome.Err = e.Cause, e.Remote, e.Text, e.Err
	p.outcome.Ended = time.Now()
	p.retryAfter = max(p.retryAfter, retryAfter(e.Err))
}

// measure reads what can be read of the leg's quality, at the end of the call.
func (p *party) measure() {
	if p.leg == nil {
		return
	}
	if m := p.leg.Media(); m != nil {
		p.outcome.Format, p.outcome.Stats = m.Format(), m.Stats()
	}
	if d, ok := p.leg.(Describer); ok {
		p.outcome.Description = d.Describe()
	}
}

// lineOf is the line of an incoming leg; empty if it has none.
func lineOf(l Leg) string {
	if lined, ok := l.(Lined); ok {
		return lined.Line()
	}
	return ""
}

// errUnsaid is what went wrong with a leg that closed its events without an Ended event, which is a bug of the leg's.
var errUnsaid = errors.New("bridge: the leg closed its events without ending")
