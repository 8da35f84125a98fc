package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"switchgram/bridge/room"
)

// errLost is what went wrong with a leg that was told to hang up and never ended, which is a bug of the leg's.
var errLost = errors.New("bridge: the leg did not end when it was hung up")

// perform has one action done. What takes time runs on its own goroutine.
func (o *owner) perform(a action, e envelope) {
	switch a := a.(type) {
	case control:
		o.spawn("control", controlDone{cause: NormalTemporaryFailure}, o.control)
	case stopControl:
		o.call.end(&EndedError{Cause: o.state.cause})
	case dial:
		o.dial(a.leg, e.in)
	case ring:
		o.ring()
	case answer:
		o.answering(a.leg)
	case hangup:
		o.hangup(a.leg, a.cause)
	case seat:
		o.seat(a.leg)
	case unseat:
		o.unseat(a.leg)
	case retune:
		o.retune(o.parties[a.leg])
	case arm:
		o.timer.Reset(o.patience(a.timer))
	case disarm:
		o.timer.Stop()
	case tell:
		o.publish(a.kind, a.leg)
	case reply:
		o.done(o.pending, o.verdict())
	case tape:
		o.recordFor(e.in.(recordAsked), e.verb)
	case tap:
		o.tap(e.in.(tapAsked), e.verb)
	case meet:
		o.meet(e.in.(metAsked).with, e.verb)
	case accept:
		o.done(e.verb, answered{})
	case vet, merge, report, follow:
		o.sendOn(a, e.in)
	case letIn:
		o.letIn(e.in.(joinAsked), e.verb)
	case behave:
		o.behave(a.leg)
	case assume:
		o.assume(a.leg, e.in.(becomeAsked).whom)
	case letGo:
		o.letGo(o.parties[a.leg], e.in.(releaseAsked), e.verb)
	case handOver:
		o.handOver(o.parties[a.leg])
	case playTo:
		o.play(a.leg, e.in.(playAsked), e.verb)
	case send:
		o.send(a.leg, e)
	case passOn:
		o.passOn(a)
	case hand:
		o.hand()
	case refuse:
		o.reply(e.verb, o.refusal())
	}
}

func (o *owner) reply(to *pending, a answered) {
	if to != nil {
		to.answer <- a
	}
}

// done answers a verb that has changed the call, which whoever asked then sees.
func (o *owner) done(to *pending, a answered) {
	o.show()
	o.reply(to, a)
}

// verdict is the answer to the verb that waits.
func (o *owner) verdict() answered {
	if o.state.phase >= ending {
		return o.refusal()
	}
	v := o.state.last
	r := Result{Cause: v.cause, Answered: v.answered}
	if v.leg != us {
		p := o.parties[v.leg]
		r.Leg, r.To, r.Err, r.RetryAfter, r.Redirect = p.outcome.ID, p.address, p.outcome.Err, p.retryAfter, p.redirect
	}
	return answered{result: r}
}

// hand gives what was collected to the verb that waits for it.
func (o *owner) hand() {
	k := o.state.keyboard
	o.reply(o.pending, answered{collected: Collected{Digits: k.got, Terminator: k.ended}})
}

func (o *owner) refusal() answered {
	if o.state.phase >= ending {
		return answered{err: &EndedError{Cause: o.state.cause}}
	}
	return answered{err: ErrVerb}
}

func (o *owner) patience(t timer) time.Duration {
	switch t {
	case connectTimer:
		return o.bridge.opt.ConnectTimeout
	case firstKeyTimer:
		return o.state.keyboard.options.FirstTimeout
	case nextKeyTimer:
		return o.state.keyboard.options.BetweenTimeout
	default:
		return cmp.Or(o.attempt.Timeout, o.bridge.opt.RingTimeout)
	}
}

// controller is who decides about the call.
func (o *owner) controller() Controller {
	if o.call.by != nil {
		return o.call.by
	}
	if c, ok := o.bridge.opt.Controllers[o.call.line]; ok {
		return c
	}
	return o.bridge.opt.Default
}

func (o *owner) control() input {
	err := o.controller().Control(o.ctx, o.call)
	return controlDone{cause: CauseOf(err), err: err}
}

// dial dials one of those that the input asks for, or the first leg of a call that we originate.
func (o *owner) dial(leg int, in input) {
	fork := 0
	switch in := in.(type) {
	case vetted:
		o.dialTarget(leg, in.to, in.replaces)
		return
	case followed:
		switch leg {
		case 0:
			o.parties[0] = newParty(in.to[0])
		case o.state.target:
			o.dialTarget(leg, in.to[0], "")
			return
		default:
			o.parties = append(o.parties, newParty(in.to[len(in.to)-len(o.state.legs)+leg]))
		}
	case connectAsked:
		o.attempt, o.beyond, fork = in.options, Address{}, in.forks[leg-o.state.attempt]
		o.parties = append(o.parties, newParty(in.to[leg-o.state.attempt]))
		o.limit(leg)
	}
	opt := DialOptions{
		Fork: fork, Call: o.call.id, Line: o.call.line, From: cmp.Or(o.attempt.From, o.call.party), Timeout: o.patienceFor(o.parties[leg].address),
		ID: o.attempt.ID, Show: o.attempt.Show,
	}
	if caller := o.parties[0].leg; caller != nil {
		opt.Caller = caller.Media().Format()
	}
	o.dialWith(leg, opt)
}

func (o *owner) dialWith(leg int, opt DialOptions) {
	p := o.parties[leg]
	ctx, giveUp := context.WithCancel(o.ctx)
	p.giveUp = giveUp
	o.spawn("dial", dialFailed{leg: leg, cause: NormalTemporaryFailure}, func() input {
		defer giveUp()
		return o.dialAddress(ctx, leg, p.address, opt)
	})
}

func (o *owner) dialAddress(ctx context.Context, leg int, to Address, opt DialOptions) input {
	dialer, ok := o.bridge.opt.Dialers[to.Scheme]
	if !ok {
		return dialFailed{leg, NoRouteDestination, fmt.Errorf("bridge: no dialer for %q addresses", to.Scheme)}
	}
	l, err := dialer.Dial(ctx, to, opt)
	if err != nil {
		return dialFailed{leg, CauseOf(err), fmt.Errorf("dial %s: %w", to.LogValue(), err)}
	}
	if !o.call.send(envelope{in: dialled{leg: leg, as: l}}) { // the owner is gone; nobody else knows the leg
		o.hangupLeg(l, NormalTemporaryFailure, 0)
	}
	return nil
}

func (o *owner) ring() {
	r, ok := o.parties[0].leg.(Ringer)
	if !ok {
		return
	}
	o.spawn("ring", nil, func() input {
		err := r.Ring(o.ctx)
		if err != nil {
			o.log.Debug("ring", "err", err)
		} else if e, ok := r.(EarlyHearer); ok && e.HearsEarly() {
			return heardEarly{}
		}
		return nil
	})
}

// answering has a leg answered.
func (o *owner) answering(leg int) {
	p := o.parties[leg]
	p.gauge.stages.Accepted = time.Now()
	o.spawn("answer", answerDone{leg: leg, cause: NormalTemporaryFailure}, func() input { return o.answer(leg, p.leg) })
}

func (o *owner) answer(leg int, l Leg) input {
	ctx, cancel := context.WithTimeout(o.ctx, o.bridge.opt.ConnectTimeout)
	defer cancel()
	err := l.Answer(ctx)
	if err == nil {
		return answerDone{leg: leg}
	}
	cause := CauseOf(err)
	if errors.Is(err, context.DeadlineExceeded) { // key exchange or media that never came
		cause = NormalTemporaryFailure
	}
	return answerDone{leg, cause, fmt.Errorf("answer %s: %w", l.Address().LogValue(), err)}
}

// hangup tells a leg to end, and the owner if it then does not.
func (o *owner) hangup(leg int, c Cause) {
	p := o.parties[leg]
	if p.leg == nil {
		if p.giveUp != nil {
			p.giveUp()
		}
		return
	}
	l, wait := p.leg, time.Duration(0)
	if leg == 0 {
		wait = o.retryAfter(c)
	}
	farewell := o.farewell(p)
	o.spawn("hangup", lost{leg}, func() input {
		farewell()
		o.hangupLeg(l, c, wait)
		select {
		case <-p.gone:
			return nil
		case <-time.After(o.bridge.opt.HangupTimeout):
			return lost{leg}
		}
	})
}

// retryAfter is how long the caller should wait before it tries again, if the call ends for the reason of a callee who said so.
func (o *owner) retryAfter(c Cause) time.Duration {
	if last := o.state.last; last.leg != us && last.cause == c {
		return o.parties[last.leg].retryAfter
	}
	return retryAfter(o.outcome.Err)
}

// hangupLeg uses a context of its own: that of the call has often just ended.
func (o *owner) hangupLeg(l Leg, c Cause, wait time.Duration) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(o.ctx), o.bridge.opt.HangupTimeout)
	defer cancel()
	err := error(nil)
	if r, ok := l.(Refuser); ok && wait > 0 {
		err = r.Refuse(ctx, c, wait)
	} else {
		err = l.Hangup(ctx, c)
	}
	if err != nil {
		o.log.Warn("hang up", "leg", string(l.ID()), "err", err)
	}
}

func (o *owner) seat(leg int) {
	p := o.parties[leg]
	switch role := o.state.legs[leg].role; {
	case p.seat != nil: // it was heard before the answer
	case p.before != nil:
		p.seat = o.room.Take(p.before, role)
	default:
		p.seat = o.room.Add(p.leg.Media(), role)
	}
	if leg == 0 {
		o.caller.Store(p.seat)
	}
	p.codec = codecOf(p.leg.Media().Format())
	o.behave(leg)
	o.whisper()
	o.listen(p)
	o.startWatch()
	o.entertain(time.Now())
	if l := o.state.legs[leg]; leg != 0 && !l.joined && l.at == legUp {
		o.outcome.Times.Media = time.Now()
	}
}

// retune has the room speak what a leg speaks now.
func (o *owner) retune(p *party) {
	p.codec = codecOf(p.leg.Media().Format())
	p.seat.FormatChanged()
	o.listen(p)
}

func (o *owner) unseat(leg int) {
	p := o.parties[leg]
	if p.seat == nil {
		return
	}
	if o.outcome.Times.Answered() && o.outcome.Path == "" && !o.state.legs[leg].joined {
		o.outcome.Path = o.room.Path()
	}
	p.seat.Leave()
	p.gauge.leave(p.seat.Stats(), time.Now())
	p.left, p.seat, p.played, p.pastime = p.seat, nil, nil, nothing
}

// soundFailed is told by the room that handling somebody's sound panicked.
func (o *owner) soundFailed(s *room.Seat, err error) {
	o.call.send(envelope{in: soundFailed{leg: us, seat: s, err: err}})
}

// forward carries the leg's events to the owner until its last one.
func (o *owner) forward(leg int) {
	p := o.parties[leg]
	events := p.leg.Events()
	unread := p.unread
	p.unread = nil
	unsaid := happened{leg, Ended{Cause: NormalTemporaryFailure, Err: errUnsaid}}
	pressed := newPressLimit()
	o.spawn("events", unsaid, func() input {
		for _, ev := range unread {
			o.call.send(envelope{in: happened{leg, ev}})
		}
		for {
			select {
			case ev, ok := <-events:
				if !ok {
					return unsaid
				}
				if _, last := ev.(Ended); last {
					return happened{leg, ev}
				}
				if _, digit := ev.(Digit); (!digit || pressed.Allow()) && !o.deliver(leg, p, ev) {
					return released{leg, ev}
				}
			case d := <-p.tones:
				o.deliver(leg, p, d)
			case <-p.move.begun:
				return released{leg: leg}
			case <-p.gone:
				return nil
			}
		}
	})
}

// deliver gives the owner an event, unless the leg moves to another call.
func (o *owner) deliver(leg int, p *party, ev LegEvent) bool {
	select {
	case o.call.inbox <- envelope{in: happened{leg, ev}}:
		return true
	case <-o.call.over:
		return true
	case <-p.move.begun:
		return false
	}
}
