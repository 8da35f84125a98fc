package route_test

import (
	"slices"
	"strings"
	"testing"

	"switchgram/bridge/route"
)

// around is a script around some steps.
func around(steps string) string {
	return `{"name": "x", "context": "default", "destination_number": "^1$", "callflow": [` + steps + `]}`
}

// lint is what Lint says of a script, the texts alone.
func lint(t *testing.T, text string) (all []string) {
	t.Helper()
	for _, p := range parse(t, "x.json", text).Lint() {
		all = append(all, p.Path+": "+p.Text)
	}
	return all
}

func TestWhatIsLikelyAMistake(t *testing.T) {
	for steps, want := range map[string]string{
		`{"hangup": "USER_BUSY"}, {"log": "x"}`:                                                             "callflow[1]: this is never reached: callflow[0] ends with hangup",
		`{"if": {"expression": "true", "then": [{"break": true}, {"sleep": 1}]}}`:                           "callflow[0].if.then[1]: this is never reached",
		`{"log": "x", "break": true}, {"sleep": 1}`:                                                         "callflow[1]: this is never reached",
		`{"log": "${nobodys}"}`:                                                                             `callflow[0].log: nobody sets variable "nobodys"`,
		`{"if": {"expression": "${nobodys} == 1"}}`:                                                         `nobody sets variable "nobodys"`,
		`{"function": {"name": "f", "actions": [{"sleep": 1}]}}`:                                            `nobody executes function "f"`,
		`{"httpRequest": {"url": "https://hooks.slack.com/services/T0/B0/x"}}`:                              "looks like a secret",
		`{"httpRequest": {"url": "https://a.example", "headers": {"Authorization": "Basic dXNlcjpwYXNz"}}}`: "looks like a secret",
		`{"httpRequest": {"url": "https://a.example", "data": {"password": "sesame"}}}`:                     "this looks like a secret",
	} {
		if got := lint(t, around(steps)); len(got) != 1 || !strings.Contains(got[0], want) {
			t.Errorf("%s: %q, want %s", steps, got, want)
		}
	}
}

func TestWhatIsNone(t *testing.T) {
	for _, steps := range []string{
		`{"hangup": "USER_BUSY"}, {"tag": "later", "log": "x"}, {"goto": "later"}`,
		`{"setVar": "a=1"}, {"log": "${a} ${caller_id_number} ${hangup_cause} ${tg_user_id}"}`,
		`{"setVar": "a={}"}, {"log": "${a.b.0}"}`,
		`{"execute": {"name": "f", "args": {"who": "x"}}}, {"function": {"name": "f", "actions": [{"log": "${who}"}]}}`,
		`{"goto": "1"}, {"sleep": 1, "tag": "1"}`,
		`{"httpRequest": {"url": "$${hook}", "data": {"password": "$${p}"}}}`,
	} {
		if got := lint(t, around(steps)); len(got) > 0 {
			t.Errorf("%s: %q", steps, got)
		}
	}
}

func TestPatternsThatMatchMore(t *testing.T) {
	got := lint(t, strings.Replace(around(`{"sleep": 1}`), "^1$", `1\\d+`, 1))
	if len(got) != 1 || !strings.Contains(got[0], "merely contain it") {
		t.Errorf("%q", got)
	}
}

func TestStepsThatComeTooLate(t *testing.T) {
	got := lint(t, strings.Replace(around(`{"sleep": 1}`), `"callflow"`, `"onDisconnect": [{"if": {"expression": "true", "then": [{"answer": true}]}}], "callflow"`, 1))
	if len(got) != 1 || !strings.Contains(got[0], "answer needs a call") {
		t.Errorf("%q", got)
	}
}

func TestTheExamplesAreInOrder(t *testing.T) {
	s := newScene(t)
	for _, script := range s.library.Scripts {
		for _, p := range script.Lint() {
			t.Error(p)
		}
	}
	if !slices.ContainsFunc(s.library.Scripts, func(s *route.Script) bool { return s.Name == "city line" }) {
		t.Error("an example is gone")
	}
}
