package sip

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
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
	if names := c.unsupported(); len(names) > 0 {
		c.respond(sip.StatusBadExtension, sip.NewHeader("Unsupported", strings.Join(names, ", ")))
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
	offer, r := c.offer()
	if r != nil {
		return nil, r
	}
	if c.req.Contact() == nil || c.req.Contact().Address.Host == "" {
		return nil, &refusal{status: sip.StatusBadRequest, err: errors.New("no Contact")}
	}
	d := a.newDialog(c.req.CallID().Value(), true)
	d.introduce(c)
	if !a.claim(d) {
		return nil, &refusal{status: sip.StatusLoopDetected, err: errMerged}
	}
	if err := d.open(); err != nil {
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
func (c *arrival) offer() (*description, *refusal) {
	body := c.req.Body()
	if len(body) == 0 {
		return nil, nil
	}
	kind, _, _ := strings.Cut(either(c.req, "Content-Type", "c"), ";")
	if !strings.EqualFold(strings.TrimSpace(kind), "application/sdp") {
		return nil, &refusal{status: sip.StatusUnsupportedMediaType, headers: []sip.Header{sip.NewHeader("Accept", "application/sdp")},
			err: fmt.Errorf("content type %q", clean(kind, maxPhrase))}
	}
	d, err := parseSDP(body)
	if err != nil {
		return nil, unacceptable(err)
	}
	return d, nil
}

// unacceptable is 488 with a Warning that says why (RFC 3261 §20.43).
func unacceptable(err error) *refusal {
	why := quote(clean(err.Error(), 2*maxPhrase))
	return &refusal{status: sip.StatusNotAcceptableHere, err: err,
		headers: []sip.Header{sip.NewHeader("Warning", `399 switchgram "`+why+`"`),
			sip.NewHeader("Reason", formatReason(88, "INCOMPATIBLE_DESTINATION"))}}
}

// introduce takes from an INVITE who calls whom, and how to get back (RFC 3261 §12.1.1).
func (d *Dialog) introduce(c *arrival) {
	req := c.req.Clone()
	d.invite, d.tx, d.headers = req, c.tx, req
	d.offers = d.a.o.Codecs
	d.called, d.user = unescape(req.Recipient.User), c.user
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
func (d *Dialog) propose(c *arrival, offer *description) *refusal {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.describeAs(d.path.from.Addr())
	if r := d.takeTimer(c.req); r != nil {
		return r
	}
	if offer == nil {
		return nil
	}
	t, err := offer.accept(d.codecs(), sendrecv)
	if err != nil {
		return unacceptable(err)
	}
	d.offered = offer
	d.sound.format.Store(&t.format)
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

// respond answers the INVITE of an incoming call. A final response can be given once.
func (d *Dialog) respond(status int, phrase string, body []byte, headers ...sip.Header) error {
	res := sip.NewResponseFromRequest(d.invite, status, phrase, nil)
	if status != sip.StatusTrying {
		res.To().Params.Add("tag", d.localTag)
		if status < 300 {
			res.AppendHeader(d.contact.Clone())
		}
	}
	d.a.sign(res, headers...)
	withSDP(res, body)
	if err := d.record(status, res); err != nil {
		return err
	}
	err := d.tx.Respond(res)
	if status >= 200 {
		close(d.final) // only now: the transaction ends with its handler
	}
	if err != nil {
		return fmt.Errorf("respond %d: %w: %w", status, ErrTransport, err)
	}
	return nil
}

// record notes a response before it goes out: of two final ones only the first does.
func (d *Dialog) record(status int, res *sip.Response) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stage != early || d.finished {
		return ErrEnded
	}
	if status > 100 && status < 200 {
		d.progress = res
	}
	d.finished = status >= 200
	if status >= 200 && status < 300 {
		d.stage = answered
		d.confirm(d.invite.CSeq().SeqNo, res, d.tx, d.offered == nil)
	}
	return nil
}

func (d *Dialog) repeatProgress() {
	d.mu.Lock()
	res := d.progress
	d.mu.Unlock()
	if res == nil {
		return
	}
	if err := d.tx.Respond(res); err != nil {
		d.log.Debug("repeat progress", "err", err)
	}
}

// Ring tells an incoming call's far end that somebody's telephone rings (180).
func (d *Dialog) Ring(ctx context.Context) error {
	if !d.incoming {
		return errDirection
	}
	return d.respond(sip.StatusRinging, phrases[sip.StatusRinging], nil)
}

var errDirection = errors.New("sip: only an incoming call can be answered")

// EarlyMedia opens an incoming call's sound before the answer (183). A call that came without an offer has none: ErrNoMedia.
func (d *Dialog) EarlyMedia(ctx context.Context) error {
	if !d.incoming {
		return errDirection
	}
	body, events, err := d.firstAnswer()
	if err != nil {
		return err
	}
	if body == nil {
		return ErrNoMedia
	}
	d.tell(events)
	return d.respond(sip.StatusSessionInProgress, phrases[sip.StatusSessionInProgress], body)
}

// firstAnswer is our SDP for the offer of the INVITE, the same in 183 and 200; nil: there was no offer.
func (d *Dialog) firstAnswer() (body []byte, events []Event, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.offered == nil || d.answered != nil {
		return d.answered, nil, nil
	}
	body, events, err = d.ourAnswer(d.offered)
	d.answered = body
	return body, events, err
}

// Answer takes an incoming call (200) and returns when its sound can run: at once, or if the call came without an offer when the far
// end has answered ours. ErrEnded if the call was over, or is by then.
func (d *Dialog) Answer(ctx context.Context) error {
	if !d.incoming {
		return errDirection
	}
	body, events, err := d.firstAnswer()
	if err != nil {
		return err
	}
	delayed := body == nil
	d.mu.Lock()
	if delayed {
		body = d.ourOffer(sendrecv)
	}
	timer := d.timerHeaders()
	d.mu.Unlock()
	d.tell(events)
	if err := d.respond(sip.StatusOK, phrases[sip.StatusOK], body, timer...); err != nil {
		if !errors.Is(err, ErrEnded) {
			d.end(Ended{Remote: true, Text: err.Error(), Err: err})
		}
		return err
	}
	if delayed {
		return d.awaitAnswer(ctx)
	}
	d.emit(Answered{})
	return nil
}

// awaitAnswer waits for the ACK that carries the far end's answer.
func (d *Dialog) awaitAnswer(ctx context.Context) error {
	d.mu.Lock()
	c := d.confirming
	d.mu.Unlock()
	select {
	case <-c.done:
		d.emit(Answered{})
		return nil
	case <-d.over:
		return ErrEnded
	case <-ctx.Done():
		return ctx.Err()
	}
}
