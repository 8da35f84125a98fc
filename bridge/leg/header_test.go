package leg

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"switchgram/bridge"
	"switchgram/bridge/media"
	"switchgram/bridge/sip"
	"switchgram/bridge/sip/sdp"
)

func TestSwitchIsToldWhoCalls(t *testing.T) {
	ann := bridge.Party{Phone: "+4930", Username: "ann", ID: 7, FirstName: "Анна", LastName: "O'Neil \U0001F98A"}
	inv := FreeSWITCHLine{Registrar: "127.0.0.1:5060", User: "telegram", Password: "x"}.invite(bridge.Address{Scheme: "sip", User: "1000"}, bridge.DialOptions{From: ann})
	want := []sip.Header{
		{Name: "X-TG-Phone", Value: "+4930"}, {Name: "X-TG-Username", Value: "ann"}, {Name: "X-TG-ID", Value: "7"},
		{Name: "X-TG-First-Name", Value: "Анна"}, {Name: "X-TG-Last-Name", Value: "O'Neil \U0001F98A"},
	}
	if !slices.Equal(inv.Headers, want) {
		t.Errorf("headers: %v", inv.Headers)
	}
	if inv.FromUser != "+4930" || inv.FromName != "Анна O'Neil \U0001F98A" || inv.Contact != "telegram" || inv.AuthUser != "telegram" || inv.To != "sip:1000@127.0.0.1:5060" {
		t.Errorf("invite: %+v", inv)
	}
}

func TestTelephoneIsToldWhatAScriptShows(t *testing.T) {
	show := map[string]string{"crm_link": "https://crm.example/?id=7", "evil\r\nVia": "x", "name": "${system(x)}\r\nAnn", "empty": ""}
	inv := FreeSWITCHLine{User: "telegram"}.invite(bridge.Address{}, bridge.DialOptions{ID: "a-uuid", Show: show})
	want := []sip.Header{{Name: "X-Show-crm_link", Value: "https://crm.example/?id=7"}, {Name: "X-Show-name", Value: "system(x)  Ann"}}
	if !slices.Equal(inv.Headers, want) || inv.CallID != "a-uuid" {
		t.Errorf("headers of %s: %v", inv.CallID, inv.Headers)
	}
}

func TestOnlyWhatIsKnownIsTold(t *testing.T) {
	if got := headers(bridge.Party{ID: 7, FirstName: "Ann"}); len(got) != 2 {
		t.Errorf("%v", got)
	}
	if got := headers(bridge.Party{Number: "1000", FirstName: "Ann"}); got != nil {
		t.Errorf("a telephone is said to be on Telegram: %v", got)
	}
	inv := FreeSWITCHLine{User: "telegram", AuthUser: "trunk"}.invite(bridge.Address{}, bridge.DialOptions{From: bridge.Party{ID: 7}})
	if inv.FromUser != "*7" || inv.AuthUser != "trunk" {
		t.Errorf("%+v", inv)
	}
}

func TestHostileNamesAreMadeHarmless(t *testing.T) {
	for text, want := range map[string]string{
		"Ann\r\nX-TG-Dial: +1900":         "Ann  X-TG-Dial: +1900",
		"${system(reboot)}":               "system(reboot)",
		"\u202eevil":                      "evil",
		"a\x00b":                          "a b",
		"\xff\xfe":                        "",
		"  Ann  ":                         "Ann",
		`back\slash`:                      "backslash",
		strings.Repeat("ж", 200):          strings.Repeat("ж", 80),
		"{origination_caller_id=1}user/1": "origination_caller_id=1user/1",
	} {
		if got := clean(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestAddressesOfURIs(t *testing.T) {
	for uri, want := range map[string]string{
		"sip:1001@example.org": "1001", "sip:1001@h;transport=tcp": "1001", "sips:a%20b@h": "ab", "tel:+4930;phone-context=x": "+4930",
		"sip:%40ann@h": "@ann", "1001": "1001", "": "", "sip:a%zz@h": "a%zz",
	} {
		if got := addressOfURI(uri); got.Scheme != "sip" || got.User != want {
			t.Errorf("%q: %+v, want %q", uri, got, want)
		}
	}
}

func TestCodecOfTheCallerIsOfferedFirst(t *testing.T) {
	if got := preferring(nil, media.NoCodec); !slices.Equal(got, []sdp.Codec{sdp.Opus, sdp.G722, sdp.PCMU, sdp.PCMA}) {
		t.Errorf("%v", got)
	}
	if got := preferring(nil, media.PCMA); !slices.Equal(got, []sdp.Codec{sdp.PCMA, sdp.Opus, sdp.G722, sdp.PCMU}) {
		t.Errorf("%v", got)
	}
	if got := preferring([]sdp.Codec{sdp.PCMU, sdp.Opus}, media.Opus); !slices.Equal(got, []sdp.Codec{sdp.Opus, sdp.PCMU}) {
		t.Errorf("%v", got)
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"Ann", "Ann\r\nVia: x", "${x}", "\xff", "\u2028", strings.Repeat("x", 100)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := clean(s)
		if !utf8.ValidString(got) || strings.ContainsAny(got, "\r\n\x00${}\\") || utf8.RuneCountInString(got) > maxText {
			t.Errorf("%q: %q", s, got)
		}
	})
}

func FuzzAddressOfURI(f *testing.F) {
	for _, s := range []string{"sip:1001@h", "sip:%0d%0a@h", "tel:+49", ":@;", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a := addressOfURI(s)
		if a.User == "" {
			return
		}
		if _, err := bridge.ParseAddress(a.String()); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	})
}
