package sip

import (
	"cmp"
	"context"
	"fmt"

	"github.com/emiago/sipgo/sip"

	"switchgram/bridge/sip/sdp"
)

// Dial places a call and returns when the INVITE was sent; what happens next are the dialog's events. ctx covers only that: the call
// ends by Hangup, by the far end, or with the agent. Errors: ErrClosed, ErrDraining, ErrTransport, ErrNoPort, or what is wrong with inv.
func (a *Agent) Dial(ctx context.Context, inv Invite) (*Dialog, error) {
	leave, ok := a.enter()
	if !ok {
		return nil, ErrClosed
	}
	defer leave()
	d, err := a.dial(ctx, inv)
	if err != nil {
		return nil, fmt.Errorf("dial %q: %w", inv.To, err)
	}
	return d, nil
}

func (a *Agent) dial(ctx context.Context, inv Invite) (*Dialog, error) {
	d, err := a.newOutgoing(ctx, &inv)
	if err != nil {
		return nil, err
	}
	d.release = a.gate.expect(d.path.to.Addr())
	if err := d.open(d.path.from.Addr()); err != nil {
		d.release()
		return nil, err
	}
	d.mu.Lock()
	d.seq++
	req := d.build(sip.INVITE, d.seq)
	for _, h := range inv.Headers {
		req.AppendHeader(sip.NewHeader(h.Name, h.Value))
	}
	withSDP(req, d.ourOffer(sdp.SendRecv))
	d.mu.Unlock()
	v := &inviting{d: d, req: req}
	if err := v.send(ctx); err != nil {
		d.end(Ended{Err: err})
		return nil, err
	}
	if !a.spawn(v.run) {
		d.end(Ended{Err: ErrClosed})
		return nil, ErrClosed
	}
	return d, nil
}

// newOutgoing checks an Invite and makes its dialog.
func (a *Agent) newOutgoing(ctx context.Context, inv *Invite) (*Dialog, error) {
	called, err := inv.complete()
	if err != nil {
		return nil, err
	}
	target := *called.Clone()
	if inv.Codecs == nil {
		inv.Codecs = a.o.Codecs
	}
	if err := checkCodecs(inv.Codecs); err != nil {
		return nil, err
	}
	p, routes, err := a.way(ctx, inv, &target)
	if err != nil {
		return nil, err
	}
	d := a.newDialog(inv.CallID, false)
	d.path, d.target, d.called, d.offers = p, target, unescape(called.User), inv.Codecs
	d.routes = routes
	d.dtmf, d.srtp = inv.DTMF, inv.SRTP
	d.contact = p.contact(inv.Contact)
	d.secret = credentials{user: inv.AuthUser, password: inv.Password}
	d.local = nameAddr{name: quote(clean(inv.FromName, maxName)), tag: d.localTag,
		uri: sip.Uri{Scheme: "sip", User: escapeUser(inv.FromUser), Host: inv.Domain}}
	d.remote = nameAddr{uri: sip.Uri{Scheme: "sip", User: called.User, Host: called.Host}}
	return d, nil
}

// way is how an INVITE gets to its target, and over which routes; the target becomes the Contact of who is registered with us.
func (a *Agent) way(ctx context.Context, inv *Invite, target *sip.Uri) (p path, routes []string, err error) {
	if b := inv.Binding; b != nil {
		if err := sip.ParseUri(b.URI, target); err != nil {
			return p, nil, fmt.Errorf("contact of %s: %w", b.User, err)
		}
		p, err = a.back(ctx, b, *target)
		return p, b.path, err
	}
	next, route, err := nextHop(*target, inv.Proxy)
	if err != nil {
		return p, nil, err
	}
	if route != "" {
		routes = []string{route}
	}
	p, err = a.find(ctx, next, 0)
	return p, routes, err
}

// back is the path to who has registered: the way the registration came. Where its connection has gone, its Contact may say another.
func (a *Agent) back(ctx context.Context, b *Binding, contact sip.Uri) (p path, err error) {
	if b.Transport != "udp" && a.connection(b.Transport, b.From) == nil && !hidden(contact, b.From.Addr()) {
		return a.find(ctx, contact, 0)
	}
	p = path{transport: b.Transport, to: b.From}
	p.from, err = a.origin(ctx, p, "")
	return p, err
}

// complete fills in what was left out, and refuses what cannot be said in SIP.
func (inv *Invite) complete() (sip.Uri, error) {
	target, err := parseURI(inv.To)
	if err != nil {
		return target, err
	}
	if inv.CallID == "" {
		inv.CallID = newUUID()
	}
	if err := checkCallID(inv.CallID); err != nil {
		return target, err
	}
	for _, h := range inv.Headers {
		if err := h.check(); err != nil {
			return target, err
		}
	}
	inv.FromUser = cmp.Or(clean(inv.FromUser, maxName), "anonymous")
	inv.Contact = cmp.Or(inv.Contact, inv.FromUser)
	inv.AuthUser = cmp.Or(inv.AuthUser, inv.FromUser)
	inv.Domain = cmp.Or(inv.Domain, target.Host)
	if !isToken(inv.Domain, "[]:") {
		return target, fmt.Errorf("domain %q", inv.Domain)
	}
	return target, nil
}
