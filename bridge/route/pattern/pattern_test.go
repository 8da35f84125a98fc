package pattern

import (
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestNumbersAreComparedAsWritten(t *testing.T) {
	for _, tc := range []struct {
		pattern, number string
		want            []string // nil: no match
	}{
		{"1001", "1001", []string{"1001"}},
		{"1001", "51001", nil},
		{"+380445550100", "+380445550100", []string{"+380445550100"}},
		{"+380445550100", "380445550100", nil},
		{"tg:front_desk", "tg:front_desk", []string{"tg:front_desk"}},
		{`^55(\d{2})$`, "5512", []string{"5512", "12"}},
		{`^55(\d{2})$`, "+5512", nil},
		{"/^(ivr|500)$/i", "IVR", []string{"IVR", "IVR"}},
		{"/^(ivr|500)$/", "IVR", nil},
		{`(\d)(x)?`, "51", []string{"5", "5", ""}},
	} {
		p, err := Parse(tc.pattern)
		if err != nil {
			t.Errorf("%s: %v", tc.pattern, err)
			continue
		}
		groups, _, ok := p.Match(tc.number)
		if ok != (tc.want != nil) || ok && strings.Join(groups, "|") != strings.Join(tc.want, "|") {
			t.Errorf("%s and %s: %q, %v", tc.pattern, tc.number, groups, ok)
		}
	}
}

func TestGroupsMayHaveNames(t *testing.T) {
	p, err := Parse(`^0(?P<ext>\d+)$`)
	if err != nil {
		t.Fatal(err)
	}
	if _, named, _ := p.Match("0123"); named["ext"] != "123" {
		t.Errorf("%v", named)
	}
}

func TestWhatTheEngineCannotDoIsSaid(t *testing.T) {
	for text, want := range map[string]string{
		`^(?!0)\d+$`: "looking ahead", `(\d)\1`: "looking back", `/x/y`: `no flags "y"`, `a(`: "missing closing",
	} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestPatternsWithoutAnchorsAreLoose(t *testing.T) {
	for text, want := range map[string]bool{
		"1001": false, `^1001$`: false, `1001$`: true, `\d+`: true, `^(1|2)$`: false, `^1$|2`: true, `^1$|^2$`: false, `/^1$/i`: false,
	} {
		p, err := Parse(text)
		if err != nil || p.Loose() != want {
			t.Errorf("%s: loose %v, %v", text, !want, err)
		}
	}
}
