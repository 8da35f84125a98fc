package route_test

import (
	"slices"
	"strings"
	"testing"

	"switchgram/bridge/route"
	"switchgram/bridge/route/rehearsal"
)

func TestGlobalsAreKnownEverywhereAndSecretsOnlyWhereTheyMayBe(t *testing.T) {
	for steps, want := range map[string]string{
		`{"setVar": "v=$${company} calls"}`: "",
		`{"if": {"expression": "$${company} == 'Acme' && '$${company}' == 'Acme'", "then": []}}`:    "",
		`{"httpRequest": {"url": "https://$${host}/$${company}", "auth": {"bearer": "$${token}"}}}`: "",
		`{"js": {"data": "return $${company}", "setVar": "v"}}`:                                     "",
		`{"openLink": {"user": "1", "url": "https://$${host}/"}}`:                                   "",
		`{"setVar": "v=$${nobody}"}`:                               `there is no global "nobody"`,
		`{"httpRequest": {"url": "https://a.example/$${nobody}"}}`: `there is no secret "nobody"`,
		`{"log": "$${token}"}`:                                     "a secret, $${token}, has no place here",
		`{"js": {"data": "return $${token}", "setVar": "v"}}`:      "a secret, $${token}, has no place here",
		`{"if": {"expression": "$${token} == ''", "then": []}}`:    "a secret, $${token}, has no place here",
	} {
		l := &route.Library{
			Scripts: []*route.Script{parse(t, "x.json", around(steps))},
			Globals: map[string]string{"company": "Acme", "host": "crm.example"}, Secrets: map[string]string{"token": "sesame"},
		}
		if err := l.Check(); (err != nil) != (want != "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", steps, err, want)
		}
	}
}

func TestWhatAGlobalHolds(t *testing.T) {
	steps := `{"setVar": "v=$${company} $${token}"}, {"if": {"expression": "$${company} == 'Acme'", "then": [{"setVar": "v=${v}!"}]}},
		{"js": {"data": "return ${v} + $${company}.length", "setVar": "v"}}, {"httpRequest": {"url": "https://$${host}/x", "data": {"c": "$${company}"}}}`
	stage, s, _ := perform(t, around(steps), func(_ *rehearsal.Stage, o *route.Options) {
		l := o.Library()
		l.Globals, l.Secrets = map[string]string{"company": "Acme", "host": "crm.example"}, map[string]string{"token": "sesame"}
	})
	if s.Value("v") != "Acme !4" {
		t.Errorf("%q", s.Value("v"))
	}
	if done := strings.Join(stage.Done(), "\n"); !strings.Contains(done, `POST https://crm.example/x Content-Type: application/json {"c":"Acme"}`) {
		t.Error(done)
	}
}

func TestASecretThatIsPartOfAnotherShowsNothingOfIt(t *testing.T) {
	l := &route.Library{Secrets: map[string]string{"token": "sesame", "link": "https://sesame.example", "pin": "123"}}
	if got := l.Hidden(); !slices.Equal(got, []string{"https://sesame.example", "sesame"}) {
		t.Errorf("looked for in this order: %q", got)
	}
}
