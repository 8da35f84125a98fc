package xml

import (
	"cmp"
	"net/netip"
	"strconv"
	"strings"
)

// Configuration is which configurations of modules are ours. One that is served replaces FreeSWITCH's own file as a whole.
type Configuration struct {
	Sofia       *Sofia       // sofia.conf: one profile of SIP
	Verto       *Verto       // verto.conf: one profile of Verto
	EventSocket *EventSocket // event_socket.conf
}

// Sofia is a profile of SIP that telephones and lines register with.
type Sofia struct {
	Profile string         // its name, such as internal
	Listen  netip.AddrPort // for SIP, UDP and TCP; media has the same address
	Domain  string         // that everybody registers in
}

// Verto is a profile of Verto.
type Verto struct {
	Profile     string
	Listen      netip.AddrPort // for WebSockets without TLS, behind a reverse proxy; zero: none
	Secure      netip.AddrPort // for those with TLS; zero: none
	Certificate string         // path, at FreeSWITCH, of the certificate and its key, as PEM in one file; empty: FreeSWITCH's own wss.pem
	Domain      string
}

// EventSocket is FreeSWITCH's event socket.
type EventSocket struct {
	Listen   netip.AddrPort
	Password string
	Allow    []netip.Prefix // who may connect; none: loopback
}

// configuration answers for one module. Bound to this section, FreeSWITCH asks for every module's at its start.
func (h *Handler) configuration(r request) []byte {
	c := h.o.Configuration
	switch {
	case r.keyValue == "sofia.conf" && c.Sofia != nil:
		return document("configuration", c.Sofia.element())
	case r.keyValue == "verto.conf" && c.Verto != nil:
		return document("configuration", c.Verto.element())
	case r.keyValue == "event_socket.conf" && c.EventSocket != nil:
		return document("configuration", c.EventSocket.element())
	default:
		return nil
	}
}

// callID are the settings that make the Call-ID of a call the UUID of its channel, in both directions.
func callID() []*element {
	return []*element{
		param("inbound-use-callid-as-uuid", "true"),
		param("outbound-use-uuid-as-callid", "true"),
	}
}

func (s *Sofia) element() *element {
	ip := s.Listen.Addr().String()
	settings := el("settings").with(callID()...).with(
		param("sip-ip", ip),
		param("sip-port", strconv.Itoa(int(s.Listen.Port()))),
		param("rtp-ip", ip),
		param("ext-sip-ip", ip),
		param("ext-rtp-ip", ip),
		param("dialplan", "XML"),
		param("context", "public"), // of nobody: a user's calls begin in user_context
		param("auth-calls", "true"),
		param("inbound-reg-force-matching-username", "true"),
		param("challenge-realm", "auto_from"),
		param("force-register-domain", s.Domain),
		param("force-register-db-domain", s.Domain),
		param("force-subscription-domain", s.Domain),
		param("nonce-ttl", "60"),
		param("inbound-codec-prefs", "OPUS,G722,PCMU,PCMA"),
		param("outbound-codec-prefs", "OPUS,G722,PCMU,PCMA"),
		param("inbound-codec-negotiation", "generous"),
		param("inbound-late-negotiation", "true"),
		param("rfc2833-pt", "101"),
		param("dtmf-type", "rfc2833"),
		param("rtp-timer-name", "soft"),
		param("log-auth-failures", "true"),
	)
	domains := el("domains").with(el("domain", "name", s.Domain, "alias", "false", "parse", "true"))
	profile := el("profile", "name", s.Profile).with(domains, settings)
	return el("configuration", "name", "sofia.conf").with(
		el("global_settings").with(param("log-level", "0")),
		el("profiles").with(profile),
	)
}

func (v *Verto) element() *element {
	profile := el("profile", "name", v.Profile).with(v.binding()...).with(
		param("force-register-domain", v.Domain),
		param("userauth", "true"),
		param("blind-reg", "false"),
		param("context", "public"),
		param("dialplan", "XML"),
		param("rtp-ip", v.address()),
		param("inbound-codec-string", "opus,PCMU,PCMA"),
		param("outbound-codec-string", "opus,PCMU,PCMA"),
		param("timer-name", "soft"),
	)
	for _, list := range []string{"localnet.auto", "rfc1918.auto", "any_v4.auto", "any_v6.auto"} {
		profile.with(param("apply-candidate-acl", list)) // without one, private addresses of browsers are not tried
	}
	return el("configuration", "name", "verto.conf").with(
		el("settings").with(param("debug", "0")),
		el("profiles").with(profile),
	)
}

// binding is where the profile listens.
func (v *Verto) binding() (all []*element) {
	if v.Listen.IsValid() {
		all = append(all, param("bind-local", v.Listen.String()))
	}
	if !v.Secure.IsValid() {
		return all
	}
	all = append(all, el("param", "name", "bind-local", "value", v.Secure.String(), "secure", "true"))
	file := cmp.Or(v.Certificate, "$${certs_dir}/wss.pem")
	return append(all, param("secure-combined", file), param("secure-chain", file))
}

// address is FreeSWITCH's own, for media.
func (v *Verto) address() string {
	if v.Listen.IsValid() {
		return v.Listen.Addr().String()
	}
	return v.Secure.Addr().String()
}

func (s *EventSocket) element() *element {
	settings := el("settings").with(
		param("nat-map", "false"),
		param("listen-ip", s.Listen.Addr().String()),
		param("listen-port", strconv.Itoa(int(s.Listen.Port()))),
		param("password", s.Password),
		param("apply-inbound-acl", s.acl()),
	)
	return el("configuration", "name", "event_socket.conf").with(settings)
}

// acl is the list of networks, which FreeSWITCH takes in place of the name of a list.
func (s *EventSocket) acl() string {
	if len(s.Allow) == 0 {
		return "loopback.auto"
	}
	var all []string
	for _, p := range s.Allow {
		all = append(all, p.String())
	}
	return strings.Join(all, ",")
}
