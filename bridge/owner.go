package bridge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"switchgram/bridge/room"
)

// owner runs one call. Its fields are touched by the goroutine of run alone, except where they are never written again.
type owner struct {
	bridge *Bridge
	call   *Call
	ctx    context.Context // of the call; its cause is why it ended
	outer  outer
	log    *slog.Logger

	state   state
	parties []*party // as state.legs
	room    *room.Room
	timer   *time.Timer
	watch   *time.Ticker     // nil: there is no sound yet
	looks   <-chan time.Time // of watch
	looked  int              // how often
	talked  int              // who talks with the caller, or did last; 0: nobody yet
	attempt ConnectOptions   // of the attempt being made
	beyond  Address          // with whom the caller talks beyond the switch that the attempt has reached; zero: with nobody yet
	pending *pending         // the verb that state.verb is about
	release func()           // of the gate
	outcome Outcome
	broken  bool // a panic was caught

	moved []<-chan struct{} // of legs that are in other calls now: closed when they end

	recordings []*Recording
	caller     atomic.Pointer[room.Seat] // the seat of parties[0], for sideOf

	work sync.WaitGroup // every goroutine of the call but this one
}

func newOwner(ctx context.Context, out outer, b *Bridge, c *Call, caller Leg) *owner {
	o := &owner{
		bridge: b, call: c, ctx: ctx, outer: out,
		log:     b.opt.Log.With("call", string(c.id), "line", c.line),
		state:   newState(caller == nil),
		parties: []*party{newParty(c.from)},
		timer:   time.NewTimer(b.opt.RingTimeout),
		attempt: ConnectOptions{Timeout: c.patience},
		outcome: Outcome{Call: c.id, Line: c.line, From: c.from, To: c.to},
	}
	o.timer.Stop()
	o.room = room.New(room.Options{Log: o.log, Failed: o.soundFailed})
	o.outcome.Times.Started = time.Now()
	if caller != nil {
		o.parties[0].take(caller)
	}
	o.show()
	return o
}

// run runs the call: first is what has happened before anything else, nil to have the gate asked.
func (o *owner) run(first input) Outcome {
	o.begin(first)
	for o.state.phase != over {
		o.serve()
	}
	o.stop()
	o.work.Wait()
	return o.close()
}

// begin announces the call, listens to its caller and asks the gate.
func (o *owner) begin(first input) {
	kind := CallOriginated
	if o.parties[0].leg != nil {
		kind = CallIncoming
		o.forward(0)
	}
	o.publish(kind, 0)
	if first == nil {
		o.spawn("admit", refused{cause: NormalTemporaryFailure}, o.admit)
		return
	}
	o.take(envelope{in: first})
}

func (o *owner) admit() input {
	release, err := o.bridge.opt.Gate.Admit(o.ctx, o.call.line, o.call.from, o.call.to)
	if err != nil {
		return refused{cause: CauseOf(err), err: err}
	}
	return admitted{release: release}
}

// serve waits for one thing to happen and does what follows.
func (o *owner) serve() {
	defer func() {
		if v := recover(); v != nil {
			o.complain("owner", v)
			o.abandon()
		}
	}()
	stop := o.ctx.Done()
	if o.state.phase == ending {
		stop, o.outer.done = nil, nil
	}
	select {
	case e := <-o.call.inbox:
		if stop != nil && o.ctx.Err() != nil { // whoever gives up because the call has ended is heard after its end
			o.contextEnded()
		}
		o.take(e)
	case <-stop:
		o.contextEnded()
	case <-o.outer.done:
		o.outer.done = nil
		o.outerEnded(o.outer.why())
	case <-o.timer.C:
		o.take(envelope{in: timeUp{}})
	case now := <-o.looks:
		o.look(now)
	}
}

// take takes one input to the machine and performs what it answers.
func (o *owner) take(e envelope) {
	if w, ok := e.in.(withdrawal); ok && w.of != o.pending {
		return // it has had its answer
	}
	e.in = o.numbered(e.in)
	if asked, ok := e.in.(connectAsked); ok {
		e.in = o.fork(asked)
	}
	o.note(e.in)
	before := o.state.verb
	next, actions := step(o.state, e.in)
	o.state = next
	if before == noVerb && e.verb != nil {
		o.pending = e.verb
	}
	for _, a := range actions {
		o.perform(a, e)
	}
	o.show()
}

// note keeps of an input what the machine has no use for.
func (o *owner) note(in input) {
	switch in := in.(type) {
	case admitted:
		o.release = in.release
	case refused:
		o.outcome.Err = in.err
	case controlDone:
		o.outcome.Err = errors.Join(o.outcome.Err, withoutEnd(in.err))
	case answerDone:
		o.noteAnswer(in)
	case dialled:
		o.parties[in.leg].take(in.as)
		o.forward(in.leg)
	case dialFailed:
		o.parties[in.leg].closeWith(Ended{Cause: in.cause, Err: in.err})
	case lost:
		o.parties[in.leg].closeWith(Ended{Cause: NormalTemporaryFailure, Err: errLost})
	case happened:
		o.noteEvent(o.parties[in.leg], in.event)
	case soundFailed:
		o.noteFailure(in)
	case released:
		if in.unread != nil {
			o.parties[in.leg].unread = append(o.parties[in.leg].unread, in.unread)
		}
	case transferTo:
		if in.leg >= 0 {
			o.parties[in.leg].asked = TransferAsked{To: in.to}
		}
	case crashed:
		o.broken = true
	}
}

func (o *owner) noteAnswer(in answerDone) {
	p := o.parties[in.leg]
	if in.cause == 0 {
		p.gauge.stages.Media = time.Now()
	}
	if o.state.legs[in.leg].joined {
		p.outcome.Err = in.err
		return
	}
	o.outcome.Err = errors.Join(o.outcome.Err, in.err)
}

// noteFailure notes why a leg, and perhaps the call, cannot go on. A guest's failure is the guest's.
func (o *owner) noteFailure(in soundFailed) {
	if in.leg < 0 {
		return
	}
	p := o.parties[in.leg]
	p.outcome.Err = in.err
	if !o.state.legs[in.leg].joined {
		o.broken, o.outcome.Err = true, errors.Join(o.outcome.Err, in.err)
	}
}

func (o *owner) noteEvent(p *party, ev LegEvent) {
	if _, last := ev.(Ended); p.moving() && !last {
		p.unread = append(p.unread, ev)
		return
	}
	p.gauge.note(ev, time.Now())
	switch ev := ev.(type) {
	case Held:
		o.entertain(time.Now())
	case Redirected:
		p.redirect = ev.To
	case TransferAsked:
		p.asked = ev
	case Digit:
		o.said(p, ev)
	case Ended:
		p.closeWith(ev)
		o.strand(p)
		o.log.Debug("leg ended", "leg", string(p.outcome.ID), "cause", ev.Cause.String(), "text", ev.Text, "err", ev.Err)
	}
}

// withoutEnd drops the error of a controller that only says that the call has ended.
func withoutEnd(err error) error {
	var ended *EndedError
	if errors.As(err, &ended) {
		return nil
	}
	return err
}

// spawn runs fn on a goroutine of the call and gives the owner what it returns, if anything. Should it panic, the call ends and
// the owner gets ifPanics.
func (o *owner) spawn(name string, ifPanics input, fn func() input) {
	o.work.Go(func() {
		in := ifPanics
		defer func() {
			if v := recover(); v != nil {
				o.complain(name, v)
				o.call.send(envelope{in: crashed{}})
			}
			if in != nil {
				o.call.send(envelope{in: in})
			}
		}()
		in = fn()
	})
}

func (o *owner) complain(where string, v any) {
	o.log.Error("panic", "in", where, "err", fmt.Sprint(v), "stack", string(debug.Stack()))
}

// abandon ends a call whose owner has panicked: whoever is still there is told to hang up, and no more is expected of anybody.
func (o *owner) abandon() {
	o.broken = true
	if o.state.phase < ending {
		o.state.cause, o.state.endedBy = NormalTemporaryFailure, us
	}
	o.state.phase = over
	for leg, p := range o.parties {
		if !p.ended {
			o.hangup(leg, NormalTemporaryFailure)
		}
	}
}

// stop lets go of everybody who might still wait for the call.
func (o *owner) stop() {
	o.timer.Stop()
	o.stopWatch()
	o.call.cause = o.state.cause
	close(o.call.over)
	o.call.end(&EndedError{Cause: o.state.cause})
	for _, p := range o.parties {
		p.closeWith(Ended{Cause: o.state.cause})
	}
	o.spawn("room", nil, func() input { o.room.Close(); return nil })
}

// measure reads what can be read of the leg's quality.
func (o *owner) measure(p *party) {
	defer func() {
		if v := recover(); v != nil {
			o.complain("measure", v)
		}
	}()
	p.measure()
}

// close fills in the outcome and tells of it.
func (o *owner) close() Outcome {
	if len(o.moved) == 0 {
		o.giveBack() // first: who hears of the end may call again at once
	}
	out := &o.outcome
	out.Times.Ended = time.Now()
	out.Cause = o.state.cause
	scheme := ""
	if o.state.endedBy != us {
		by := o.parties[o.state.endedBy]
		out.EndedBy, scheme = by.outcome.ID, by.address.Scheme
		out.Err = errors.Join(by.outcome.Err, out.Err)
	}
	out.Fault = faultOf(out.Cause, scheme)
	if o.broken {
		out.Fault = FaultUs
	}
	for leg, p := range o.parties {
		o.measure(p)
		p.outcome.Role, p.outcome.Joined = o.state.legs[leg].role, o.state.legs[leg].joined
		out.Legs = append(out.Legs, p.outcome)
	}
	if o.talked != 0 {
		caller, callee := &out.Legs[0], &out.Legs[o.talked]
		caller.Quality.Hears, callee.Quality.Hears = heard(callee, caller), heard(caller, callee)
	}
	out.Recordings = o.recorded()
	o.publish(CallEnded, max(o.state.endedBy, 0))
	return o.outcome
}
