package bridge

import (
	"context"
	"errors"
	"time"
)

// Move moves a leg that is up into another running call, where it talks, and returns when it sits there: the end of an attended transfer. Its far
// end hears one stream go on. The call that it left ends, unless two still talk there or its controller wants it. The Handle or Join that the
// leg came by returns when the leg has ended in the other call.
//
// ErrNoLeg and ErrNoCall leave everything as it was. If the other call ends on the way, the leg is hung up, and the error says why.
func (b *Bridge) Move(ctx context.Context, leg LegID, to CallID) error {
	from, target := b.holder(leg), b.find(to)
	switch {
	case from == nil:
		return ErrNoLeg
	case target == nil:
		return ErrNoCall
	case from == target:
		return ErrVerb
	}
	given := make(chan *guest, 1)
	if _, err := from.ask(context.WithoutCancel(ctx), releaseAsked{to: leg, given: given}); err != nil {
		if errors.Is(err, ErrVerb) {
			return ErrNoLeg
		}
		return err
	}
	return b.admitGuest(ctx, to, joinAsked{role: Talk, up: true, guest: <-given})
}

type (
	// releaseAsked: a leg is to go to another call.
	releaseAsked struct {
		leg   int
		to    LegID         // owner: what leg is
		given chan<- *guest // owner; has room for it
	}
	// released: nothing more of the leg will be heard here.
	released struct {
		leg    int
		unread LegEvent // owner
	}

	// letGo stops listening to the leg.
	letGo struct{ leg int }
	// handOver gives it to who asked for it.
	handOver struct{ leg int }
)

func (in releaseAsked) resolve(find func(LegID) int) input { in.leg = find(in.to); return in }

func (in releaseAsked) apply(m *machine) {
	if in.leg < 0 || m.legs[in.leg].at != legUp {
		m.do(refuse{})
		return
	}
	m.legs[in.leg].at = legMoving
	m.do(unseat{in.leg}, letGo{in.leg})
	m.leaves(in.leg, legUp, NormalClearing)
}

func (in released) apply(m *machine) {
	if m.legs[in.leg].at != legMoving {
		return
	}
	m.legs[in.leg].at = legEnded
	m.do(handOver{in.leg})
}

// A move is a leg's way out of a call.
type move struct {
	begun chan struct{} // closed when it begins: whoever brings the leg's events is to stop, and tell
	verb  *pending
	given chan<- *guest
}

// letGo begins a leg's move.
func (o *owner) letGo(p *party, in releaseAsked, verb *pending) {
	o.measure(p) // what comes later is the other call's
	p.move.verb, p.move.given = verb, in.given
	close(p.move.begun)
}

// handOver gives the leg away. What it is to be told of was brought by the goroutine that has ended by now.
func (o *owner) handOver(p *party) {
	over := p.over
	if over == nil {
		over = make(chan struct{})
	}
	p.over, p.ended = nil, true
	close(p.gone)
	p.outcome.Cause, p.outcome.Moved, p.outcome.Ended = NormalClearing, true, time.Now()
	p.move.given <- &guest{leg: p.leg, over: over, seat: p.left, unread: p.unread, record: o.follows()}
	o.moved = append(o.moved, over)
	o.done(p.move.verb, answered{})
}

// moving tells whether the leg is on its way to another call.
func (p *party) moving() bool { return p.move.given != nil }

// strand answers who wanted a leg that has ended on its way.
func (o *owner) strand(p *party) {
	if p.moving() {
		o.reply(p.move.verb, answered{err: ErrNoLeg})
	}
}

// linger waits for legs that have gone to other calls, for whoever gave us a leg may take it back when we return, and while the leg lives the line is
// busy with it.
func (o *owner) linger() {
	for _, over := range o.moved {
		<-over
	}
	o.giveBack()
}

// giveBack gives back what the call took of its line.
func (o *owner) giveBack() {
	if o.release != nil {
		o.release()
	}
	o.release = nil
}
