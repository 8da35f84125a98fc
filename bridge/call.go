package bridge

import (
	"context"
	"sync/atomic"
	"time"
)

// Call is one call, to be used by its Controller through verbs. Each verb is an event to the goroutine that owns the call and
// blocks until its work is done; one that comes after the end of the call returns an *EndedError. All methods may be called at
// once, but of two verbs that do not go together the second is refused with ErrVerb.
type Call struct {
	id    CallID
	line  string
	from  Address
	to    Address
	party Party // the caller

	reference string        // of whoever wanted the call
	by        Controller    // nil: the line's
	patience  time.Duration // that its first may ring, of a call of ours; 0: the Bridge's RingTimeout

	// The owner's alone.
	originated bool // both legs are dialled
	met        bool // somebody has joined to talk

	status atomic.Pointer[CallStatus] // as its owner last showed it; never nil while the Bridge knows the call

	inbox chan envelope
	over  chan struct{}           // closed when nobody reads inbox any longer
	cause Cause                   // why the call ended; written before over is closed
	end   context.CancelCauseFunc // ends the call's context
}

// ID names the call.
func (c *Call) ID() CallID { return c.id }

// Line is the name of the line that carries the call.
func (c *Call) Line() string { return c.line }

// From is who calls, or who was dialled first.
func (c *Call) From() Address { return c.from }

// To is whom the caller wants.
func (c *Call) To() Address { return c.to }

// Caller is what is known of who calls.
func (c *Call) Caller() Party { return c.party }

// Answer answers the caller, and returns when its media runs. Connect does so by itself.
func (c *Call) Answer(ctx context.Context) error {
	_, err := c.ask(ctx, answerAsked{})
	return err
}

// Connect dials everybody in `to` at once. The first to take the call wins, the others are hung up with LoseRace, and the
// caller is answered. It returns when the two have parted or nobody has taken the call, and may be tried again. When ctx ends
// first, whoever was dialled is hung up.
func (c *Call) Connect(ctx context.Context, to []Address, o ConnectOptions) (Result, error) {
	if len(to) == 0 {
		return Result{}, ErrNoTarget
	}
	return c.ask(ctx, connectAsked{targets: len(to), to: to, options: o})
}

// Hangup ends the call for the cause. It returns at once; everything of the call is over when Handle returns.
func (c *Call) Hangup(ctx context.Context, cause Cause) error {
	_, err := c.ask(ctx, hangupAsked{cause})
	return err
}

// envelope is an input on its way to the owner, with the verb that waits for the answer, if one does.
type envelope struct {
	in   input
	verb *pending
}

// pending is a verb that waits for its answer, which never blocks the owner.
type pending struct{ answer chan answered }

type answered struct {
	result    Result
	collected Collected
	err       error
}

// withdrawal withdraws one verb and no other.
type withdrawal struct{ of *pending }

func (withdrawal) apply(m *machine) { withdrawn{}.apply(m) }

func (c *Call) ask(ctx context.Context, in input) (Result, error) {
	a := c.inquire(ctx, in)
	return a.result, a.err
}

// inquire gives the owner an input of the controller's and waits for the answer.
func (c *Call) inquire(ctx context.Context, in input) answered {
	p := &pending{answer: make(chan answered, 1)}
	if !c.send(envelope{in: in, verb: p}) {
		return answered{err: &EndedError{Cause: c.cause}}
	}
	select {
	case a := <-p.answer:
		return a
	case <-c.over:
		return answered{err: &EndedError{Cause: c.cause}}
	case <-ctx.Done():
		return c.withdraw(p, context.Cause(ctx))
	}
}

// withdraw gives up waiting. Digits that were handed over at the same moment are not lost: nobody else will see them.
func (c *Call) withdraw(p *pending, why error) answered {
	c.send(envelope{in: withdrawal{of: p}})
	select {
	case a := <-p.answer:
		if a.collected != (Collected{}) {
			return a
		}
	default:
	}
	return answered{err: why}
}

// send gives the owner an input, and reports whether there was still an owner. The owner waits for nobody, so whoever has
// something to say may wait for the owner.
func (c *Call) send(e envelope) bool {
	select {
	case c.inbox <- e:
		return true
	case <-c.over:
		return false
	}
}
