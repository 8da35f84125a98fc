package sip

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

const (
	expiresMost   = time.Hour
	expiresShort  = time.Minute // the least of all, if nothing else is said
	expiresHidden = time.Minute // of who is behind a NAT by UDP: the NAT forgets the way back, unless the user speaks
)

// Bindings lists where a user of Options.Users who has registered can be called now, the preferred places first.
func (a *Agent) Bindings(user string) []Binding { return a.location.find(user, time.Now()) }

// onRegister takes a registration of one of our users (RFC 3261 §10.3).
func (a *Agent) onRegister(c *arrival) {
	switch {
	case a.challenger == nil:
		c.refuseStranger(sip.StatusMethodNotAllowed)
		return
	case !c.authenticated():
		return
	}
	if c.lacks("path") {
		return
	}
	if unescape(c.req.To().Address.User) != c.user { // nobody registers somebody else
		a.log.Info("refused registration", "from", c.user, "to", clean(c.req.To().Address.User, maxName))
		c.respond(sip.StatusForbidden)
		return
	}
	now := time.Now()
	if r := a.bind(c, now); r != nil {
		a.log.Info("refused registration", "from", c.user, "cause", r.status, "err", r.err)
		c.respond(r.status, r.headers...)
		return
	}
	c.respond(sip.StatusOK, a.boundTo(c, now)...)
}

// bind does what the registration asks for.
func (a *Agent) bind(c *arrival, now time.Time) *refusal {
	contacts := c.req.GetHeaders("Contact")
	if len(contacts) == 0 { // it only asks
		return nil
	}
	if h, ok := contacts[0].(*sip.ContactHeader); ok && h.Address.Wildcard {
		if len(contacts) > 1 || value(c.req, "Expires") != "0" {
			return &refusal{status: sip.StatusBadRequest, err: errors.New("contact * without an end")}
		}
		a.location.clear(c.user)
		a.log.Info("unregistered", "from", c.user)
		return nil
	}
	changes, r := a.bindings(c, contacts, now)
	if r != nil {
		return r
	}
	news, ok := a.location.update(c.user, changes, now, a.gate.expect)
	if !ok {
		return &refusal{status: sip.StatusInternalServerError, err: errors.New("overtaken by a later one")}
	}
	for _, b := range news {
		a.log.Info("registered with us", "from", c.user, "to", b.From, "kind", b.Transport, "dur", b.Until.Sub(now))
	}
	return nil
}

// bindings are what the Contacts of a registration ask for.
func (a *Agent) bindings(c *arrival, contacts []sip.Header, now time.Time) (all []*Binding, r *refusal) {
	path := values(c.req, "Path")
	if len(contacts) > maxBindings || len(path) > maxHops {
		return nil, busyRefusal(errors.New("too many contacts or proxies"))
	}
	for _, h := range contacts {
		contact, ok := h.(*sip.ContactHeader)
		if !ok || contact.Address.Wildcard || contact.Address.Host == "" || len(contact.Address.String()) > maxContact {
			return nil, &refusal{status: sip.StatusBadRequest, err: errors.New("contact")}
		}
		expires, r := a.expires(c, contact)
		if r != nil {
			return nil, r
		}
		uri := *contact.Address.Clone()
		uri.Headers = nil
		all = append(all, &Binding{User: c.user, URI: uri.String(), Agent: clean(value(c.req, "User-Agent"), maxName),
			Transport: sip.NetworkToLower(c.req.Transport()), From: c.from, Until: now.Add(expires),
			path: path, weight: weightOf(contact), callID: c.req.CallID().Value(), seq: c.req.CSeq().SeqNo})
	}
	return all, nil
}

// expires is how long a Contact is bound: what it asks for, within our bounds; 0: no longer.
func (a *Agent) expires(c *arrival, contact *sip.ContactHeader) (time.Duration, *refusal) {
	asked := value(c.req, "Expires")
	if own, ok := contact.Params.Get("expires"); ok {
		asked = own
	}
	expires := a.o.MaxExpires
	if n, err := strconv.ParseUint(strings.TrimSpace(asked), 10, 32); err == nil { // RFC 3261 §20.19: what is malformed is 3600
		expires = time.Duration(n) * time.Second
	}
	switch {
	case expires == 0:
		return 0, nil
	case expires < a.o.MinExpires:
		return 0, &refusal{status: sip.StatusIntervalToBrief, err: fmt.Errorf("asks for %s", expires),
			headers: []sip.Header{sip.NewHeader("Min-Expires", strconv.Itoa(int(a.o.MinExpires/time.Second)))}}
	case c.req.Transport() == "UDP" && hidden(contact.Address, c.from.Addr()):
		return max(a.o.MinExpires, min(expires, expiresHidden)), nil
	default:
		return min(expires, a.o.MaxExpires), nil
	}
}

// weightOf is a Contact's q in thousandths; without one it is 1.
func weightOf(contact *sip.ContactHeader) int {
	q, ok := contact.Params.Get("q")
	v, err := strconv.ParseFloat(q, 64)
	if !ok || err != nil || !(v >= 0 && v <= 1) {
		return 1000
	}
	return int(math.Round(v * 1000))
}

// boundTo are the header fields of the 200: everything the user is bound to now, and the way there.
func (a *Agent) boundTo(c *arrival, now time.Time) (headers []sip.Header) {
	for _, b := range a.location.find(c.user, now) {
		left := strconv.Itoa(int((b.Until.Sub(now) + time.Second - 1) / time.Second))
		headers = append(headers, sip.NewHeader("Contact", "<"+b.URI+">;expires="+left))
	}
	if path := values(c.req, "Path"); len(path) > 0 {
		headers = append(headers, sip.NewHeader("Path", strings.Join(path, ", ")))
	}
	return append(headers, sip.NewHeader("Date", now.UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")))
}

// sameContact compares two Contacts as RFC 3261 §19.1.4 does, but for parameters other than the transport, which programs change at will.
func sameContact(a, b string) bool {
	var u, v sip.Uri
	if sip.ParseUri(a, &u) != nil || sip.ParseUri(b, &v) != nil {
		return a == b
	}
	first, err1 := transportOf(u)
	second, err2 := transportOf(v)
	return unescape(u.User) == unescape(v.User) && strings.EqualFold(u.Host, v.Host) && u.Port == v.Port &&
		first == second && err1 == nil && err2 == nil
}

// carrier is the address space between a provider and its customers (RFC 6598).
var carrier = netip.MustParsePrefix("100.64.0.0/10")

// hidden tells whether a URI names an address behind a NAT: a private one, of somebody whom we see at another.
func hidden(u sip.Uri, seen netip.Addr) bool {
	ip, err := netip.ParseAddr(strings.Trim(u.Host, "[]"))
	if err != nil {
		return false
	}
	ip = ip.Unmap()
	private := ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsLoopback() || carrier.Contains(ip)
	return private && ip != seen.Unmap()
}
