package verto

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// dialogParams are what a page says of a call, with every request of it. Clients say much more, most of which is their own.
type dialogParams struct {
	Call        text            `json:"callID"`
	Destination text            `json:"destination_number"`
	Screen      bool            `json:"screenShare"`
	Recover     *bool           `json:"recoverCall"`
	Variables   map[string]text `json:"userVariables"`
}

// callParams are those of requests of a call.
type callParams struct {
	SDP       string       `json:"sdp"`
	Dialog    dialogParams `json:"dialogParams"`
	Cause     text         `json:"cause"`
	CauseCode text         `json:"causeCode"`
}

var (
	errTaken = errors.New("verto: the call's id is taken")
	errBadID = errors.New("verto: want a call's id of 8 to 64 letters, digits, - and _")
)

// goodID tells whether a text can be a call's id.
func goodID(id string) bool {
	return len(id) >= 8 && len(id) <= 64 &&
		strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == ""
}

// invite is a page's call. Its result leaves before anything else of the call: verto.js hangs up otherwise. A refusal is said twice, since
// some clients read only verto.bye.
func (c *conn) invite(r *request) {
	var p callParams
	r.read(&p)
	id := string(p.Dialog.Call)
	call, cause, err := c.newCall(p)
	if err == nil {
		err = c.s.register(call)
	}
	if err != nil {
		c.log.Info("verto: call refused", "user", c.session.user.ID, "err", err)
		if errors.Is(err, ErrTooMany) {
			cause = Congestion
		}
		c.refuse(r, &fault{code: codeSession, text: "CALL ERROR", more: object{"callID": id, "causeCode": cause.Code, "cause": cause.Name}})
		if id != "" && !errors.Is(err, errTaken) {
			c.ask("verto.bye", object{"callID": id, "causeCode": cause.Code, "cause": cause.Name})
		}
		return
	}
	c.reply(r, object{"message": "CALL CREATED", "callID": id})
	call.start()
}

// newCall checks a page's call.
func (c *conn) newCall(p callParams) (*Call, Cause, error) {
	id, destination := string(p.Dialog.Call), string(p.Dialog.Destination)
	switch {
	case !goodID(id):
		return nil, InvalidMessage, errBadID
	case p.SDP == "" || len(p.SDP) > maxSDP || len(destination) > maxName:
		return nil, InvalidMessage, ErrNoOpus
	case c.isGhost(id):
		return nil, OutOfOrder, ErrOver
	}
	call := c.session.newCall(id, true)
	call.destination, call.offer = destination, p.SDP
	call.variables = known(p.Dialog.Variables, c.s.names)
	call.recoverable = p.Dialog.Recover == nil || *p.Dialog.Recover
	call.screen = p.Dialog.Screen || strings.HasSuffix(destination, "-screen") || offers(p.SDP, "video") && !offers(p.SDP, "audio")
	call.party = Party{Number: destination}
	return call, OutOfOrder, nil
}

// isGhost tells whether the page has ended a call already that it now asks for: it hung up while it was getting ready.
func (c *conn) isGhost(id string) bool {
	for _, g := range c.ghosts {
		if g.call == id && time.Since(g.at) < ghostTime {
			return true
		}
	}
	return false
}

func (c *conn) remember(id string) {
	if len(c.ghosts) == maxGhosts {
		c.ghosts = c.ghosts[1:]
	}
	c.ghosts = append(c.ghosts, ghost{id, time.Now()})
}

// EarlyMedia lets the page hear something before the call is answered, which also tells it to wait: clients give up after 30 seconds without.
// What it says is not heard yet, but it may press keys. It does nothing on a call that we make, or that is answered.
func (c *Call) EarlyMedia(ctx context.Context) error {
	if !c.incoming {
		return nil
	}
	return c.describe(ctx, "verto.media")
}

// Answer takes a call that the page makes, and returns when sound runs both ways, when the call has ended, or when ctx has: the call goes on
// then. On a call that we make it only waits.
func (c *Call) Answer(ctx context.Context) error {
	if c.incoming {
		if err := c.describe(ctx, "verto.answer"); err != nil {
			return err
		}
	}
	return c.wait(ctx)
}

// describe sends the page our answer, once, and says what it is to take it for.
func (c *Call) describe(ctx context.Context, method string) error {
	done, err := c.begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	params := object{"variables": object{}}
	if !c.hasAnswer() {
		m, answer, err := c.agree(ctx)
		if err != nil {
			return fmt.Errorf("answer verto: %w", err)
		}
		params["sdp"] = answer
		c.mu.Lock()
		c.media = m
		c.mu.Unlock()
	}
	return c.say(method, params)
}

func (c *Call) hasAnswer() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.described
}

// agree makes the connection that the page offers. A page with which that cannot be ends its call.
func (c *Call) agree(ctx context.Context) (*media, string, error) {
	m, err := newMedia(c)
	if err != nil {
		c.end(Ended{Cause: TemporaryFailure, Err: err}, true)
		return nil, "", err
	}
	answer, err := m.answer(ctx, c.offer)
	if err == nil {
		return m, answer, nil
	}
	m.close()
	if ctx.Err() == nil {
		c.end(Ended{Cause: IncompatibleDestination, Err: err}, true)
	}
	return nil, "", err
}

// say sends verto.media or verto.answer: each once, and no media after the answer.
func (c *Call) say(method string, params object) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.phase == over:
		return context.Cause(c.ctx)
	case c.phase != calling, method == "verto.media" && c.described:
		return nil
	}
	if !c.described {
		c.expire(c.s.o.Connect, Ended{Cause: TemporaryFailure, Err: ErrNoMedia})
	}
	c.described = true
	c.ask(method, params)
	if method == "verto.media" {
		return nil
	}
	c.phase = taken
	if c.isUp {
		c.talk()
	}
	return nil
}
