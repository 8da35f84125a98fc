package xml

import (
	"strings"
	"testing"
)

func TestDigestIsToldToWhoChecksALogin(t *testing.T) {
	h := newHandler(t, options(&board{}))
	for _, name := range []string{"sip_register", "sip_invite"} {
		if got := ask(t, h, asked(t, name)); !strings.Contains(got, A1("1000", domain, "secret of 1000")) {
			t.Errorf("%s: no digest in\n%s", name, got)
		}
	}
	if got := ask(t, h, asked(t, "verto_login")); !strings.Contains(got, A1("1001", domain, "secret of 1001")) {
		t.Errorf("no digest in\n%s", got)
	}
}

func TestDigestIsToldToNobodyElse(t *testing.T) {
	h := newHandler(t, options(&board{}))
	login := asked(t, "verto_login")
	for name, body := range map[string]string{
		"who calls":                         asked(t, "user_call"),
		"who calls a line":                  asked(t, "line_call"),
		"who looks somebody up":             asked(t, "user_exists"),
		"the console":                       asked(t, "user_data"),
		"the event socket":                  asked(t, "event_socket_login"),
		"a browser that logs in as a line":  strings.ReplaceAll(login, "user=1001", "user=telegram"),
		"an action that nobody knows":       strings.ReplaceAll(login, "jsonrpc-authenticate", "reverse-auth-lookup"),
		"a call with an action slipped in":  asked(t, "user_call") + "&action=sip_auth",
		"a call with an action put before":  strings.Replace(asked(t, "user_call"), "&as_channel", "&action=sip_auth&as_channel", 1),
		"a login that is a purpose as well": login + "&purpose=gateways",
	} {
		if got := ask(t, h, body); strings.Contains(got, "a1-hash") || strings.Contains(got, `name="password"`) {
			t.Errorf("%s is told\n%s", name, got)
		}
	}
}

func TestCallsOfAUserHaveWhatIsKnownOfTheUser(t *testing.T) {
	u := User{ID: "1000", Context: "default", Variables: map[string]string{"email": `"a"@example.org`, "desk": "7"}}
	got := string(render(userElement(u, "")))
	for _, want := range []string{`<variable name="desk" value="7"/>`, `<variable name="email" value="&quot;a&quot;@example.org"/>`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in\n%s", want, got)
		}
	}
}

func TestLineLogsInUnderTheRealmItWasAskedFor(t *testing.T) {
	// given a line whose registrar is a name that FreeSWITCH's domain is not
	body := strings.NewReplacer("user=1000", "user=telegram", "sip_auth_realm=127.0.0.1", "sip_auth_realm=voice.example").Replace(asked(t, "sip_register"))
	// then FreeSWITCH gets the digest for the name
	if got := ask(t, newHandler(t, options(&board{})), body); !strings.Contains(got, A1("telegram", "voice.example", "secret of telegram")) {
		t.Error(got)
	}
}

// TestNobodyLogsInWithoutAPassword: FreeSWITCH 1.11 registered whoever came for a user that had no password and not this parameter.
func TestNobodyLogsInWithoutAPassword(t *testing.T) {
	const closed = `<param name="allow-empty-password" value="false"/>`
	h := newHandler(t, options(&board{}))
	for _, name := range []string{"sip_register", "sip_invite", "verto_login", "user_call", "line_call", "user_exists"} {
		if got := ask(t, h, asked(t, name)); !strings.Contains(got, closed) {
			t.Errorf("%s: %s", name, got)
		}
	}
	users := string(Files(setup())[0].Text)
	if strings.Count(users, closed) != strings.Count(users, "<user ") {
		t.Error(users)
	}
}

func TestA1IsThatOfTheRFC(t *testing.T) {
	// RFC 2617 §3.5
	if got := A1("Mufasa", "testrealm@host.com", "Circle Of Life"); got != "939e7578ed9e3c518a452acee763bce9" {
		t.Error(got)
	}
}
