package line

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"switchgram/bridge"
)

func pattern(t *testing.T, text string) Pattern {
	t.Helper()
	p, err := ParsePattern(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func patterns(t *testing.T, texts ...string) (list Patterns) {
	t.Helper()
	for _, text := range texts {
		list = append(list, pattern(t, text))
	}
	return list
}

func tg(user string) bridge.Address  { return bridge.Address{Scheme: "tg", User: user} }
func sip(user string) bridge.Address { return bridge.Address{Scheme: "sip", User: user} }

func TestPatternMatches(t *testing.T) {
	for text, c := range map[string]struct{ yes, no []bridge.Address }{
		"*": {yes: []bridge.Address{tg("+49"), tg("@ann"), tg("*7"), sip("1000")}, no: []bridge.Address{{}}},
		"+49*": {
			yes: []bridge.Address{tg("+4930123456"), tg("4930123456"), tg("004930123456"), tg("+49 (30) 12-34"), sip("+4930")},
			no:  []bridge.Address{tg("+43"), tg("@49"), tg("*49"), sip("4930"), tg("+4")},
		},
		"+4930xx": {yes: []bridge.Address{tg("+493012")}, no: []bridge.Address{tg("+49301"), tg("+4930123"), tg("+4930x1")}},
		"10xx":    {yes: []bridge.Address{sip("1000"), sip("1099")}, no: []bridge.Address{sip("100"), sip("10000"), sip("10ab"), sip("10xx")}},
		"10*":     {yes: []bridge.Address{sip("10"), sip("1000")}, no: []bridge.Address{sip("2000"), sip("1")}},
		"@ann":    {yes: []bridge.Address{tg("@ann"), tg("@Ann"), tg("tg#ann"), tg("ann")}, no: []bridge.Address{tg("@anna"), tg("@an")}},
		"@Ann":    {yes: []bridge.Address{tg("@ann")}},
		"@a*":     {yes: []bridge.Address{tg("@a"), tg("@ann")}, no: []bridge.Address{tg("@bob"), tg("*1")}},
		"@*":      {yes: []bridge.Address{tg("@bob"), tg("bob")}, no: []bridge.Address{tg("+49"), tg("*1")}},
		"*77":     {yes: []bridge.Address{tg("*77")}, no: []bridge.Address{tg("*777"), tg("+77"), tg("77")}},
		"**":      {yes: []bridge.Address{tg("*1")}, no: []bridge.Address{tg("+1"), tg("@a")}},
		"box":     {yes: []bridge.Address{sip("box")}, no: []bridge.Address{sip("bo1"), tg("box")}},
		"!+4990*": {yes: []bridge.Address{tg("+499012")}, no: []bridge.Address{tg("+4930")}},
	} {
		p := pattern(t, text)
		for _, a := range c.yes {
			if !p.Match(a) {
				t.Errorf("%s does not match %s", text, a)
			}
		}
		for _, a := range c.no {
			if p.Match(a) {
				t.Errorf("%s matches %s", text, a)
			}
		}
		if p.String() != text || p.Deny() != strings.HasPrefix(text, "!") {
			t.Errorf("%s says it is %s, deny %t", text, p, p.Deny())
		}
	}
}

func TestParsePatternNamesWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"":                      `pattern "": want 1 to 64`,
		"!":                     `want 1 to 64`,
		strings.Repeat("1", 65): `want 1 to 64`,
		"+49*30":                `a star may stand only at the end`,
		"+49a":                  `a number has digits`,
		"*7x":                   `begins a Telegram id`,
		"*77*":                  `begins a Telegram id`,
		"10 00":                 `' ' has no place in it`,
		"ann@":                  `'@' has no place in it`,
		"[0-9]+":                `'[' has no place in it`,
		"1000\n":                `'\n' has no place in it`,
	} {
		if _, err := ParsePattern(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestFirstPatternThatMatchesDecides(t *testing.T) {
	list := patterns(t, "!+4990*", "+49*", "@ann")
	for user, want := range map[string]bool{"+4930": true, "+499011": false, "@ann": true, "@bob": false, "*7": false} {
		if got, by := list.Allow(tg(user)); got != want {
			t.Errorf("%s: %t by %s", user, got, by)
		}
	}
}

func TestNumberMatchesItsOwnPatternAndItsPrefixes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.StringMatching(`[1-9][0-9]{6,14}`).Draw(t, "number")
		cut := rapid.IntRange(0, len(number)).Draw(t, "cut")
		hide := rapid.IntRange(0, len(number)-1).Draw(t, "hide")
		for _, text := range []string{"+" + number, "+" + number[:cut] + "*", "+" + number[:hide] + "x" + number[hide+1:]} {
			p, err := ParsePattern(text)
			if err != nil {
				t.Fatal(err)
			}
			for _, dialled := range []string{"+" + number, number, "00" + number} {
				if !p.Match(tg(dialled)) {
					t.Fatalf("%s does not match %s", text, dialled)
				}
			}
		}
		other := pattern2(t, "+"+number)
		if other.Match(tg("+"+number+"0")) || other.Match(tg("@"+number)) || other.Match(tg("*"+number)) {
			t.Fatalf("%s matches somebody else", other)
		}
	})
}

func pattern2(t *rapid.T, text string) Pattern {
	p, err := ParsePattern(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestForbiddingBeforeAllowingNeverAllows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.SampledFrom([]string{"+49*", "@ann", "@*", "*77", "**", "*", "+4930xx"}).Draw(t, "pattern")
		user := rapid.SampledFrom([]string{"+4930123", "@ann", "@Bob", "*77", "*1", "+493012"}).Draw(t, "user")
		deny, allow := pattern2(t, "!"+body), pattern2(t, body)
		if deny.Match(tg(user)) != allow.Match(tg(user)) {
			t.Fatalf("%s and %s do not speak of the same", deny, allow)
		}
		if ok, _ := (Patterns{deny, pattern2(t, "*")}).Allow(tg(user)); ok == allow.Match(tg(user)) {
			t.Fatalf("%s: %t", user, ok)
		}
	})
}

func FuzzParsePattern(f *testing.F) {
	for _, s := range []string{"*", "**", "*77", "+49*", "!+4990*", "10xx", "@ann", "", "!", "+", "\xff", "x*"} {
		f.Add(s, "+4930123")
	}
	f.Fuzz(func(t *testing.T, text, user string) {
		p, err := ParsePattern(text)
		if err != nil {
			return
		}
		if again, err := ParsePattern(p.String()); err != nil || again != p {
			t.Errorf("%q reads as %+v, then as %+v, %v", text, p, again, err)
		}
		for _, scheme := range []string{"tg", "sip"} {
			p.Match(bridge.Address{Scheme: scheme, User: user})
		}
	})
}
