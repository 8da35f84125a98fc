package sip

import (
	"context"
	"fmt"

	"github.com/emiago/sipgo/sip"
)

// request builds a request within the dialog (RFC 3261 §12.2.1.1). It gets its number when it begins.
func (d *Dialog) request(method sip.RequestMethod, headers ...sip.Header) *sip.Request {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.build(method, 0, headers...)
}

// build is request with a given sequence number. The lock is held.
func (d *Dialog) build(method sip.RequestMethod, seq uint32, headers ...sip.Header) *sip.Request {
	req := sip.NewRequest(method, *d.target.Clone())
	hops, callID := sip.MaxForwardsHeader(70), sip.CallIDHeader(d.callID)
	for _, h := range []sip.Header{&hops, d.local.from(), d.remote.to(), &callID, &sip.CSeqHeader{SeqNo: seq, MethodName: method}} {
		req.AppendHeader(h)
	}
	for _, route := range d.routes {
		req.AppendHeader(sip.NewHeader("Route", route))
	}
	if method != sip.BYE && method != sip.CANCEL {
		req.AppendHeader(d.contact.Clone())
	}
	req.AppendHeader(sip.NewHeader("User-Agent", d.a.o.UserAgent))
	if method == sip.INVITE || method == sip.UPDATE {
		headers = append(d.session.wish(), headers...)
		req.AppendHeader(sip.NewHeader("Allow", allowed))
	}
	for _, h := range headers {
		req.AppendHeader(h)
	}
	req.SetBody(nil)
	return req
}

// withSDP gives a message its description.
func withSDP(m sip.Message, body []byte) {
	if body == nil {
		return
	}
	m.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
	m.SetBody(body)
}

// route is where the dialog's requests go: its first route, or the far end's contact (RFC 3261 §12.2.1.1). The connection that the
// dialog came by is used while it stands: it may be the only way back. So may the address that somebody behind a NAT was heard from.
func (d *Dialog) route(ctx context.Context) (path, error) {
	d.mu.Lock()
	next := *d.target.Clone()
	if len(d.routes) > 0 {
		var h sip.RouteHeader
		if _, err := sip.ParseAddressValue(d.routes[0], &h.Address, nil); err == nil {
			next = h.Address
		}
	}
	back := len(d.routes) == 0 && hidden(next, d.path.to.Addr())
	d.mu.Unlock()
	if back || d.path.transport != "udp" && d.a.connection(d.path.transport, d.path.to) != nil {
		return d.path, nil
	}
	if _, ok := next.UriParams.Get("transport"); !ok {
		next.UriParams.Add("transport", d.path.transport)
	}
	return d.a.find(ctx, next, 0)
}

// ask sends a request within the dialog and returns its final response. A challenge is answered; 481 and 408 end the dialog
// (RFC 3261 §12.2.1.2).
func (d *Dialog) ask(ctx context.Context, req *sip.Request) (*sip.Response, error) {
	p, err := d.route(ctx)
	if err != nil {
		return nil, err
	}
	secret := d.secret
	secret.answered = 0
	for {
		tx, err := d.begin(ctx, req, p)
		if err != nil {
			return nil, err
		}
		res, err := final(ctx, tx)
		tx.Terminate()
		if err != nil {
			return nil, err
		}
		if !isChallenge(res) || secret.authorize(req, res) != nil {
			return res, nil
		}
	}
}

// begin gives a request the next sequence number and sends it. Whoever else sends one waits: a lower number that comes after a higher one
// is refused (RFC 3261 §12.2.2).
func (d *Dialog) begin(ctx context.Context, req *sip.Request, p path) (sip.ClientTransaction, error) {
	d.sending.Lock()
	defer d.sending.Unlock()
	d.mu.Lock()
	d.seq++
	req.CSeq().SeqNo = d.seq
	d.mu.Unlock()
	return d.a.begin(ctx, req, p)
}

// judge turns a response that refuses an in-dialog request into an error, and ends the dialog if it is over for the far end.
func (d *Dialog) judge(res *sip.Response, err error, what string) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if res.IsSuccess() {
		return nil
	}
	refusal := statusError(res)
	if res.StatusCode == sip.StatusCallTransactionDoesNotExists || res.StatusCode == sip.StatusRequestTimeout {
		d.abandon(Ended{Remote: true, Status: res.StatusCode, Cause: refusal.Cause, Text: refusal.Error(), Err: refusal}, Hangup{})
	}
	return fmt.Errorf("%s: %w", what, refusal)
}

// sayBye sends BYE. Whatever comes of it, the call is over.
func (d *Dialog) sayBye(ctx context.Context, h Hangup) error {
	var headers []sip.Header
	if reason := formatReason(h.Q850, h.Text); reason != "" {
		headers = append(headers, sip.NewHeader("Reason", reason))
	}
	res, err := d.ask(ctx, d.request(sip.BYE, headers...))
	if err != nil {
		return fmt.Errorf("bye: %w", err)
	}
	if !res.IsSuccess() && res.StatusCode != sip.StatusCallTransactionDoesNotExists {
		return fmt.Errorf("bye: %w", statusError(res))
	}
	return nil
}
