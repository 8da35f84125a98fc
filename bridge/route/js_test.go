package route_test

import (
	"strings"
	"testing"

	"switchgram/bridge/route"
	"switchgram/bridge/route/javascript"
	"switchgram/bridge/route/rehearsal"
)

func TestAScriptReckonsInJavaScript(t *testing.T) {
	for steps, want := range map[string]string{
		`{"js": {"data": "return ${caller_id_number} * 2", "setVar": "v"}}`:                                                                      "202",
		`{"setVar": ["contact={\"phones\": [\"5\"]}"]}, {"js": {"data": "return ${contact.phones.0} + ${caller_id_name|upper}", "setVar": "v"}}`: "5ANN",
		`{"js": {"data": "return variables.caller_id_name + variables.last_error", "setVar": "v"}}`:                                              "Annundefined",
		`{"js": {"data": "return LocalDate().getHours()", "setVar": "v"}}`:                                                                       "10",
		`{"timezone": "Asia/Tokyo"}, {"js": {"data": "return LocalDate().getHours()", "setVar": "v"}}`:                                           "19",
		`{"setVar": "v=old"}, {"js": {"data": "throw 1", "setVar": "v"}}, {"setVar": "v=${v}${last_error}"}`:                                     "js_error",
		`{"js": {"data": "return {name: ${caller_id_name}}", "setVar": "all:c"}}, {"setVar": "v=${c.name}"}`:                                     "Ann",
		`{"setVar": "a=1"}, {"js": {"data": "return (variables.a = 2, ${a})", "setVar": "v"}}`:                                                   "1",
	} {
		text := strings.Replace(around(steps), `"callflow"`, `"timezone": "UTC", "callflow"`, 1)
		if _, s, _ := perform(t, text); s.Value("v") != want {
			t.Errorf("%s\nv is %q, want %q", steps, s.Value("v"), want)
		}
	}
}

func TestJavaScriptIsOffUnlessTheOperatorAllowsIt(t *testing.T) {
	_, s, _ := perform(t, around(`{"js": {"data": "return 1", "setVar": "v"}}`), func(_ *rehearsal.Stage, o *route.Options) { o.JavaScript = nil })
	if s.Value("last_error") != "unavailable" || s.Value("v") != "" {
		t.Errorf("%v", s.Variables)
	}
}

func TestWhatIsTooMuchIsNotGivenToJavaScript(t *testing.T) {
	var all []string
	for _, name := range strings.Split("abcdefghijklmnopqrst", "") {
		all = append(all, `{"setVar": "`+name+`=`+strings.Repeat("x", 60000)+`"}`)
	}
	_, s, _ := perform(t, around(strings.Join(all, ",")+`, {"js": {"data": "return 1", "setVar": "v"}}`))
	if s.Value("last_error") != "js_too_long" {
		t.Errorf("%q", s.Value("last_error"))
	}
}

func TestMistakesInJavaScriptAreFoundWhenTheScriptIsRead(t *testing.T) {
	for step, want := range map[string]string{
		`{"js": {"data": "return (", "setVar": "v"}}`:              "x.json:1:",
		`{"js": {"data": "return ${a|nofilter}", "setVar": "v"}}`:  "nofilter",
		`{"js": {"data": "return 1"}}`:                             `"setVar" is missing`,
		`{"js": {"data": ["return 1"], "setVar": "v"}}`:            "want JavaScript in quotes",
		`{"js": {"data": "return 1", "setVar": "exec_something"}}`: "protected",
	} {
		s, err := route.Parse("x.json", strings.NewReader(around(step)))
		if err == nil {
			err = s.CheckJavaScript(javascript.Inline{})
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", step, err, want)
		}
	}
}
