package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const exampleRoutes = "../../docs/routes"

func TestTheExampleRoutesAreInOrder(t *testing.T) {
	s := sit(t)
	s.want(0, "route", "check", "--strict", exampleRoutes)
	s.out.await(s.ctx, t, "11 routes can be used")
}

func TestAMistakeInAScriptIsShownByPlace(t *testing.T) {
	s := sit(t)
	script := filepath.Join(t.TempDir(), "desk.json")
	text := "{\"name\": \"desk\", \"context\": \"public\", \"destination_number\": \"100\",\n \"callflow\": [\n  {\"anwser\": true}]}"
	if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.want(1, "route", "check", script)
	s.out.await(s.ctx, t, `desk.json:3:4: callflow[0]: there is no application "anwser"; did you mean "answer"?`)
}

func TestJavaScriptThatCannotBeReadIsShownByPlace(t *testing.T) {
	s := sit(t)
	script := filepath.Join(t.TempDir(), "desk.json")
	for data, want := range map[string]string{
		strings.Repeat("(a=", 40) + "1" + strings.Repeat(")=>1", 40): "javascript: it took longer than 1s", // each function takes twice as long as the one in it
		`var a;\nreturn )`: "javascript: line 2: Unexpected token )",
	} {
		text := "{\"name\": \"desk\", \"context\": \"public\", \"destination_number\": \"100\",\n \"callflow\": [\n  {\"js\": {\"data\": \"" + data + "\", \"setVar\": \"v\"}}]}"
		if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		s.want(1, "route", "check", script)
		s.out.await(s.ctx, t, "desk.json:3:19: callflow[0].js.data: "+want)
	}
}

// TestATrialEndsWhateverItsJavaScriptDoes: that of the test cannot be interrupted within its process.
func TestATrialEndsWhateverItsJavaScriptDoes(t *testing.T) {
	s := sit(t)
	script := filepath.Join(t.TempDir(), "desk.json")
	write(t, script, `{"name": "desk", "context": "public", "destination_number": "100", "callflow": [
		{"js": {"data": "return [].indexOf.call({length: 2 ** 53 - 1}, 1)", "setVar": "v"}}, {"log": "then came ${last_error}"}]}`)
	s.want(0, "route", "run", script)
	s.out.await(s.ctx, t, "then came js_timeout")
}

func TestARouteIsTriedWithoutACall(t *testing.T) {
	s := sit(t)
	s.want(0, "route", "run", filepath.Join(exampleRoutes, "push-then-mobile.json"), "-to", "5512", "-from", "+15551234",
		"-answer", `httpRequest=200:{"contact": {"name": "Ann"}}`, "-answer", "bridge=answered")
	for _, line := range []string{
		`route "push then mobile"`, "callflow[1].httpRequest", "GET https://crm.example/api/contacts/by-phone/15551234", `crm_name = "Ann"`,
		"later: POST https://api.pushover.net", "ring sipGateway:gsm/3805012312 for 25s as Ann <+15551234>: answered", "the script hangs up: NORMAL_CLEARING",
	} {
		s.out.await(s.ctx, t, line)
	}
}

func TestAWebRequestIsTriedWithoutOne(t *testing.T) {
	s := sit(t)
	s.want(0, "route", "run", filepath.Join(exampleRoutes, "click-to-call.json"), "-set", "http_method=POST",
		"-set", `http_body={"agent": "101", "customer": "+380501234567"}`, "-answer", "originate=answered")
	for _, line := range []string{
		`answer 202 Content-Type: application/json; X-Request: rehearsal; {"rings":"101"}`, "in 0s call user:101 as  <+380501234567> for 40s: answered",
		"user:101 answers", "ring telegram:+380501234567",
	} {
		s.out.await(s.ctx, t, line)
	}
	s.want(0, "route", "run", exampleRoutes, "-context", "webhook", "-to", "call")
	s.out.await(s.ctx, t, `answer 400 Content-Type: application/json; {"error":"want POST, an agent and a customer"}`)
}

func TestTheTimeOfATrialIsTheScripts(t *testing.T) {
	s := sit(t)
	s.want(0, "route", "run", exampleRoutes, "-to", "380445550300", "-at", "2026-12-25 10:00", "-answer", "getDigits=")
	s.out.await(s.ctx, t, "We are closed for the holiday.")
	s.want(1, "route", "run", exampleRoutes, "-to", "1", "-at", "2026-12-25")
	s.sees("no route for this number")
	s.want(1, "route", "run", exampleRoutes, "-to", "380445550300", "-at", "tomorrow")
	s.sees("want a time such as")
	s.want(1, "route", "run", exampleRoutes, "-to", "380445550300", "-answer", "weather=fine")
	s.sees("nobody asks for an answer")
}

func TestWhatIsInForceIsShownWithoutSecrets(t *testing.T) {
	t.Setenv("CRM_TOKEN", "sesame-open")
	s := sit(t)
	s.want(0, "route", "show", exampleRoutes)
	for _, line := range []string{"calendar office", "list spam", "2 numbers", "limit hotline", "secret crm_token", "is there"} {
		s.out.await(s.ctx, t, line)
	}
	if strings.Contains(s.out.String(), "sesame-open") {
		t.Error("a secret is shown")
	}
}

func TestWhatScriptsHaveAddedToListsIsShown(t *testing.T) {
	s := sit(t)
	routes, err := filepath.Abs(exampleRoutes)
	if err != nil {
		t.Fatal(err)
	}
	config := configuration(t)
	dir := filepath.Dir(config)
	text, err := os.ReadFile(config)
	s.must(err)
	write(t, config, string(text)+"routes: {directory: "+routes+"}\n")
	for _, line := range []string{"list spam", "2 numbers"} {
		s.want(0, "route", "show", "-c", config)
		s.out.await(s.ctx, t, line)
	}
	s.must(os.MkdirAll(filepath.Join(dir, "state", "lists"), 0o700))
	write(t, filepath.Join(dir, "state", "lists", "spam.txt"), "380501234567 until 2999-01-01T00:00:00Z # called too often\n1 until 2020-01-01\n")
	s.want(0, "route", "show", "-c", config)
	s.out.await(s.ctx, t, "added to spam")
	s.out.await(s.ctx, t, "380501234567 until 2999-01-01T00:00:00Z # called too often")
}

func TestAScriptOfWebitelsIsImported(t *testing.T) {
	s := sit(t)
	to := filepath.Join(t.TempDir(), "flow.json")
	s.want(0, "route", "import", "-o", to, "../../bridge/route/webitel/testdata/flow.json")
	s.sees(`application "getCases" has no equal`)
	s.want(0, "route", "check", to)
	s.want(0, "route", "schema")
	s.out.await(s.ctx, t, "json-schema.org")
}
