package bridge

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

func TestParseAddress(t *testing.T) {
	for text, want := range map[string]Address{
		"tg:@ann": {"tg", "@ann"}, "tg:+4930123456": {"tg", "+4930123456"}, "tg:*77": {"tg", "*77"},
		"sip:1000": {"sip", "1000"}, "sip:a:b@c;d": {"sip", "a:b@c;d"}, "tg:@жанна": {"tg", "@жанна"},
	} {
		got, err := ParseAddress(text)
		if err != nil || got != want || got.String() != text {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
}

func TestParseAddressNamesWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"":                               `address "": want scheme:user`,
		"1000":                           `address "1000": want scheme:user`,
		"sip:":                           `want scheme:user`,
		":1000":                          `want scheme:user`,
		"SIP:1000":                       `scheme "SIP" is not lower-case letters`,
		"sip:10 00":                      `has a space`,
		"sip:1000\r\nX-TG-Dial: 1":       `cannot be printed`,
		"sip:\xff":                       `cannot be printed`,
		"tg:" + strings.Repeat("1", 400): `longer than 256 bytes`,
	} {
		if _, err := ParseAddress(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestNumbersAreHiddenInLogs(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	log.Info("call", "from", Address{"tg", "+4930123456"}, "to", Address{"sip", "1000"}, "name", Address{"tg", "@ann"}, "nobody", Address{})
	if got := out.String(); strings.Contains(got, "123456") || !strings.Contains(got, "56") || !strings.Contains(got, "sip:1000") || !strings.Contains(got, "tg:@ann") {
		t.Errorf("logged %s", got)
	}
}

func TestPartyIsCalledByTheFirstThatIsKnown(t *testing.T) {
	for _, c := range []struct {
		party        Party
		caller, name string
	}{
		{Party{Phone: "+49", Username: "ann", ID: 7, FirstName: "Ann", LastName: "B"}, "+49", "Ann B"},
		{Party{Username: "ann", ID: 7, FirstName: "Ann"}, "ann", "Ann"},
		{Party{ID: 7}, "*7", "*7"},
		{Party{Number: "1000"}, "1000", "1000"},
		{Party{}, "anonymous", "anonymous"},
	} {
		if c.party.Caller() != c.caller || c.party.Name() != c.name {
			t.Errorf("%+v: %q, %q", c.party, c.party.Caller(), c.party.Name())
		}
	}
}

func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{"tg:@ann", "sip:1000", "", ":", "tg:\x00", "sip:1000@host;transport=tcp"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParseAddress(s)
		if err != nil {
			return
		}
		if again, err := ParseAddress(a.String()); err != nil || again != a {
			t.Errorf("%q reads as %+v, which reads as %+v, %v", s, a, again, err)
		}
		if strings.ContainsAny(a.String(), "\r\n\x00 ") {
			t.Errorf("%q was taken", s)
		}
	})
}
