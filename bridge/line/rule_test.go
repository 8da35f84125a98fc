package line_test

import (
	"fmt"
	"strings"
	"testing"

	"switchgram/bridge"
	"switchgram/bridge/line"
)

func rules(t *testing.T, text string) line.Rules {
	t.Helper()
	r, err := line.ParseRules(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestNumbersAreChangedFromLeftToRight(t *testing.T) {
	const russian = `[^\dA-Za-z+*#_@]= ^8=7 ^79\d{9}$ ^=+`
	for _, tc := range []struct {
		rules, number, want string
		ok                  bool
	}{
		{russian, "8 (926) 123-45-67", "+79261234567", true},
		{russian, "79261234567", "+79261234567", true},
		{russian, "8 (495) 123-45-67", "74951234567", false},
		{"", "8 926", "8 926", true},
		{`.*=`, "123", "", true},
		{`^(\d{3})(\d+)$=$2\1`, "12345", "45123", true},
		{`^1=2 = ^3=4`, "1", "1", true},
		{`^2$ ^1=2`, "1", "1", false},
		{`^0=+49 ^\+49`, "030", "+4930", true},
	} {
		if got, ok := rules(t, tc.rules).Apply(tc.number); got != tc.want || ok != tc.ok {
			t.Errorf("%s makes %q of %q, %v; want %q, %v", tc.rules, got, tc.number, ok, tc.want, tc.ok)
		}
	}
}

func TestARuleThatMakesNoSenseIsNamed(t *testing.T) {
	for text, want := range map[string]string{`^8=7 (=x`: `rule "(=x"`, strings.Repeat("a", 5000): "longer than"} {
		if _, err := line.ParseRules(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20s: %v", text, err)
		}
	}
}

func TestANumberThatTheRulesStopMayNotBeCalled(t *testing.T) {
	r, err := line.NewRegistry([]line.Config{{
		Name: "sales", To: bridge.Address{Scheme: "sip", User: "1000"}, SIP: line.SIP{User: "telegram"}, Country: "DE", Rules: rules(t, `^0151|^\+49151`),
	}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	l := r.Line("sales")
	for number, want := range map[string]string{"0151 12345678": "+4915112345678", "030 123456": ""} {
		who := l.Dialled(number)
		d := r.May("", "sales", bridge.Address{Scheme: "tg", User: who})
		if who != want || d.Allowed != (want != "") {
			t.Errorf("%s is %q, allowed: %v (%s)", number, who, d.Allowed, d.Reason)
		}
	}
}

func FuzzRules(f *testing.F) {
	f.Add(`[^\d]= ^8=7 ^79\d{9}$`, "8 (926) 123-45-67")
	f.Add(`(.)=$1\1 = ^x`, "ab")
	f.Fuzz(func(t *testing.T, text, number string) {
		if len(text) > 64 || len(number) > 64 {
			return // replacements can double each time
		}
		r, err := line.ParseRules(text)
		if err != nil {
			return
		}
		got, ok := r.Apply(number)
		again, okAgain := r.Apply(number)
		if got != again || ok != okAgain {
			t.Errorf("%q makes %q and %q of %q", text, got, again, number)
		}
	})
}

func ExampleRules_Steps() {
	r, err := line.ParseRules(`[^\d]= ^8=7 ^79\d{9}$`)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, step := range r.Steps("8 (926) 123-45-67") {
		fmt.Println(step.Rule, step.Number)
	}
	// Output:
	// [^\d]= 89261234567
	// ^8=7 79261234567
	// ^79\d{9}$ 79261234567
}
