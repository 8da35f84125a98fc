package bridge

import (
	"context"
	"errors"

	"switchgram/bridge/room"
)

// Role says what a leg does in a call.
type Role = room.Role

// The roles. Who was called, or calls, talks.
const (
	Talk    = room.Talk    // is heard by all, and hears all
	Listen  = room.Listen  // hears all who talk, and is not heard
	Whisper = room.Whisper // hears all who talk, and is heard by one of them only
)

// What those refuse who act on a call from outside.
var (
	// ErrNoCall: there is no such call, or no longer.
	ErrNoCall = errors.New("bridge: no such call")

	// ErrNoLeg: there is no such leg in a call, or it is not in a state for that.
	ErrNoLeg = errors.New("bridge: no such leg")
)

// Join lets a leg into a running call, answers it, and returns when it has ended: nil, or ErrNoCall or an *EndedError where there is no call to
// join, or ctx's cause when that ended first. In any case the leg has then been hung up.
//
// The call lives while two talk in it, whoever they are, or its controller wants it: caller or callee may leave a call that another has joined
// to talk. Who listens keeps no call alive. Who whispers is heard by the callee or caller that is not on Telegram, if there is one, since
// that is whom a company's own people speak to; Become names another.
func (b *Bridge) Join(ctx context.Context, id CallID, l Leg, as Role) error {
	return b.join(ctx, id, joinAsked{role: as, guest: &guest{leg: l, over: make(chan struct{})}})
}

// join lets a leg into a call and waits for its end.
func (b *Bridge) join(ctx context.Context, id CallID, in joinAsked) error {
	if err := b.admitGuest(ctx, id, in); err != nil {
		return err
	}
	select {
	case <-in.guest.over:
		return nil
	case <-ctx.Done():
	}
	_ = b.HangupLeg(context.WithoutCancel(ctx), in.guest.leg.ID(), NormalClearing) // the error is that it has gone by itself
	<-in.guest.over
	return context.Cause(ctx)
}

// admitGuest gives a leg to a call. One that the call does not take is hung up.
func (b *Bridge) admitGuest(ctx context.Context, id CallID, in joinAsked) error {
	err := error(ErrNoCall)
	if c := b.find(id); c != nil {
		_, err = c.ask(context.WithoutCancel(ctx), in) // the owner waits for nobody
	}
	if err != nil {
		b.turnAway(ctx, in.guest.leg, CauseOf(err))
		close(in.guest.over)
	}
	return err
}

// turnAway hangs up a leg that no call has.
func (b *Bridge) turnAway(ctx context.Context, l Leg, c Cause) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), b.opt.HangupTimeout)
	defer cancel()
	if err := l.Hangup(ctx, c); err != nil {
		b.opt.Log.Warn("hang up", "leg", string(l.ID()), "err", err)
	}
}

// Become gives a leg that has joined a call another role. Whom says who hears it whisper, of caller and callee; empty: as Join says. ErrNoLeg
// for caller and callee.
func (b *Bridge) Become(ctx context.Context, leg LegID, as Role, whom LegID) error {
	return b.askFor(ctx, leg, becomeAsked{to: leg, role: as, whom: whom})
}

// HangupLeg hangs up one leg of a call. The call goes on if two still talk, or its controller wants it. ErrNoLeg.
func (b *Bridge) HangupLeg(ctx context.Context, leg LegID, c Cause) error {
	return b.askFor(ctx, leg, dropAsked{to: leg, cause: c})
}

// askFor asks the call of a leg for something.
func (b *Bridge) askFor(ctx context.Context, leg LegID, in input) error {
	c := b.holder(leg)
	if c == nil {
		return ErrNoLeg
	}
	if _, err := c.ask(ctx, in); !errors.Is(err, ErrVerb) {
		return err
	}
	return ErrNoLeg
}

// A guest is a leg on its way into a call that runs.
type guest struct {
	leg    Leg
	over   chan struct{} // closed when the leg has ended, in whatever call
	seat   *room.Seat    // that it has left in another; nil: it comes from none
	unread []LegEvent    // that happened on the way from there

	record *RecordOptions // how it was recorded there, and is to be here; nil: as the call is
}

type (
	// joinAsked: a leg wants to join.
	joinAsked struct {
		role    Role
		up      bool   // it comes from another call, and needs no answer
		instead int    // of which leg, plus one; 0: of none
		of      LegID  // owner: what instead is
		guest   *guest // owner
	}
	// becomeAsked: a leg that has joined is to have another role.
	becomeAsked struct {
		leg  int
		to   LegID // owner: what leg is
		role Role
		whom LegID // owner: who hears it whisper
	}
	// dropAsked: a leg is to be hung up.
	dropAsked struct {
		leg   int
		to    LegID // owner: what leg is
		cause Cause
	}

	// letIn gives a leg that joins a place.
	letIn struct{ leg int }
	// assume gives a leg the role that it has now.
	assume struct{ leg int }
)

func (in becomeAsked) resolve(find func(LegID) int) input { in.leg = find(in.to); return in }
func (in dropAsked) resolve(find func(LegID) int) input   { in.leg = find(in.to); return in }

func (in joinAsked) apply(m *machine) {
	if m.phase == reaching || m.phase >= ending || in.of != "" && (in.instead == 0 || m.legs[in.instead-1].at != legUp) {
		m.do(refuse{})
		return
	}
	leg := len(m.legs)
	m.legs = append(m.legs, legState{at: legAnswering, joined: true, role: in.role, instead: in.instead})
	if m.do(letIn{leg}); in.up {
		m.joins(leg, 0)
		return
	}
	m.do(answer{leg})
}

// joins is the end of a guest's Answer.
func (m *machine) joins(leg int, c Cause) {
	if c != 0 {
		m.sendAway(leg, c)
		return
	}
	if m.legs[leg].instead != 0 {
		m.takesPlace(leg)
		return
	}
	m.legs[leg].at = legUp
	m.do(seat{leg}, tell{CallJoined, leg})
}

func (in becomeAsked) apply(m *machine) {
	if in.leg < 0 || m.legs[in.leg].at != legUp || !m.legs[in.leg].joined {
		m.do(refuse{})
		return
	}
	m.legs[in.leg].role = in.role
	m.do(assume{in.leg}, tell{CallJoined, in.leg}, accept{})
	m.endUnwanted(NormalClearing, us)
}

func (in dropAsked) apply(m *machine) {
	if in.leg < 0 || m.legs[in.leg].at >= legHanging {
		m.do(refuse{})
		return
	}
	m.sendAway(in.leg, in.cause)
	m.do(accept{})
}

// sendAway hangs one leg up.
func (m *machine) sendAway(leg int, c Cause) {
	was := m.legs[leg].at
	m.hang(leg, c)
	m.leaves(leg, was, c)
}

// callerLeaves ends the call, unless others talk.
func (m *machine) callerLeaves(was legPhase, c Cause) {
	if was != legUp || m.phase != idle && m.phase != talking || !m.company() {
		m.end(c, 0)
		return
	}
	m.do(tell{CallLeft, 0})
	if m.verb == collectVerb {
		m.collected()
	}
	if m.phase == talking {
		m.finish(verdict{cause: c, leg: 0, answered: true})
	}
}

// guestLeaves ends the call if that leaves nobody to talk with. A callee whose caller has left is a guest, too.
func (m *machine) guestLeaves(leg int, was legPhase, c Cause) {
	if was == legUp {
		m.do(tell{CallLeft, leg})
	}
	m.endUnwanted(c, leg)
}

// endUnwanted ends a call of nobody that nobody wants.
func (m *machine) endUnwanted(c Cause, by int) {
	if m.phase == idle && !m.wanted() {
		m.end(c, by)
	}
}

// letIn takes a guest over.
func (o *owner) letIn(in joinAsked, verb *pending) {
	g := in.guest
	p := newParty(g.leg.Address())
	p.instead = in.of
	p.take(g.leg)
	p.over, p.before, p.unread = g.over, g.seat, g.unread
	o.parties = append(o.parties, p)
	o.forward(len(o.parties) - 1)
	if g.record != nil {
		o.startRecording(*g.record)
	}
	o.done(verb, answered{})
}

// assume has the room follow a leg's role. Who whispers does to whom the leg names, or to one of ours.
func (o *owner) assume(leg int, whom LegID) {
	p := o.parties[leg]
	p.whom = whom
	if p.seat != nil {
		p.seat.Become(o.state.legs[leg].role, o.confidant(p))
	}
}

// whisper lets those who whisper be heard by whom they mean, after somebody took a seat.
func (o *owner) whisper() {
	for leg, l := range o.state.legs {
		if l.at == legUp && l.role == Whisper {
			o.assume(leg, o.parties[leg].whom)
		}
	}
}

// confidant is who hears a leg whisper; nil: nobody.
func (o *owner) confidant(whisperer *party) (best *room.Seat) {
	for leg, p := range o.parties {
		switch {
		case p.seat == nil || o.state.legs[leg].joined:
		case whisperer.whom != "" && p.outcome.ID != whisperer.whom:
		case best == nil || p.address.Scheme != telegram:
			best = p.seat
		}
	}
	return best
}

// telegram is the scheme of addresses of people who are not ours.
const telegram = "tg"
