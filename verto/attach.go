package verto

import "context"

// notReturned is how a call ends whose page stays away.
var notReturned = Ended{Cause: NotReturned, Err: ErrNotReturned}

// detach is told that the page is lost. A call that nobody has taken cannot wait for it. Until the page is back the old connection is left
// as it is: a page that reconnects, and does not know how to come back to its calls, is heard on.
func (c *Call) detach() {
	c.mu.Lock()
	switch {
	case c.phase == over:
		c.mu.Unlock()
		return
	case c.phase == calling:
		c.mu.Unlock()
		c.end(Ended{Remote: true, Cause: OutOfOrder, Err: ErrGone}, false)
		return
	case !c.recoverable:
		c.mu.Unlock()
		c.end(Ended{Remote: true, Cause: NormalClearing, Err: ErrGone}, false)
		return
	}
	c.miss()
	c.mu.Unlock()
}

// miss waits for the page, or its sound, to come back, under the lock. Sound that never was is waited for no longer than if the page were there.
func (c *Call) miss() {
	if !c.lost {
		c.lost = true
		c.emit(Detached{})
	}
	if c.isUp {
		c.expire(c.s.o.Detach, notReturned)
	}
}

// failed is told by a connection that it is lost. If the page is there it is offered another one: it may have changed its network. A page
// that has closed its connection is leaving, or about to hang up, and is offered nothing: it would open its microphone again.
func (c *Call) failed(m *media, again bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.phase == over || m != c.media && m != c.next:
		return
	case c.phase != talking:
		return // who waits for the connection sees to that
	}
	if !c.lost {
		c.miss()
	}
	if again && c.session.Connected() {
		c.s.group.Go(func() { c.attach(c.ctx) })
	}
}

// attach offers a page that has come back, or has lost its sound, a new connection for a call. It tells whether it did.
func (c *Call) attach(ctx context.Context) bool {
	done, err := c.begin(ctx)
	if err != nil {
		return false
	}
	defer done()
	m, offer, err := c.propose(ctx)
	if err != nil {
		c.log.Warn("verto: offer a call again", "err", err)
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase == over || c.phase == calling { // it is over, or was made for the page that has come back
		c.closing = append(c.closing, m)
		return false
	}
	c.closeLater(c.next)
	c.next = m
	c.unhold()
	c.ask("verto.attach", c.party.in(object{"sdp": offer, "variables": object{}}, c.session.user, c.incoming))
	return true
}

// reattach is the page's answer.
func (c *Call) reattach(answer string) *fault {
	c.mu.Lock()
	m := c.next
	gone := c.phase == over || m == nil
	c.mu.Unlock()
	if gone {
		return c.notThere()
	}
	if err := m.accept(answer); err != nil {
		c.log.Warn("verto: page comes back", "err", err)
		return &fault{code: codeSession, text: "CODEC ERROR", more: object{"callID": c.id}}
	}
	return nil
}

// attach is what a page sends that comes back to a call.
func (c *conn) attach(r *request) {
	c.answered(r, (*Call).reattach)
}

// answer is what a page sends that takes a call.
func (c *conn) answer(r *request) {
	c.answered(r, (*Call).take)
}

// answered hands a page's description to the call that it is for, which must be this page's.
func (c *conn) answered(r *request, take func(*Call, string) *fault) {
	var p callParams
	r.read(&p)
	id := string(p.Dialog.Call)
	call := c.s.find(id, c.session.user)
	if call == nil || call.session != c.session {
		c.refuse(r, notThere(id))
		return
	}
	if f := take(call, p.SDP); f != nil {
		c.refuse(r, f)
		return
	}
	c.reply(r, object{})
}

// notThere is what is said of calls that have ended, never were, or are somebody else's.
func notThere(id string) *fault {
	return &fault{code: codeSession, text: "CALL DOES NOT EXIST", more: object{"callID": id}}
}

func (c *Call) notThere() *fault { return notThere(c.id) }
