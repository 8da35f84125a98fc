package sip

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"
)

// inviting is an INVITE of ours on its way. run owns it.
type inviting struct {
	d        *Dialog
	req      *sip.Request
	tx       sip.ClientTransaction
	ack      atomic.Pointer[sip.Request] // to repeat for each repeated 200
	heard    bool                        // a provisional response came
	ringing  bool
	quitting *goodbye         // we no longer want it
	giveUp   <-chan time.Time // after CANCEL
}

// send starts the transaction, with a new branch.
func (v *inviting) send(ctx context.Context) (err error) {
	v.tx, err = v.d.a.begin(ctx, v.req, v.d.path)
	if err == nil {
		v.tx.OnRetransmission(v.again)
	}
	return err
}

// run sees the INVITE to its final response.
func (v *inviting) run() {
	for {
		select {
		case res := <-v.tx.Responses():
			if v.take(res) {
				return
			}
		case <-v.tx.Done():
			err := ended(v.tx)
			v.d.end(Ended{Remote: true, Text: err.Error(), Err: err})
			return
		case g := <-v.d.quit:
			v.quitting = &g
			v.cancel()
		case <-v.giveUp:
			v.tx.Terminate() // a 200 that comes yet is a stray
			v.d.end(v.quitting.end)
			return
		}
	}
}

// take handles a response; done tells that it was the last.
func (v *inviting) take(res *sip.Response) (done bool) {
	switch {
	case res.IsProvisional():
		v.progress(res)
		return false
	case res.IsSuccess():
		v.success(res)
		return true
	case v.quitting != nil:
	case isChallenge(res):
		return !v.authorize(res)
	case v.d.tooShort(res):
		return !v.propose(res)
	}
	v.failure(res)
	return true
}

// progress handles 1xx. CANCEL may go out only after one (RFC 3261 §9.1).
func (v *inviting) progress(res *sip.Response) {
	v.heard = true
	if v.quitting != nil {
		v.cancel()
		return
	}
	if res.StatusCode == sip.StatusTrying {
		return
	}
	d := v.d
	d.mu.Lock()
	d.learn(res)
	events, err := d.takeEarly(res.Body())
	d.mu.Unlock()
	if err != nil {
		d.log.Debug("early media", "err", err)
	}
	if res.StatusCode == sip.StatusRinging && !v.ringing {
		v.ringing = true
		d.emit(Ringing{})
	}
	d.tell(events)
}

// learn takes from a response what it says of the far end (RFC 3261 §12.1.2). The lock is held.
func (d *Dialog) learn(res *sip.Response) {
	d.headers = res
	if to := res.To(); to != nil && tagOf(to.Params) != "" {
		d.remote.tag = tagOf(to.Params)
	}
	if c := res.Contact(); c != nil && !c.Address.Wildcard && c.Address.Host != "" {
		d.target = *c.Address.Clone()
		d.target.Headers = nil
	}
	if res.StatusCode < 200 {
		return
	}
	d.routes = nil
	for _, r := range values(res, "Record-Route") {
		d.routes = append([]string{r}, d.routes...)
	}
}

// success handles 2xx: the ACK goes out whatever we think of it (RFC 3261 §13.2.2.4).
func (v *inviting) success(res *sip.Response) {
	d := v.d
	d.mu.Lock()
	d.learn(res)
	var events []Event
	var err error
	if body := res.Body(); len(body) > 0 || d.early == nil {
		events, err = d.takeAnswer(body)
	}
	if d.stage == early {
		d.stage = answered
		d.takeAnsweredTimer(res)
	}
	select { // from here on Hangup says BYE itself
	case g := <-d.quit:
		v.quitting = &g
	default:
	}
	ack := d.build(sip.ACK, v.req.CSeq().SeqNo, copies(v.req, "Authorization", "Proxy-Authorization")...)
	d.mu.Unlock()
	v.acknowledge(ack)
	switch {
	case v.quitting != nil: // CANCEL and 200 have crossed
		v.bye(*v.quitting)
	case err != nil:
		v.bye(goodbye{Hangup{Q850: 88, Text: "no common codec"}, Ended{Cause: 88, Text: "no common codec", Err: err}})
	default:
		d.tell(events)
		d.emit(Answered{})
	}
}

func copies(m sip.Message, names ...string) (all []sip.Header) {
	for _, name := range names {
		for _, h := range m.GetHeaders(name) {
			all = append(all, sip.HeaderClone(h))
		}
	}
	return all
}

// acknowledge sends the ACK of a 2xx, which has no transaction, and keeps it for the 2xx that come again.
func (v *inviting) acknowledge(ack *sip.Request) {
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	p, err := v.d.route(ctx)
	if err != nil {
		v.d.log.Debug("ack", "err", err)
		return
	}
	v.d.a.dress(ack, p)
	v.ack.Store(ack)
	v.write(ack.Clone())
}

func (v *inviting) write(ack *sip.Request) {
	if err := v.d.a.client.WriteRequest(ack, asIs); err != nil {
		v.d.log.Debug("send ack", "err", err)
	}
}

// again handles a 2xx that came again, or one of another fork, which is not wanted.
func (v *inviting) again(res *sip.Response) {
	ack := v.ack.Load()
	if ack == nil || !res.IsSuccess() || res.To() == nil {
		return
	}
	if tagOf(res.To().Params) == tagOf(ack.To().Params) {
		v.write(ack.Clone())
		return
	}
	v.d.a.stray(res)
}

func (v *inviting) bye(g goodbye) {
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	if err := v.d.sayBye(ctx, g.say); err != nil {
		v.d.log.Debug("bye", "err", err)
	}
	v.d.end(g.end)
}

// authorize sends the INVITE again with credentials; ok false: the call has ended.
func (v *inviting) authorize(res *sip.Response) (ok bool) {
	next := v.req.Clone()
	err := v.d.secret.authorize(next, res)
	return v.repeat(next, res, err)
}

// propose sends the INVITE again with another session timer; ok false: the call has ended.
func (v *inviting) propose(res *sip.Response) (ok bool) {
	next := v.req.Clone()
	v.d.mu.Lock()
	for _, h := range v.d.session.wish() {
		next.RemoveHeader(h.Name())
		next.AppendHeader(h)
	}
	v.d.mu.Unlock()
	return v.repeat(next, res, nil)
}

// repeat sends another INVITE in place of one that the response has refused, unless there is an error already.
func (v *inviting) repeat(next *sip.Request, res *sip.Response, err error) (ok bool) {
	d := v.d
	if err == nil {
		d.mu.Lock()
		d.seq++
		next.CSeq().SeqNo = d.seq
		d.mu.Unlock()
		v.req, v.heard = next, false
		ctx, cancel := background()
		defer cancel()
		err = v.send(ctx)
	}
	if err != nil {
		d.end(Ended{Remote: true, Status: res.StatusCode, Text: statusError(res).Error(), Err: err})
	}
	return err == nil
}

// failure handles 3xx to 6xx.
func (v *inviting) failure(res *sip.Response) {
	d := v.d
	d.mu.Lock()
	d.headers = res
	d.mu.Unlock()
	if v.quitting != nil {
		e := v.quitting.end
		e.Status = res.StatusCode
		d.end(e)
		return
	}
	if res.IsRedirection() {
		if to := contacts(res); len(to) > 0 {
			d.emit(Redirected{To: to})
		}
	}
	err := statusError(res)
	d.end(Ended{Remote: true, Status: res.StatusCode, Cause: err.Cause, Text: fmt.Sprintf("%d %s", err.Code, err.Text), Err: err})
}

// contacts are the URIs of a redirection, a few at most.
func contacts(res *sip.Response) (all []string) {
	for _, h := range res.GetHeaders("Contact") {
		if c, ok := h.(*sip.ContactHeader); ok && !c.Address.Wildcard && len(all) < 8 {
			all = append(all, c.Address.String())
		}
	}
	return all
}
