package verto

import (
	"context"
	"fmt"
)

// Dial calls the page, and returns before it is answered; what happens next are the call's events. Whoever calls is shown there. The ID, if
// it is not empty, becomes the call's: 8 to 64 of A-Z a-z 0-9 - _. ctx bounds Dial alone. The call must be hung up, or end by itself.
//
// A user with several pages is called by calls to each; when one is answered the others are hung up with LOSE_RACE.
func (v *Session) Dial(ctx context.Context, id string, from Party) (*Call, error) {
	if id == "" {
		id = newCallID()
	}
	if !goodID(id) {
		return nil, fmt.Errorf("dial verto: %w", errBadID)
	}
	if !v.Connected() {
		return nil, fmt.Errorf("dial verto: %w", ErrGone)
	}
	c := v.newCall(id, false)
	c.party = from
	if err := v.s.register(c); err != nil {
		return nil, fmt.Errorf("dial verto: %w", err)
	}
	c.start()
	if err := c.ring(ctx); err != nil {
		c.end(Ended{Cause: TemporaryFailure, Err: err}, false)
		return nil, fmt.Errorf("dial verto: %w", err)
	}
	return c, nil
}

// ring offers the page the call.
func (c *Call) ring(ctx context.Context) error {
	done, err := c.begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	m, offer, err := c.propose(ctx)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.media = m
	if c.phase == over || !c.session.Connected() {
		return ErrGone
	}
	c.ask("verto.invite", c.party.in(object{"sdp": offer, "variables": object{}}, c.session.user, false))
	c.emit(Ringing{})
	return nil
}

// propose makes a connection and its offer, in the caller's turn.
func (c *Call) propose(ctx context.Context) (*media, string, error) {
	m, err := newMedia(c)
	if err != nil {
		return nil, "", err
	}
	offer, err := m.offer(ctx)
	if err != nil {
		m.close()
		return nil, "", err
	}
	return m, offer, nil
}

// take is the page's answer to an invite.
func (c *Call) take(answer string) *fault {
	c.mu.Lock()
	m := c.media
	if c.phase != calling || c.incoming || m == nil {
		c.mu.Unlock()
		return c.notThere()
	}
	c.phase = taken
	c.emit(Accepted{})
	c.expire(c.s.o.Connect, Ended{Cause: TemporaryFailure, Err: ErrNoMedia})
	c.mu.Unlock()
	if err := m.accept(answer); err != nil {
		if c.ctx.Err() != nil { // it was hung up meanwhile, and the connection closed
			return c.notThere()
		}
		c.end(Ended{Cause: IncompatibleDestination, Err: err}, true)
		return &fault{code: codeSession, text: "CODEC ERROR", more: object{"callID": c.id}}
	}
	return nil
}
