package sip

import (
	"context"
	"net/netip"
	"strconv"
	"time"

	"github.com/emiago/sipgo/sip"
)

// registerLine is a registration's wire: one Call-ID and a rising CSeq (RFC 3261 §10.2).
type registerLine struct {
	a      *Agent
	r      Registration
	uri    sip.Uri
	next   sip.Uri // the registrar, or the proxy before it
	route  string  // value of a Route header field; empty: none
	callID string
	tag    string
	seq    uint32

	release func() // of who was asked last; nil: nobody is waited for
}

func (l *registerLine) exchange(ctx context.Context, expires time.Duration, try int) (*sip.Response, netip.Addr, error) {
	p, err := l.a.find(ctx, l.next, try)
	if err != nil {
		return nil, netip.Addr{}, err
	}
	l.hear(p.to.Addr(), expires > 0)
	secret := credentials{user: l.r.AuthUser, password: l.r.Password}
	req := l.request(p, expires)
	for {
		res, err := l.a.exchange(ctx, req, p)
		if err != nil || !isChallenge(res) {
			return res, p.to.Addr(), err
		}
		if err := secret.authorize(req, res); err != nil {
			return nil, p.to.Addr(), err
		}
		l.seq++
		req.CSeq().SeqNo = l.seq
	}
}

// hear lets the gate hear the registrar until settle; one that is to have us may call the moment it has said yes, before we have read that.
func (l *registerLine) hear(registrar netip.Addr, asks bool) {
	l.settle()
	hold := l.a.gate.expect
	if asks {
		hold = l.a.gate.trust
	}
	l.release = hold(registrar)
}

// settle ends what hear began, once it is known whether we are registered.
func (l *registerLine) settle() {
	if l.release != nil {
		l.release()
		l.release = nil
	}
}

func (l *registerLine) request(p path, expires time.Duration) *sip.Request {
	l.seq++
	record := sip.Uri{Scheme: "sip", User: escapeUser(l.r.User), Host: l.r.Domain}
	from := &sip.FromHeader{Address: record}
	from.Params.Add("tag", l.tag)
	req := sip.NewRequest(sip.REGISTER, l.uri)
	hops, callID := sip.MaxForwardsHeader(70), sip.CallIDHeader(l.callID)
	for _, h := range []sip.Header{&hops, from, &sip.ToHeader{Address: record}, &callID,
		&sip.CSeqHeader{SeqNo: l.seq, MethodName: sip.REGISTER}, p.contact(l.r.User),
		sip.NewHeader("Expires", strconv.Itoa(int(expires/time.Second))), sip.NewHeader("Allow", allowed),
		sip.NewHeader("Supported", "path"), sip.NewHeader("User-Agent", l.a.o.UserAgent)} { // RFC 3327: proxies may add themselves
		req.AppendHeader(h)
	}
	if l.route != "" {
		req.AppendHeader(sip.NewHeader("Route", l.route))
	}
	req.SetBody(nil)
	return req
}
