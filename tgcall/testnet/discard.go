package testnet

import (
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

// discardCall ends a call for both sides. The answer holds what the asking device would otherwise be sent.
func (r *request) discardCall(q *tg.PhoneDiscardCallRequest) (bin.Encoder, error) {
	c, s, err := r.liveCall(q.Peer)
	switch {
	case err != nil:
		return nil, err
	case s.device != nil && s.device != r.device: // another device of the same user is in the call
		return nil, tgerr.New(400, "CALL_ALREADY_ACCEPTED")
	}
	mine, theirs := r.n.end(c, s, q.Reason, q.Duration)
	r.then(func() { r.n.tellEnd(c, mine, r.device) })
	r.then(func() { r.n.tellEnd(c, theirs, nil) })
	return c.ending(r.viewer(), mine), nil
}

// end closes the call on the books of both sides, first s. The duration is the client's word, as with Telegram.
func (n *Network) end(c *call, s *side, reason tg.PhoneCallDiscardReasonClass, duration int) (mine, theirs *message) {
	c.state, c.ended, c.reason, c.duration = callOver, time.Now(), reason, max(duration, 0)
	n.calls.bury(c)
	n.relay.revoke(c.turnUser)
	note := func(s *side) *message {
		return message{owner: s.user, peer: c.other(s).user, out: s == &c.caller, date: c.ended, action: c.action}.put()
	}
	return note(s), note(c.other(s))
}

// tellEnd tells every device of the message's owner, except one, that the call is over.
func (n *Network) tellEnd(c *call, m *message, except *device) {
	n.pushAll(m.owner, except, func(v viewer) bin.Encoder { return c.ending(v, m) })
}

// ending is the end of a call together with the message that it left.
func (c *call) ending(v viewer, m *message) *tg.Updates {
	u := c.update(v, c.discarded())
	u.Updates = append(u.Updates, m.update())
	return u
}

// endNow ends a call that nobody asked to end.
func (n *Network) endNow(c *call, reason tg.PhoneCallDiscardReasonClass) {
	duration := 0
	if !c.started.IsZero() {
		duration = int(time.Since(c.started).Seconds())
	}
	first, second := n.end(c, &c.caller, reason, duration)
	n.tellEnd(c, first, nil)
	n.tellEnd(c, second, nil)
}

// expire ends a call that has not come as far as it should have by now.
func (n *Network) expire(c *call, wanted callState, reason tg.PhoneCallDiscardReasonClass) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if c.state < wanted {
		n.endNow(c, reason)
	}
}

// endCallsOf ends the calls that a device is in when it logs out.
func (n *Network) endCallsOf(d *device) {
	for _, c := range n.calls.byID {
		if c.state != callOver && (c.caller.device == d || c.callee.device == d) {
			n.endNow(c, &tg.PhoneCallDiscardReasonDisconnect{})
		}
	}
}

// callUpdate is how a call stands, for a client that has been away.
type callUpdate struct {
	with   *User
	update tg.UpdateClass
}

// callUpdates are those of live calls, and of calls that ended since.
func (r *request) callUpdates(since time.Time) []callUpdate {
	var all []callUpdate
	for _, c := range r.n.calls.byID {
		for _, s := range []*side{&c.caller, &c.callee} {
			if s.user != r.user || c.state == callOver && c.ended.Before(since) {
				continue
			}
			with := c.other(s).user
			if s == &c.callee && c.state == callOver { // the whole story: it rang, and is over
				all = append(all, callUpdate{with: with, update: &tg.UpdatePhoneCall{PhoneCall: c.asked()}})
			}
			all = append(all, callUpdate{with: with, update: &tg.UpdatePhoneCall{PhoneCall: c.now(s, r.device)}})
		}
	}
	return all
}
