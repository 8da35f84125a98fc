package sip

import (
	"errors"
	"fmt"
)

// Refusals that callers may expect.
var (
	ErrClosed      = errors.New("sip: agent is not running")
	ErrDraining    = errors.New("sip: agent takes no new calls")
	ErrEnded       = errors.New("sip: call has ended")
	ErrNotAnswered = errors.New("sip: call is not answered")
	ErrAuth        = errors.New("sip: wrong user name or password")
	ErrTimeout     = errors.New("sip: no answer from the far end")
	ErrTransport   = errors.New("sip: connection lost")
	ErrNoACK       = errors.New("sip: answer was never acknowledged")
	ErrExpired     = errors.New("sip: session timer ran out")
	ErrSlow        = errors.New("sip: nobody reads the call's events")
	ErrNoMedia     = errors.New("sip: no sound agreed on yet")
	ErrHeld        = errors.New("sip: call is on hold")
	ErrNoDTMF      = errors.New("sip: far end takes no digits")
	ErrPanic       = errors.New("sip: panic over a packet of sound")
	ErrNoPort      = errors.New("sip: no free RTP port")
)

// StatusError is a final SIP response that refused a request.
type StatusError struct {
	Code  int    // 300 to 699
	Text  string // the far end's reason phrase; hostile
	Cause int    // Q.850 cause from its Reason header (RFC 3326); 0: none
}

// Error is the status line: "486 Busy Here".
func (e *StatusError) Error() string {
	if e.Cause != 0 {
		return fmt.Sprintf("%d %s (Q.850 cause %d)", e.Code, e.Text, e.Cause)
	}
	return fmt.Sprintf("%d %s", e.Code, e.Text)
}

// Q850 is the cause that the far end's Reason header named, 0 if it named none.
func (e *StatusError) Q850() int { return e.Cause }
