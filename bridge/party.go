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
	tones   chan Digit         // heard in its sound; never closed
	ended   bool
	outcome LegOutcome
	gauge   gauge
	opinion float64 // of how it sounds, as LegStatus has it

	codec    string // as LegStatus has these
	loudness int
	spoke    time.Time

	pastime  pastime
	played   *room.Playback // for that; nil: nothing is
	jobs     chan job       // digits to be sent; nil: none yet
	crowded  bool           // there were too many
	listened bool           // its sound is looked through for digits
	says     bool           // it has said digits otherwise

	over   chan struct{} // closed when the leg has ended, in whatever call; nil: nobody waits for that
	before *room.Seat    // in another call
	left   *room.Seat    // in this one
	unread []LegEvent    // that are another call's to hear
	move   move
	whom   LegID // who hears it whisper; empty: one of ours

	instead  LegID         // whose place it takes
	asked    TransferAsked // the last transfer that it wanted
	farewell bool          // it is told that its transfer is done before it is hung up
	told     chan struct{} // closed when it was told how its transfer goes; nil: never

	redirect   []Address
	retryAfter time.Duration
}

func newParty(to Address) *party {
	p := &party{address: to, gone: make(chan struct{}), tones: make(chan Digit, maxTones), outcome: LegOutcome{Address: to}}
	p.move.begun = make(chan struct{})
	p.gauge.stages.Began = time.Now()
	return p
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
	if p.over != nil {
		close(p.over)
	}
	p.outcome.Cause, p.outcome.Remote, p.outcome.Text = e.Cause, e.Remote, e.Text
	if e.Err != nil {
		p.outcome.Err = e.Err
	}
	p.outcome.Ended = time.Now()
	p.retryAfter = max(p.retryAfter, retryAfter(e.Err))
}

// measure reads what can be read of the leg's quality, at the end of the call.
func (p *party) measure() {
	if p.leg == nil || p.outcome.Moved {
		return
	}
	out := &p.outcome
	if m := p.leg.Media(); m != nil {
		out.Format, out.Stats = m.Format(), m.Stats()
	}
	out.Quality = p.gauge.quality(out.Format, out.Stats)
	out.Description = p.describe()
	if s, ok := p.leg.(Staged); ok {
		out.Stages = s.Stages()
	}
	seen := p.gauge.stages
	out.Stages.Began, out.Stages.Ringing, out.Stages.Accepted, out.Stages.Media = seen.Began, seen.Ringing, seen.Accepted, seen.Media
}

func (p *party) describe() Description {
	if d, ok := p.leg.(Describer); ok {
		return d.Describe()
	}
	return Description{}
}

func (p *party) talker() Talker {
	return Talker{Leg: p.outcome.ID, Address: p.address, Party: p.outcome.Party, Description: p.describe()}
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
