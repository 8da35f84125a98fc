package sip

import (
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// single are the header fields that a message has one of, with their compact forms (RFC 3261 §7.3.1).
var single = [][2]string{{"From", "f"}, {"To", "t"}, {"Call-ID", "i"}, {"CSeq", ""}, {"Max-Forwards", ""}, {"Content-Length", "l"}}

// statusUnknownScheme refuses a request URI that is none of SIP's.
const statusUnknownScheme = 416

// fault is the status for a request that is wrong as a whole; 0: it is not (RFC 3261 §8.1.1, §8.2.2).
func (c *arrival) fault() (status int) {
	r := c.req
	switch {
	case !strings.EqualFold(r.SipVersion, "SIP/2.0"):
		return sip.StatusVersionNotSupported
	case r.From() == nil || r.To() == nil || r.CallID() == nil || r.CSeq() == nil || r.Via() == nil,
		!strings.EqualFold(string(r.CSeq().MethodName), string(r.Method)), // sipgo reads the start line's in capitals
		tagOf(r.From().Params) == "", slices.ContainsFunc(single, c.several):
		return sip.StatusBadRequest
	case r.Recipient.Scheme != "sip" && r.Recipient.Scheme != "sips" && !r.IsAck():
		return statusUnknownScheme
	}
	return 0
}

func (c *arrival) several(names [2]string) bool {
	n := len(c.req.GetHeaders(names[0]))
	if names[1] != "" {
		n += len(c.req.GetHeaders(names[1]))
	}
	return n > 1
}

// unsupported are the extensions that the request requires, but for those that we have.
func (c *arrival) unsupported(have ...string) (names []string) {
	for _, field := range values(c.req, "Require") {
		for name := range strings.SplitSeq(field, ",") {
			if name = strings.TrimSpace(name); name != "" && !slices.Contains(have, strings.ToLower(name)) && len(names) < 8 {
				names = append(names, clean(name, 40))
			}
		}
	}
	return names
}

// lacks tells whether the request requires an extension that is not one of those. If so, it has been told.
func (c *arrival) lacks(have ...string) bool {
	names := c.unsupported(have...)
	if len(names) > 0 {
		c.respond(sip.StatusBadExtension, sip.NewHeader("Unsupported", strings.Join(names, ", ")))
	}
	return len(names) > 0
}

// refusesSDP tells whether whoever calls says that it cannot read our descriptions (RFC 3261 §20.1).
func (c *arrival) refusesSDP() bool {
	fields := values(c.req, "Accept")
	if len(fields) == 0 {
		return false
	}
	for _, field := range fields {
		for kind := range strings.SplitSeq(field, ",") {
			switch kind, _, _ = strings.Cut(kind, ";"); strings.ToLower(strings.TrimSpace(kind)) {
			case "application/sdp", "application/*", "*/*":
				return false
			}
		}
	}
	return true
}
