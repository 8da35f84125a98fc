package verto

import (
	"context"
	"fmt"
	"time"
)

// EndError is why the context of a call has ended.
type EndError struct{ Ended Ended }

// Error says how the call ended.
func (e *EndError) Error() string { return fmt.Sprintf("verto: the call is over: %v", e.Ended) }

// Q850 is the cause as a Q.850 value; 0: it has none.
func (e *EndError) Q850() int {
	if e.Ended.Cause.Code > 127 {
		return 0
	}
	return e.Ended.Cause.Code
}

// Unwrap is what went wrong.
func (e *EndError) Unwrap() error { return e.Ended.Err }

// Hangup ends the call and tells the page why. Safe to repeat: the first cause counts.
func (c *Call) Hangup(cause Cause) { c.end(Ended{Cause: cause}, true) }

// end is how every call ends. A page that ended it itself is not told.
func (c *Call) end(e Ended, tell bool) {
	c.mu.Lock()
	if c.phase == over {
		c.mu.Unlock()
		return
	}
	c.phase = over
	c.cancel(&EndError{e})
	c.expire(0, Ended{})
	if tell {
		params := object{"cause": e.Cause.String()}
		if e.Cause.Code != 0 {
			params["causeCode"] = e.Cause.Code
		}
		c.ask("verto.bye", params)
	}
	c.events <- e // it has room
	close(c.events)
	c.mu.Unlock()
	c.s.mu.Lock()
	delete(c.s.calls, c.id)
	c.s.mu.Unlock()
	c.session.settle()
	c.log.Debug("verto: call ended", "cause", e.Cause.String(), "remote", e.Remote, "err", e.Err)
}

// expire ends the call after a time, if nothing changes that, under the lock; 0: no longer.
func (c *Call) expire(after time.Duration, e Ended) {
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
	if after == 0 {
		return
	}
	var mine *time.Timer
	mine = time.AfterFunc(after, func() {
		c.mu.Lock()
		due := c.timer == mine
		c.mu.Unlock()
		if due {
			c.end(e, true)
		}
	})
	c.timer = mine
}

// wait returns when sound runs for the first time, or the call has ended, or ctx.
func (c *Call) wait(ctx context.Context) error {
	select {
	case <-c.up:
		return nil
	case <-c.ctx.Done():
		return context.Cause(c.ctx)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
