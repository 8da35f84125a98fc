package sip

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/emiago/sipgo/sip"

	"switchgram/bridge/sip/sdp"
)

// maxGlare is how often we offer again when both ends offered at once.
const maxGlare = 4

// onReinvite takes an INVITE or UPDATE within the dialog: hold, resume, another codec or address, a session refresh (RFC 3261 §14.2,
// RFC 3311).
func (d *Dialog) onReinvite(c *arrival) {
	if !d.inOrder(c) || !d.free(c) {
		return
	}
	res, events, r := d.renegotiate(c)
	<-d.turn // before the far end hears of it, and can offer again
	if r != nil {
		c.respond(r.status, r.headers...)
		return
	}
	if err := c.tx.Respond(res); err != nil {
		d.log.Debug("respond to offer", "err", err)
	}
	d.tell(events)
}

// renegotiate puts a far end's offer in force and makes the 200 that says so.
func (d *Dialog) renegotiate(c *arrival) (res *sip.Response, events []Event, r *refusal) {
	d.mu.Lock()
	defer d.mu.Unlock()
	offer, r := c.offer(d.srtp)
	if r != nil {
		return nil, nil, r
	}
	if d.stage == early && d.offered != nil && d.answered == nil {
		return nil, nil, &refusal{status: sip.StatusInternalServerError} // RFC 3311 §5.2: its first offer is not answered yet
	}
	body, events, r := d.reply(c, offer)
	if r != nil {
		return nil, nil, r
	}
	res = d.accepting(c, body)
	if c.req.IsInvite() {
		d.confirm(c.req.CSeq().SeqNo, res, c.tx, offer == nil)
	}
	return res, events, nil
}

// free takes the turn of offering; if we have it the far end is told to try again (491, RFC 3261 §14.2). So it is while its last
// INVITE is not answered; and if it is not acknowledged the ACK may have been overtaken, and is waited for.
func (d *Dialog) free(c *arrival) bool {
	if c.req.IsInvite() {
		d.awaitACK(d.ctx)
	}
	d.mu.Lock()
	busy := d.stage == gone || c.req.IsInvite() && (d.stage == early || d.confirming != nil && !isClosed(d.confirming.done))
	d.mu.Unlock()
	if busy {
		c.respond(sip.StatusInternalServerError, sip.NewHeader("Retry-After", fmt.Sprint(rand.IntN(10)+1)))
		return false
	}
	select {
	case d.turn <- struct{}{}:
		return true
	default:
		c.respond(sip.StatusRequestPending)
		return false
	}
}

// reply makes our SDP for an offer, or an offer for an INVITE that has none. The lock is held.
func (d *Dialog) reply(c *arrival, offer *sdp.Description) (body []byte, events []Event, r *refusal) {
	if r := d.takeTimer(c.req); r != nil {
		return nil, nil, r
	}
	if offer == nil {
		d.retarget(c.req)
		if c.req.IsInvite() {
			body = d.ourOffer(d.want())
		}
		return body, nil, nil
	}
	body, events, err := d.ourAnswer(offer)
	if err != nil {
		return nil, nil, unacceptable(err)
	}
	d.retarget(c.req)
	return body, events, nil
}

// retarget follows the far end's Contact (RFC 3261 §12.2.2). The lock is held.
func (d *Dialog) retarget(req *sip.Request) {
	if c := req.Contact(); c != nil && !c.Address.Wildcard && c.Address.Host != "" {
		d.target = *c.Address.Clone()
		d.target.Headers = nil
	}
}

// accepting is the 200 to an INVITE or UPDATE within the dialog. The lock is held.
func (d *Dialog) accepting(c *arrival, body []byte) *sip.Response {
	res := sip.NewResponseFromRequest(c.req, sip.StatusOK, phrases[sip.StatusOK], nil)
	res.AppendHeader(d.contact.Clone())
	d.a.sign(res, d.timerHeaders()...)
	withSDP(res, body)
	return res
}

// Hold holds the far end (re-INVITE with a=sendonly), or takes it back. The codec stays. If the far end refuses, the call goes on as
// it was and the error says so.
func (d *Dialog) Hold(ctx context.Context, on bool) error {
	select {
	case d.turn <- struct{}{}:
	case <-d.over:
		return ErrEnded
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-d.turn }()
	d.awaitACK(ctx)
	for try := 0; ; try++ {
		res, err := d.reinvite(ctx, on)
		if err == nil && res.StatusCode == sip.StatusRequestPending && try < maxGlare {
			if err := wait(ctx, d.glarePause(), d.over); err != nil {
				return err
			}
			continue
		}
		if err == nil && d.tooShort(res) {
			continue
		}
		return d.judge(res, err, "hold")
	}
}

// glarePause differs for the two ends, so that one goes first (RFC 3261 §14.1).
func (d *Dialog) glarePause() time.Duration {
	if d.incoming {
		return rand.N(2 * time.Second)
	}
	return 2100*time.Millisecond + rand.N(1900*time.Millisecond)
}

// reinvite offers the present codec in the direction of on, and puts the answer in force.
func (d *Dialog) reinvite(ctx context.Context, on bool) (*sip.Response, error) {
	d.mu.Lock()
	if d.stage != answered || d.agreed == nil {
		defer d.mu.Unlock()
		if d.stage == gone {
			return nil, ErrEnded
		}
		return nil, ErrNotAnswered
	}
	before := d.holding
	d.holding = on
	req := d.build(sip.INVITE, 0)
	withSDP(req, d.ourOffer(d.want()))
	d.mu.Unlock()
	res, events, err := d.transact(ctx, req)
	if err != nil || !res.IsSuccess() {
		d.mu.Lock()
		d.holding = before
		d.mu.Unlock()
	}
	d.tell(events)
	return res, err
}

// transact sends an INVITE within the dialog, acknowledges its 2xx, and takes the answer.
func (d *Dialog) transact(ctx context.Context, req *sip.Request) (res *sip.Response, events []Event, err error) {
	v := &inviting{d: d, req: req}
	p, err := d.route(ctx)
	if err != nil {
		return nil, nil, err
	}
	secret := d.secret
	secret.answered = 0
	for {
		if v.tx, err = d.begin(ctx, v.req, p); err != nil {
			return nil, nil, err
		}
		v.tx.OnRetransmission(v.again)
		if res, err = final(ctx, v.tx); err != nil {
			return nil, nil, err
		}
		next := v.req.Clone()
		if !isChallenge(res) || secret.authorize(next, res) != nil {
			break
		}
		v.req = next
	}
	if !res.IsSuccess() {
		return res, nil, nil
	}
	events, err = v.settle(res)
	return res, events, err
}

// settle acknowledges the 2xx of a re-INVITE and puts its answer in force.
func (v *inviting) settle(res *sip.Response) (events []Event, err error) {
	d := v.d
	d.mu.Lock()
	if c := res.Contact(); c != nil && c.Address.Host != "" {
		d.target = *c.Address.Clone()
		d.target.Headers = nil
	}
	events, err = d.takeAnswer(res.Body())
	d.takeAnsweredTimer(res)
	ack := d.build(sip.ACK, v.req.CSeq().SeqNo, copies(v.req, "Authorization", "Proxy-Authorization")...)
	d.mu.Unlock()
	v.acknowledge(ack)
	return events, err
}
