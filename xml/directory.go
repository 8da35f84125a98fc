package xml

import (
	"maps"
	"slices"
)

// dialString finds a person wherever they have registered, by SIP or by Verto; it is that of FreeSWITCH's default configuration.
const dialString = "{^^:sip_invite_domain=${dialed_domain}:presence_id=${dialed_user}@${dialed_domain}}" +
	"${sofia_contact(*/${dialed_user}@${dialed_domain})},${verto_contact(${dialed_user}@${dialed_domain})}"

// lineDialString finds a line, which registers by SIP alone.
const lineDialString = "{^^:sip_invite_domain=${dialed_domain}:presence_id=${dialed_user}@${dialed_domain}}" +
	"${sofia_contact(*/${dialed_user}@${dialed_domain})}"

// directory answers for one user. Questions about none, as sofia asks for gateways of users and the core for networks of a domain, and
// about users whom we do not know, are for FreeSWITCH's own files: a document with our domain and without the user would be a final "no".
func (h *Handler) directory(r request) []byte {
	id, domain := r.get("user"), r.keyValue
	if id == "" || domain != h.o.Domain || r.get("purpose") != "" {
		return nil
	}
	u, ok := h.o.Switchboard.User(id)
	if !ok {
		return nil
	}
	user := userElement(u, digestFor(u, domain, r))
	return document("directory", el("domain", "name", domain).with(
		el("groups").with(el("group", "name", "switchgram").with(el("users").with(user)))))
}

// digestFor is what FreeSWITCH needs to check a login, and nothing if it asks for another reason: to call somebody, to know whether they
// exist, to set a channel's variables.
func digestFor(u User, domain string, r request) string {
	switch r.sure("action") {
	case "sip_auth":
		return u.Digest(r.get("sip_auth_realm"))
	case "jsonrpc-authenticate":
		if u.Line == "" {
			return u.Digest(domain) // mod_verto digests what the browser sends with the domain as realm
		}
	}
	return ""
}

// noEmptyPassword: mod_sofia takes any password for a user that has none, unless it is told not to.
func noEmptyPassword() *element { return param("allow-empty-password", "false") }

func userElement(u User, digest string) *element {
	params, variables := el("params").with(noEmptyPassword()), el("variables")
	if digest != "" {
		params.with(param("a1-hash", digest))
	}
	variables.with(variable("user_context", u.Context))
	if u.Line != "" {
		params.with(param("dial-string", lineDialString))
		variables.with(variable("tg_line", u.Line))
	} else {
		params.with(
			param("dial-string", dialString),
			param("jsonrpc-allowed-methods", "verto"),
			param("jsonrpc-allowed-event-channels", "demo,conference,presence"),
			param("verto-context", u.Context),
		)
	}
	if u.Caller != "" {
		variables.with(variable("effective_caller_id_number", u.Caller), variable("effective_caller_id_name", u.Caller))
	}
	for _, name := range slices.Sorted(maps.Keys(u.Variables)) {
		variables.with(variable(name, u.Variables[name]))
	}
	return el("user", "id", u.ID).with(params, variables)
}
