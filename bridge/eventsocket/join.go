package eventsocket

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"switchgram/bridge"
)

// ringWithin is how long somebody may ring who is to join a call.
const ringWithin = time.Minute

// join calls TG-To and, once that has answered, lets it into the call, to do there what TG-Role says: talk, listen or whisper.
func (c *order) join(context.Context) (then func(context.Context), err error) {
	call, err := c.target()
	if err != nil {
		return nil, err
	}
	to, err := c.whom(call.Line, "TG-To")
	if err != nil {
		return nil, err
	}
	as, err := role(c.e.Get("TG-Role"))
	if err != nil {
		return nil, err
	}
	dialer := c.s.o.Dialers[to.Scheme]
	if dialer == nil {
		return nil, fmt.Errorf("TG-To: nobody can call %s", to)
	}
	return func(ctx context.Context) {
		if err := c.bring(ctx, dialer, call, to, as); err != nil {
			c.s.log.Info("join a call", "call", string(call.ID), "to", to, "err", err)
		}
	}, nil
}

// bring dials somebody who is to join a call, and returns when they have left it.
func (c *order) bring(ctx context.Context, dialer bridge.Dialer, call bridge.CallStatus, to bridge.Address, as bridge.Role) error {
	leg, err := dialer.Dial(ctx, to, bridge.DialOptions{Call: call.ID, Line: call.Line, From: guestOf(call)})
	if err != nil {
		return err
	}
	if err := answered(ctx, leg); err != nil {
		return err
	}
	return c.calls.Join(ctx, call.ID, leg, as)
}

// guestOf is whom the call is with, as who joins it sees it.
func guestOf(call bridge.CallStatus) bridge.Party {
	for _, l := range call.Legs {
		if l.Address.Scheme == "tg" {
			return l.Party
		}
	}
	return bridge.Party{}
}

// answered waits until a leg that was dialled is answered. Otherwise the leg has ended when it returns, or has been hung up.
func answered(ctx context.Context, leg bridge.Leg) error {
	ctx, cancel := context.WithTimeout(ctx, ringWithin)
	defer cancel()
	events := leg.Events()
	for {
		select {
		case e := <-events:
			switch e := e.(type) {
			case bridge.Answered:
				return nil
			case bridge.Ended:
				return errors.Join(fmt.Errorf("ended: %s", e.Cause), e.Err)
			case nil:
				return errors.New("ended")
			}
		case <-ctx.Done():
			return dismiss(ctx, leg, events)
		}
	}
}

// dismiss hangs up a leg that has not answered in time.
func dismiss(ctx context.Context, leg bridge.Leg, events <-chan bridge.LegEvent) error {
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), setWithin)
	defer cancel()
	err := leg.Hangup(last, bridge.NoAnswer)
	for range events { // it closes them
	}
	return errors.Join(context.Cause(ctx), err)
}

// role reads TG-Role.
func role(name string) (bridge.Role, error) {
	for _, r := range []bridge.Role{bridge.Talk, bridge.Listen, bridge.Whisper} {
		if cmp.Or(name, bridge.Talk.String()) == r.String() {
			return r, nil
		}
	}
	return bridge.Talk, fmt.Errorf("TG-Role %q: want talk, listen or whisper", name)
}
