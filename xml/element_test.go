package xml

import (
	stdxml "encoding/xml"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestHostileValuesStayValues(t *testing.T) {
	for in, want := range map[string]string{
		`a&b<c>d"e'f`:                    `a&b<c>d"e'f`,
		`"/><action application="x`:      `"/><action application="x`,
		"line\r\none\ttab":               "line  one tab",
		"nul\x00 bell\a esc\x1b del\x7f": "nul bell esc del",
		"bad\xff utf8":                   "bad utf8",
		"\ufffe\uffff\u2028Ünï 漢":        "\u2028Ünï 漢",
		"&amp;&#60;":                     "&amp;&#60;",
		"]]>-->":                         "]]>-->",
	} {
		if got := reread(t, in); got != want {
			t.Errorf("%q is read as %q, want %q", in, got, want)
		}
	}
}

// reread writes a value, and reads it as a program that knows XML does.
func reread(t *testing.T, value string) string {
	t.Helper()
	var p struct {
		Value string `xml:"value,attr"`
	}
	text := render(param("name", value))
	if err := stdxml.Unmarshal(text, &p); err != nil {
		t.Fatalf("%q: %v: %s", value, err, text)
	}
	return p.Value
}

func TestCommentsEndWhereTheyShould(t *testing.T) {
	got := string(render(comment("one -- two --> three -\nfour")))
	if strings.Count(got, "--") != 2 {
		t.Error(got)
	}
	var any struct{}
	if err := stdxml.Unmarshal([]byte("<a>"+got+"</a>"), &any); err != nil {
		t.Errorf("%v: %s", err, got)
	}
}

func FuzzValue(f *testing.F) {
	f.Add(`a&b<c>d"e'f`)
	f.Add("\x00\ufffe\xff\r\n")
	f.Fuzz(func(t *testing.T, value string) {
		got := reread(t, value)
		if !utf8.ValidString(got) || strings.ContainsAny(got, "\r\n\t\x00") {
			t.Errorf("%q is read as %q", value, got)
		}
		if again := reread(t, got); again != got {
			t.Errorf("%q is read as %q, then as %q", value, got, again)
		}
	})
}
