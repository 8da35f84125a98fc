package sip

import "testing"

func TestReasonNamesTheCause(t *testing.T) {
	tests := []struct {
		fields []string
		cause  int
		text   string
	}{
		{nil, 0, ""},
		{[]string{`Q.850;cause=17;text="USER_BUSY"`}, 17, "USER_BUSY"},
		{[]string{`q.850 ; cause=16 ; text=bye`}, 16, "bye"},
		{[]string{`SIP;cause=806;text="USER_NOT_REGISTERED"`}, 0, "USER_NOT_REGISTERED"},
		{[]string{`SIP;cause=200;text="Call completed elsewhere",Q.850;cause=26`}, 26, ""},
		{[]string{`SIP;cause=480`, `Q.850;cause=18;text="a, \"b\"; c"`}, 18, `a, "b"; c`},
		{[]string{`Q.850;cause=999`}, 0, ""},
		{[]string{`Q.850;cause=x;text="`}, 0, ""},
		{[]string{`;;;`, `,`, `"`}, 0, ""},
	}
	for _, tt := range tests {
		if cause, text := parseReason(tt.fields); cause != tt.cause || text != tt.text {
			t.Errorf("%q: %d %q, want %d %q", tt.fields, cause, text, tt.cause, tt.text)
		}
	}
}

func TestReasonWeWriteIsReadAgain(t *testing.T) {
	for _, text := range []string{"", "NORMAL_CLEARING", `with "quotes" and \`, "two\r\nlines", "commas, semicolons;"} {
		cause, got := parseReason([]string{formatReason(16, text)})
		if cause != 16 || got != clean(text, maxPhrase) {
			t.Errorf("%q: %d %q", text, cause, got)
		}
	}
	if got := formatReason(0, "x"); got != "" {
		t.Errorf("got %q", got)
	}
}

func FuzzParseReason(f *testing.F) {
	f.Add(`Q.850;cause=17;text="USER_BUSY"`)
	f.Add(`SIP;cause=200,Q.850;cause=26;text="\`)
	f.Fuzz(func(t *testing.T, s string) {
		cause, text := parseReason([]string{s})
		if cause < 0 || cause > 127 || !isLine(text) {
			t.Fatalf("%q: %d %q", s, cause, text)
		}
	})
}
