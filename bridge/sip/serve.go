package sip

import (
	"net/netip"
	"time"

	"github.com/emiago/sipgo/sip"
)

// handle sets the handlers of incoming requests. sipgo runs each on a goroutine of its own, so they may overtake each other.
func (a *Agent) handle() {
	a.server.OnInvite(a.serve(a.onInvite))
	a.server.OnAck(a.serve(a.onACK))
	a.server.OnCancel(a.serve(a.onCancel))
	a.server.OnOptions(a.serve(a.onOptions))
	a.server.OnRegister(a.serve(a.onRegister))
	a.server.OnBye(a.serve(within((*Dialog).onBye)))
	a.server.OnInfo(a.serve(within((*Dialog).onInfo)))
	a.server.OnUpdate(a.serve(within((*Dialog).onReinvite)))
	a.server.OnRefer(a.serve(within((*Dialog).onRefer)))
	a.server.OnNotify(a.serve(within((*Dialog).onNotify)))
	a.server.OnNoRoute(a.serve(a.onOther))
}

// arrival is one incoming request.
type arrival struct {
	a    *Agent
	req  *sip.Request
	tx   sip.ServerTransaction
	from netip.AddrPort // where it came from
	user string         // who authenticated; empty: nobody had to
}

// serve makes a handler for sipgo of one of ours.
func (a *Agent) serve(handler func(*arrival)) func(*sip.Request, sip.ServerTransaction) {
	return func(req *sip.Request, tx sip.ServerTransaction) {
		leave, ok := a.enter()
		if !ok {
			return
		}
		defer leave()
		from, err := netip.ParseAddrPort(req.Source())
		if err != nil {
			return
		}
		c := &arrival{a: a, req: req, tx: tx, from: netip.AddrPortFrom(from.Addr().Unmap(), from.Port())}
		if status := c.fault(); status != 0 {
			c.refuseStranger(status)
			return
		}
		handler(c)
	}
}

// within makes a handler for requests within a dialog.
func within(handler func(*Dialog, *arrival)) func(*arrival) {
	return func(c *arrival) {
		if d := c.dialog(); d != nil {
			handler(d, c)
			return
		}
		c.refuseStranger(sip.StatusCallTransactionDoesNotExists)
	}
}

// filter keeps what blocked addresses send from being read at all, and everything when the agent has ended.
func (a *Agent) filter(p sip.TransportReadProps, data []byte) ([]byte, error) {
	from, err := netip.ParseAddrPort(p.RemoteAddr.String())
	if err != nil || a.deaf.Load() || a.gate.silent(from.Addr(), time.Now()) {
		return nil, nil
	}
	return data, nil
}

// dialog finds the dialog of a request, nil if there is none: our tag in To, the far end's in From.
func (c *arrival) dialog() *Dialog {
	tag := tagOf(c.req.To().Params)
	if tag == "" {
		return nil
	}
	c.a.mu.Lock()
	d := c.a.calls[callKey{c.req.CallID().Value(), tag}]
	c.a.mu.Unlock()
	if d == nil || !d.with(tagOf(c.req.From().Params)) {
		return nil
	}
	return d
}

// with tells whether the dialog's far end has that tag, or none yet.
func (d *Dialog) with(tag string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.remote.tag == tag || d.remote.tag == ""
}

// respond answers the request.
func (c *arrival) respond(status int, headers ...sip.Header) {
	res := sip.NewResponseFromRequest(c.req, status, phrases[status], nil)
	c.a.sign(res, headers...)
	if err := c.tx.Respond(res); err != nil {
		c.a.log.Debug("respond", "sip_call_id", c.req.CallID().Value(), "cause", status, "err", err)
	}
}

// sign adds to a response what all of ours have.
func (a *Agent) sign(res *sip.Response, headers ...sip.Header) {
	res.SipVersion = "SIP/2.0" // sipgo gives back the request's
	for _, h := range headers {
		res.AppendHeader(h)
	}
	res.AppendHeader(sip.NewHeader("User-Agent", a.o.UserAgent))
	if res.StatusCode != 100 {
		res.AppendHeader(sip.NewHeader("Allow", allowed))
	}
}

// refuseStranger answers a request that nobody who knows us would send; from an address that does it again and again it is dropped.
// A stranger gets one response for one request, as a stateless server does (RFC 3261 §8.2.7): the address may be forged, and whoever it
// belongs to shall not be sent ours again and again.
func (c *arrival) refuseStranger(status int, headers ...sip.Header) {
	welcome := c.a.gate.welcome(c.from.Addr())
	if !welcome {
		defer c.tx.Terminate()
	}
	if c.req.IsAck() || c.req.CallID() == nil || !welcome && !c.a.gate.strike(c.from.Addr(), time.Now()) {
		return
	}
	c.respond(status, headers...)
}

// admitted tells whether the sender may do what only acquaintances may. If not, it has been told.
func (c *arrival) admitted() bool {
	if c.a.gate.welcome(c.from.Addr()) {
		return true
	}
	if c.a.challenger == nil {
		c.refuseStranger(sip.StatusForbidden)
		return false
	}
	return c.authenticated()
}

// authenticated tells whether the sender is one of our users. If not, it has been told.
func (c *arrival) authenticated() bool {
	now := time.Now()
	user, v := c.a.challenger.verify(c.req, now)
	switch v {
	case right:
		c.a.gate.forgive(c.from.Addr())
		if d := c.a.doors[sip.NetworkToLower(c.req.Transport())]; d != nil {
			d.know(c.from)
		}
		c.user = user
		c.a.log.Debug("authenticated", "from", user, "kind", c.req.Method)
		return true
	case wrong:
		c.a.log.Info("wrong sip credentials", "from", clean(user, maxName)+"@"+c.from.Addr().String())
		c.refuseStranger(sip.StatusForbidden)
	default:
		c.refuseStranger(sip.StatusUnauthorized, c.a.challenger.challenges(now, v == stale)...)
	}
	return false
}

// onOptions answers whoever may call us, within a dialog or not (RFC 3261 §11), and who is registered with us and looks whether we are
// still there.
func (a *Agent) onOptions(c *arrival) {
	switch {
	case c.dialog() != nil:
	case tagOf(c.req.To().Params) != "":
		c.refuseStranger(sip.StatusCallTransactionDoesNotExists)
		return
	case !c.a.gate.hears(c.from.Addr()) && !c.admitted():
		return
	}
	if c.lacks("timer", "replaces") {
		return
	}
	c.respond(sip.StatusOK, sip.NewHeader("Accept", "application/sdp"), sip.NewHeader("Supported", "timer, replaces"))
}

// onCancel: sipgo finds the INVITE to cancel; only a CANCEL without one comes here.
func (a *Agent) onCancel(c *arrival) { c.refuseStranger(sip.StatusCallTransactionDoesNotExists) }

// onOther refuses methods that we do not know (RFC 3261 §8.2.1).
func (a *Agent) onOther(c *arrival) { c.refuseStranger(sip.StatusMethodNotAllowed) }
