package bridge

import (
	"context"
	"errors"
	"time"
)

var (
	// errTransferee: a transfer needs somebody to be transferred.
	errTransferee = errors.New("bridge: nobody to transfer")
	// errTarget: a transfer goes to somebody.
	errTarget = &EndedError{Cause: InvalidNumberFormat, text: "nobody to transfer to"}
)

// sendOn has an action done by which a call goes on to somebody else.
func (o *owner) sendOn(a action, in input) {
	switch a := a.(type) {
	case vet:
		o.vet(a.leg, o.parties[a.leg].asked)
	case merge:
		o.merge(a.leg, in.(vetted).place)
	case report:
		o.report(a.leg, a.progress, a.cause)
	case follow:
		o.follow(a.leg)
	}
}

// vet asks the gate where a leg's call may go.
func (o *owner) vet(leg int, asked TransferAsked) {
	in := vetted{leg: leg, to: asked.To, replaces: asked.Replaces, place: asked.Leg}
	user := userOf(o.parties[leg].leg)
	if asked.To == (Address{}) && asked.Leg == "" {
		in.err = errTarget
	}
	o.spawn("vet", vetted{leg: leg, cause: NormalTemporaryFailure}, func() input {
		if asked.Leg != "" {
			c := o.bridge.holder(asked.Leg)
			in.moves = c != nil && c != o.call && (c.line == o.call.line || user != "" && c.userOf(asked.Leg) == user)
		}
		if !in.moves && in.err == nil {
			in.err = o.bridge.opt.Gate.Follow(o.ctx, o.call.line, user, asked.To)
		}
		if in.err != nil {
			in.cause = CauseOf(in.err)
			o.log.Info("refused transfer", "to", asked.To, "err", in.err)
		}
		return in
	})
}

// userOf is who of our users has the leg; empty: nobody in particular.
func userOf(l Leg) string {
	if owned, ok := l.(Owned); ok {
		return owned.User()
	}
	return ""
}

// merge moves whom a leg talks with to the call of the leg that the transfer is to, in that one's place.
func (o *owner) merge(leg int, place LegID) {
	p, other := o.parties[leg], o.transferee(leg)
	p.farewell = true
	o.spawn("merge", mergeFailed{leg}, func() input {
		if err := o.mergeInto(other, place); err != nil {
			o.log.Warn("transfer", "leg", string(p.outcome.ID), "err", err)
			return mergeFailed{leg}
		}
		return nil
	})
}

func (o *owner) mergeInto(moving *party, place LegID) error {
	c := o.bridge.holder(place)
	if c == nil || moving == nil {
		return errTransferee
	}
	ctx := context.WithoutCancel(o.ctx)
	if err := o.bridge.Move(ctx, moving.outcome.ID, c.id); err != nil {
		return err
	}
	return o.bridge.HangupLeg(ctx, place, NormalClearing)
}

// transferee is whom a leg talks with: the caller or the callee, or else the first who talks; nil: nobody.
func (o *owner) transferee(of int) *party {
	for leg, l := range o.state.legs {
		if leg != of && l.at == legUp && l.role == Talk {
			return o.parties[leg]
		}
	}
	return nil
}

// report tells a leg how its transfer goes. That it is done is told by whoever hangs it up.
func (o *owner) report(leg int, progress TransferProgress, c Cause) {
	p := o.parties[leg]
	if p.farewell = progress == TransferDone; p.farewell {
		return
	}
	tell := o.telling(p, progress, c)
	o.spawn("report", nil, func() input { tell(); return nil })
}

// telling is what tells a leg how its transfer goes, after it was told what is to be told before.
func (o *owner) telling(p *party, progress TransferProgress, c Cause) (tell func()) {
	r, ok := p.leg.(Referrer)
	if !ok {
		return func() {}
	}
	last, told := p.told, make(chan struct{})
	p.told = told
	return func() {
		defer close(told)
		if last != nil {
			<-last
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(o.ctx), o.bridge.opt.HangupTimeout)
		defer cancel()
		if err := r.Referred(ctx, progress, c); err != nil {
			o.log.Debug("tell of transfer", "leg", string(p.outcome.ID), "err", err)
		}
	}
}

// farewell tells a leg, before it is hung up, that its transfer is done. Then it is its far end's to hang up (RFC 5589 §6.1), for a moment.
func (o *owner) farewell(p *party) func() {
	if !p.farewell {
		return func() {}
	}
	p.farewell = false
	tell := o.telling(p, TransferDone, 0)
	return func() {
		tell()
		select {
		case <-p.gone:
		case <-time.After(parting):
		}
	}
}

// dialTarget dials whom a transfer is to, on behalf of whom it is for.
func (o *owner) dialTarget(leg int, to Address, replaces string) {
	whom := o.transferee(o.state.referrer - 1)
	p := newParty(to)
	o.parties = append(o.parties, p)
	p.instead = o.parties[o.state.referrer-1].outcome.ID
	opt := DialOptions{Call: o.call.id, Line: o.call.line, Timeout: o.bridge.opt.RingTimeout, Replaces: replaces}
	if whom != nil {
		opt.From, opt.Caller = whom.outcome.Party, whom.leg.Media().Format()
	}
	o.dialWith(leg, opt)
	o.spawn("overdue", nil, func() input {
		select {
		case <-time.After(o.bridge.opt.RingTimeout):
			return overdue{leg}
		case <-p.gone:
		case <-o.ctx.Done():
		}
		return nil
	})
}
