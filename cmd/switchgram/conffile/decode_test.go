package conffile_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"switchgram/cmd/switchgram/conffile"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type config struct {
	Name  string        `yaml:"name"`
	Drain time.Duration `yaml:"drain"`
	Lines []line        `yaml:"lines"`
}

type line struct {
	MaxCalls int      `yaml:"max_calls"`
	Allow    []string `yaml:"allow"`
}

func TestWrongFilesAreNamedByLineAndColumn(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"unknown key":    {"name: x\nlines:\n  - maxcalls: 3\n", `c.yaml:3:5: lines[0]: unknown key "maxcalls"; did you mean "max_calls"?`},
		"far from known": {"colour: red\n", `c.yaml:1:1: unknown key "colour"; known are drain, lines, name`},
		"twice":          {"name: x\nname: y\n", `c.yaml:2:1: key "name" stands here twice`},
		"wrong type":     {"lines:\n  - max_calls: many\n", `c.yaml:2:16: lines[0].max_calls: "many": want a whole number`},
		"too large":      {"lines:\n  - max_calls: 99999999999999999999\n", `c.yaml:2:16: lines[0].max_calls: "99999999999999999999": want a whole number`},
		"duration":       {"drain: soon\n", `c.yaml:1:8: drain: "soon": want a duration, such as 30s or 5m`},
		"no unit":        {"drain: 30\n", `c.yaml:1:8: drain: "30": want a duration, such as 30s or 5m`},
		"list expected":  {"lines: 7\n", `c.yaml:1:8: lines: "7": want a list, such as [a, b]`},
		"keys expected":  {"lines: [7]\n", `c.yaml:1:9: lines[0]: "7": want keys with values`},
		"text expected":  {"name: [a]\n", `c.yaml:1:7: name: this is a list: want one value, in quotes if need be`},
		"not a mapping":  {"hello\n", `c.yaml:1:1: "hello": want keys with values`},
		"two documents":  {"name: x\n---\nname: y\n", `c.yaml:2:1: a second document begins here; want one`},
		"no yaml":        {"name: [\n", "c.yaml:1:1: not YAML: did not find expected node content"},
		"tab":            {"lines:\n\t- max_calls: 3\n", "c.yaml:2:1: not YAML: found character that cannot start any token (a tab? YAML is indented with spaces)"},
	} {
		t.Run(name, func(t *testing.T) {
			var c config
			_, err := conffile.Decode("c.yaml", strings.NewReader(test.text), &c)
			if err == nil || err.Error() != test.want {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}

func TestAllProblemsAreReportedAtOnce(t *testing.T) {
	var c config
	_, err := conffile.Decode("c.yaml", strings.NewReader("a: 1\nb: 2\n"), &c)
	if err == nil || strings.Count(err.Error(), "unknown key") != 2 {
		t.Errorf("got %v, want both unknown keys", err)
	}
}

func TestAValueRefusedLaterIsFound(t *testing.T) {
	var c config
	d, err := conffile.Decode("c.yaml", strings.NewReader("lines:\n  - allow: [\"+49*\", x]\n"), &c)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := d.Errorf("lines[0].allow[1]", "no number").Error(), "c.yaml:2:21: lines[0].allow[1]: no number"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := d.Errorf("lines[0].max_calls", "missing").Error(), "c.yaml:2:5: lines[0].max_calls: missing"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAnEmptyFileIsTheDefault(t *testing.T) {
	c := config{Name: "kept"}
	if _, err := conffile.Decode("c.yaml", strings.NewReader(""), &c); err != nil || c.Name != "kept" {
		t.Errorf("got %+v, %v", c, err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("name: x\nlines:\n  - max_calls: 3\n    allow: [a, b]\n")
	f.Add("a: &a {lines: [*a]}\n")
	f.Add("lines: &x [{allow: *x}]")
	f.Fuzz(func(_ *testing.T, text string) {
		var c config
		if d, err := conffile.Decode("c.yaml", strings.NewReader(text), &c); err == nil {
			_ = d.Errorf("lines[0].allow", "x").Error()
		}
	})
}

func Example() {
	var c struct {
		Drain time.Duration `yaml:"drain"`
	}
	_, err := conffile.Decode("switchgram.yaml", strings.NewReader("drain: 30s\ncolor: red\n"), &c)
	fmt.Println(c.Drain, err)
	// Output: 30s switchgram.yaml:2:1: unknown key "color"; known are drain
}
