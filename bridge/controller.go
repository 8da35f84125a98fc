package bridge

import (
	"context"
	"errors"
	"time"
)

// A Controller decides what happens to a call.
type Controller interface {
	// Control runs on its own goroutine, from the call's admission until it returns; ctx ends with the call, its cause is an
	// *EndedError then. When it returns and no two parties talk, the call ends: with CauseOf its error, or without one as its
	// last attempt to connect did.
	Control(ctx context.Context, c *Call) error
}

// ConnectController connects the caller to whom it called, once: what happens on a line that has no script.
type ConnectController struct{}

// Control implements Controller.
func (ConnectController) Control(ctx context.Context, c *Call) error {
	_, err := c.Connect(ctx, []Address{c.To()}, ConnectOptions{})
	return err
}

// ConnectOptions describe an attempt to connect. The zero value is usable.
type ConnectOptions struct {
	Timeout time.Duration // to ring; 0: the Bridge's RingTimeout
	From    Party         // who calls, as the callee sees it; zero: the caller
	ID      string        // of the leg of the one who is dialled, a UUID, so that it is known before; empty: whatever its dialer chooses

	// Patience is how long somebody is rung who is not rung as long as the others.
	Patience map[Address]time.Duration

	// Show is what else the callee's telephone may be told: names of letters, digits, "_" and "-", and text of any kind. A telephone that
	// speaks SIP has it in headers X-Show-NAME; one that knows nothing of the kind is not told.
	Show map[string]string

	// Beyond: whom Connect reaches is a switch that carries on with the call. That it answers does not mean that anybody has; Call.Met says when.
	Beyond bool

	// Met is called once when caller and callee hear each other, on the goroutine of the call: it must not block. nil: nobody is told.
	Met func()
}

// Result says how an attempt to connect went: nobody answered, or somebody did and has left again.
type Result struct {
	Cause      Cause
	Leg        LegID         // whose end it was; empty: ours, as when nobody answered in time
	To         Address       // who that was
	Answered   bool          // somebody took the call
	Err        error         // what went wrong, if anything
	RetryAfter time.Duration // how long the far end asks not to be called again; 0: it does not
	Redirect   []Address     // whom the far end says to call instead; nobody has asked whether the caller may
}

// What verbs refuse.
var (
	// ErrVerb: the call is doing something that does not go with it, such as a second Connect.
	ErrVerb = errors.New("bridge: the call is busy with something else")

	// ErrNoTarget: Connect was given nobody to call.
	ErrNoTarget = errors.New("bridge: nobody to connect to")
)

// retryAfter finds how long an error asks us to wait.
func retryAfter(err error) time.Duration {
	var r interface{ RetryAfter() time.Duration }
	if errors.As(err, &r) {
		return r.RetryAfter()
	}
	return 0
}
