package sip

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"switchgram/bridge/sip/sdp"
)

// progressEvery is how often an unanswered call is told that it still goes on (RFC 3261 §13.3.1.1).
const progressEvery = time.Minute

// onInvite takes an INVITE, and keeps its transaction until it has a final response.
func (a *Agent) onInvite(c *arrival) {
	if d := c.dialog(); d != nil {
		d.onReinvite(c)
		return
	}
	if tagOf(c.req.To().Params) != "" {
		c.refuseStranger(sip.StatusCallTransactionDoesNotExists)
		return
	}
	if !c.admitted() {
		return
	}
	if c.lacks("timer", "replaces") {
		return
	}
	d, refusal := a.newIncoming(c)
	if refusal != nil {
		a.log.Info("refused sip call", "sip_call_id", c.req.CallID().Value(), "cause", refusal.status, "err", refusal.err)
		c.respond(refusal.status, refusal.headers...)
		return
	}
	d.ringIn(c)
}

// refusal is why an INVITE did not become a call.
type refusal struct {
	status  int
	headers []sip.Header
	err     error
}

// newIncoming makes the dialog of an INVITE.
func (a *Agent) newIncoming(c *arrival) (*Dialog, *refusal) {
	if c.refusesSDP() {
		return nil, &refusal{status: sip.StatusNotAcceptable, err: errors.New("accepts no application/sdp")}
	}
	offer, r := c.offer(sdp.OptionalSRTP) // UseSRTP decides later
	if r != nil {
		return nil, r
	}
	if c.req.Contact() == nil || c.req.Contact().Address.Host == "" {
		return nil, &refusal{status: sip.StatusBadRequest, err: errors.New("no Contact")}
	}
	d := a.newDialog(c.req.CallID().Value(), true)
	d.introduce(c)
	if r := d.takeReplaces(c); r != nil {
		return nil, r
	}
	if !a.claim(d) {
		return nil, &refusal{status: sip.StatusLoopDetected, err: errMerged}
	}
	if err := d.open(d.near(offer)); err != nil {
		a.forget(d)
		return nil, busyRefusal(err)
	}
	if r := d.propose(c, offer); r != nil {
		d.end(Ended{Err: r.err})
		return nil, r
	}
	return d, nil
}

var errMerged = errors.New("sip: the same INVITE by another way")

// claim reserves the INVITE for a dialog; false: another copy of it came first (RFC 3261 §8.2.2.2).
func (a *Agent) claim(d *Dialog) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.invites[d.inviteKey()] {
		return false
	}
	a.invites[d.inviteKey()] = true
	return true
}

func (d *Dialog) inviteKey() inviteKey {
	return inviteKey{d.callID, tagOf(d.invite.From().Params), d.invite.CSeq().SeqNo}
}

func busyRefusal(err error) *refusal {
	return &refusal{status: sip.StatusServiceUnavailable, headers: []sip.Header{sip.NewHeader("Retry-After", "5")}, err: err}
}

// offer reads the SDP of an INVITE or UPDATE; nil without error: it has none.
func (c *arrival) offer(how sdp.SRTP) (*sdp.Description, *refusal) {
	body := c.req.Body()
	if len(body) == 0 {
		return nil, nil
	}
	kind, _, _ := strings.Cut(either(c.req, "Content-Type", "c"), ";")
	if !strings.EqualFold(strings.TrimSpace(kind), "application/sdp") {
		return nil, &refusal{status: sip.StatusUnsupportedMediaType, headers: []sip.Header{sip.NewHeader("Accept", "application/sdp")},
			err: fmt.Errorf("content type %q", clean(kind, maxPhrase))}
	}
	d, err := sdp.Parse(body, how)
	if err != nil {
		return nil, unacceptable(err)
	}
	return d, nil
}

// unacceptable is 488 with a Warning that says why (RFC 3261 §20.43).
func unacceptable(err error) *refusal {
	return &refusal{status: sip.StatusNotAcceptableHere, err: err,
		headers: []sip.Header{warning(err.Error()), sip.NewHeader("Reason", formatReason(88, "INCOMPATIBLE_DESTINATION"))}}
}

func warning(why string) sip.Header {
	return sip.NewHeader("Warning", `399 switchgram "`+quote(clean(why, 2*maxPhrase))+`"`)
}

// introduce takes from an INVITE who calls whom, and how to get back (RFC 3261 §12.1.1).
func (d *Dialog) introduce(c *arrival) {
	req := c.req.Clone()
	d.invite, d.tx, d.headers = req, c.tx, req
	d.offers = d.a.o.Codecs
	d.called, d.asked, d.user = unescape(req.Recipient.User), *req.Recipient.Clone(), c.user
	d.heard = req.CSeq().SeqNo
	d.target = *req.Contact().Address.Clone()
	d.target.Headers = nil
	d.routes = values(req, "Record-Route")
	from, to := req.From(), req.To()
	d.remote = nameAddr{name: from.DisplayName, uri: *from.Address.Clone(), tag: tagOf(from.Params)}
	d.local = nameAddr{name: to.DisplayName, uri: *to.Address.Clone(), tag: d.localTag}
	transport := sip.NetworkToLower(req.Transport())
	ours, err := d.a.towards(c.from)
	if err != nil {
		ours = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	d.path = path{transport: transport, to: c.from, from: netip.AddrPortFrom(ours, d.a.Addr(transport).Port())}
	d.contact = d.path.contact(d.called)
}

// propose checks that the offer can be answered at all, and that its session timer can be kept.
func (d *Dialog) propose(c *arrival, offer *sdp.Description) *refusal {
	d.mu.Lock()
	defer d.mu.Unlock()
	if r := d.takeTimer(c.req); r != nil {
		return r
	}
	if offer == nil {
		return nil
	}
	t, err := offer.Accept(d.codecs(), sdp.SendRecv)
	if err == nil {
		err = d.reaches(t.Addr)
	}
	if err != nil {
		return unacceptable(err)
	}
	d.offered = offer
	d.sound.format.Store(&t.Format)
	return nil
}

// ringIn hands the call to OnInvite and waits for its final response, which may be the far end's CANCEL.
func (d *Dialog) ringIn(c *arrival) {
	if !c.tx.OnCancel(func(r *sip.Request) { // called under a lock of sipgo's
		select {
		case d.cancelled <- r:
		default:
		}
	}) {
		d.end(Ended{Remote: true, Status: sip.StatusRequestTerminated})
		return
	}
	if err := d.respond(sip.StatusTrying, "Trying", nil); err != nil {
		d.log.Debug("respond", "err", err)
	}
	d.a.spawn(d.offerToProgram)
	again := time.NewTicker(progressEvery)
	defer again.Stop()
	for {
		select {
		case <-d.final:
			return
		case r := <-d.cancelled:
			cause, text := parseReason(values(r, "Reason"))
			d.end(Ended{Remote: true, Status: sip.StatusRequestTerminated, Cause: cause, Text: text})
			return
		case <-c.tx.Done():
			d.end(Ended{Remote: true, Text: ErrTransport.Error(), Err: ErrTransport})
			return
		case <-again.C:
			d.repeatProgress()
		}
	}
}

// offerToProgram lets OnInvite decide about the call.
func (d *Dialog) offerToProgram() {
	if d.a.o.OnInvite != nil {
		d.a.o.OnInvite(d.ctx, d)
	}
	d.mu.Lock()
	unanswered := d.stage == early
	d.mu.Unlock()
	if !unanswered {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	if err := d.Hangup(ctx, Hangup{}); err != nil {
		d.log.Debug("refuse", "err", err)
	}
}
