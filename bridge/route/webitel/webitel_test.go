package webitel

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"switchgram/bridge/route"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func imported(t *testing.T, name string) (*Script, []string) {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Import(name, text)
	if err != nil {
		t.Fatal(err)
	}
	var notes []string
	for _, n := range s.Notes {
		notes = append(notes, n.Path+": "+n.Text)
	}
	return s, notes
}

func TestAScriptOfACRBecomesOurs(t *testing.T) {
	ours, notes := imported(t, "acr.json")
	want := []string{
		`: "_id" has no equal and is left out`,
		`: "version" has no equal and is left out`,
		`callflow[1].if.then[1]: application "script" has no equal and is left out`,
		`callflow[2].httpRequest: "insecureSkipVerify" is left out: certificates are always verified here`,
		`callflow[2].httpRequest: "renegotiation" is left out: a connection keeps the TLS that it began with`,
		`callflow[4].queue.startPosition: "verbose" has no equal and is left out`,
	}
	if !slices.Equal(notes, want) {
		t.Errorf("notes:\n%s\nwant:\n%s", strings.Join(notes, "\n"), strings.Join(want, "\n"))
	}
	text := strings.Replace(string(ours.JSON), "$${us-ring}", "%(2000,4000,440,480)", 1) // FreeSWITCH's globals are no secrets
	for _, kept := range []string{`"startPosition":{"var":"place"}`, `"transferAfterBridge":"default:200"`, `"continueOnAnswered":"true"`} {
		if !strings.Contains(strings.Join(strings.Fields(text), ""), kept) {
			t.Errorf("%s is not in %s", kept, text)
		}
	}
	s, err := route.Parse("ours.json", strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if s.Name != "office" || s.Order != 5 || s.Domain != "example.org" || s.Zone.String() != "Europe/Kyiv" {
		t.Errorf("%+v", s)
	}
}

func TestAScriptOfFlowManagerBecomesOurs(t *testing.T) {
	ours, notes := imported(t, "flow.json")
	if want := []string{
		`schema[4].joinQueue.bucket: "bucket" has no equal and is left out`,
		`schema[5]: application "getCases" has no equal and is left out`,
	}; !slices.Equal(notes, want) {
		t.Errorf("%q", notes)
	}
	if _, err := route.Parse("ours.json", bytes.NewReader(ours.JSON)); err != nil {
		t.Errorf("%v\n%s", err, ours.JSON)
	}
}

func TestWhatIsNoScriptIsRefused(t *testing.T) {
	for text, want := range map[string]string{`{"name": "x"}`: "no steps", `{`: "x.json:1:2", `[{"answer": ""}]`: ""} {
		_, err := Import("x.json", []byte(text))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// FuzzImport: whatever comes in, what comes out is JSON that the parser reads or refuses in order.
func FuzzImport(f *testing.F) {
	for _, name := range []string{"acr.json", "flow.json"} {
		text, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`[{"if":{"then":[{"limit":{}}],"case":{"a":1}}},{"switch":5}]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := Import("f", text)
		if err != nil {
			return
		}
		_, err = route.Parse("ours", bytes.NewReader(s.JSON))
		if err != nil && len(route.Problems(err)) == 0 {
			t.Errorf("%s becomes %s: %v", text, s.JSON, err)
		}
	})
}
