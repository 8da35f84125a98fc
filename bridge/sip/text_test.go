package sip

import (
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
)

func TestHeaderOfOthersCannotBecomeTwo(t *testing.T) {
	tests := []struct {
		h  Header
		ok bool
	}{
		{Header{"X-TG-Phone", "+15551234567"}, true},
		{Header{"X-TG-First-Name", "Ännchen \"O'Neill\" \\ 名"}, true},
		{Header{"X-TG-First-Name", "a\r\nX-TG-ID: 1"}, false},
		{Header{"X-TG-First-Name", "a\nb"}, false},
		{Header{"X-TG-First-Name", "a\rb"}, false},
		{Header{"X-TG-First-Name", "a\x00b"}, false},
		{Header{"X-TG-First-Name", "\xff"}, false},
		{Header{"X-TG-First-Name", strings.Repeat("a", 2000)}, false},
		{Header{"X-TG\r\nVia", "a"}, false},
		{Header{"X-TG Phone", "a"}, false},
		{Header{"", "a"}, false},
		{Header{"Via", "a"}, false},
		{Header{"call-id", "a"}, false},
		{Header{"I", "a"}, false},
		{Header{"Content-Length", "0"}, false},
	}
	for _, tt := range tests {
		if err := tt.h.check(); (err == nil) != tt.ok {
			t.Errorf("%q: %v", tt.h, err)
		}
	}
}

// A display name may be any text: it must come out of a From header as it went in, and nothing else with it.
func FuzzDisplayName(f *testing.F) {
	for _, s := range []string{`Ann`, `"Ann" <sip:evil@example.org>`, "Ann\r\nVia: x", `back\slash\`, `\"`, "Ännchen 名 😀", "\xff\xfe", "a\u2028b", ` `} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		shown := clean(name, maxName)
		from := sip.FromHeader{DisplayName: quote(shown), Address: sip.Uri{Scheme: "sip", User: escapeUser(name), Host: "example.org"}}
		text := "OPTIONS sip:a@b SIP/2.0\r\n" + from.String() + ";tag=1\r\nX-Last: yes\r\n\r\n"
		m, err := sip.ParseMessage([]byte(text))
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		got := m.From()
		if got == nil || unquote(got.DisplayName) != shown || unescape(got.Address.User) != name || got.Address.Host != "example.org" {
			t.Fatalf("%q became %+v", name, got)
		}
		if value(m, "X-Last") != "yes" || m.Via() != nil {
			t.Fatalf("%q became further headers: %q", name, text)
		}
	})
}

func TestUserURIEscapesWhatTelegramNamesHave(t *testing.T) {
	for user, want := range map[string]string{
		"1000":           "sip:1000@h:5060;transport=tcp",
		"tg#ann":         "sip:tg%23ann@h:5060;transport=tcp",
		"@ann":           "sip:%40ann@h:5060;transport=tcp",
		"*77":            "sip:*77@h:5060;transport=tcp",
		"+4930":          "sip:+4930@h:5060;transport=tcp",
		"a b\r\nVia: x;": "sip:a%20b%0D%0AVia%3A%20x%3B@h:5060;transport=tcp",
	} {
		got := UserURI(user, "h:5060", "tcp")
		if got != want {
			t.Errorf("%q: %s, want %s", user, got, want)
		}
		u, err := parseURI(got)
		if err != nil || unescape(u.User) != user {
			t.Errorf("%q came back as %q, %v", user, unescape(u.User), err)
		}
	}
}

func TestBadURIIsNamed(t *testing.T) {
	for _, s := range []string{"", "1000", "tel:+49", "sips:a@b", "sip:a@", "sip:a b@c", "sip:a@b\r\nVia: x", "sip:<a>@b", "sip:a@b:99999",
		"sip:a@b;transport=sctp", "*"} {
		if _, err := parseURI(s); err == nil {
			t.Errorf("%q: taken", s)
		}
	}
}

func TestCallIDIsAWord(t *testing.T) {
	for s, ok := range map[string]bool{newUUID(): true, "a@b": true, "a@b@c": false, "a b": false, "": false, "a\r\nb": false,
		strings.Repeat("a", 200): false} {
		if err := checkCallID(s); (err == nil) != ok {
			t.Errorf("%q: %v", s, err)
		}
	}
}
