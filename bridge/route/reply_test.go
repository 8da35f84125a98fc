package route_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"switchgram/bridge/route"
	"switchgram/bridge/route/rehearsal"
)

// hook is a script of web requests around some steps.
func hook(steps string) string {
	return `{"name": "x", "context": "webhook", "destination_number": "^order/(\\d+)$", "functions": {"aside": [{"httpResponse": {}}]}, "callflow": [` + steps + `]}`
}

// ask has a script answer a request, and returns what was done besides.
func ask(t *testing.T, text string, prepare ...func(*rehearsal.Stage, *route.Options)) (answers []route.Reply, did string) {
	t.Helper()
	stage := rehearsal.New(io.Discard)
	o := stage.Options(&route.Library{Scripts: []*route.Script{parse(t, "x.json", text)}}, tuesday)
	for _, p := range prepare {
		p(stage, &o)
	}
	e := route.NewEngine(o)
	facts := map[string]string{
		"http_method": "POST", "http_query": `{"page":"2"}`, "http_headers": `{"x-event":"push"}`, "http_body": "{\"who\": \"<b>\\\"${call_id}\\\"\\r\\nX: y\"}",
	}
	a := route.Arrival{Context: route.Webhook, Number: "order/7", Source: "http", Facts: facts}
	err := e.Ask(t.Context(), "id", a, func(r route.Reply) { answers = append(answers, r) })
	e.Wait()
	if err != nil || len(answers) != 1 {
		t.Fatalf("%d answers, %v", len(answers), err)
	}
	return answers, strings.Join(stage.Done(), "\n")
}

func TestAWebRequestIsAnsweredWithWhatItSaid(t *testing.T) {
	for steps, want := range map[string]struct{ kind, body string }{
		`{"httpResponse": {}}`:                                {"", ""},
		`{"httpResponse": {"body": "${1} ${http_body.who}"}}`: {"text/plain; charset=utf-8", "7 <b>\"${call_id}\"\r\nX: y"},
		`{"httpResponse": {"body": {"id": "${1}", "page": "${http_query.page}", "event": "${http_headers.x-event}", "who": "${http_body.who}", "n": 1}}}`: {
			"application/json", `{"event":"push","id":"7","n":1,"page":"2","who":"<b>\"${call_id}\"\r\nX: y"}`},
		`{"httpResponse": {"headers": {"Content-Type": "text/html"}, "body": "<p>${http_body.who}</p>"}}`:                         {"text/html", "<p>&lt;b&gt;&#34;${call_id}&#34;  X: y</p>"},
		`{"httpResponse": {"headers": {"Content-Type": "application/x-www-form-urlencoded"}, "body": {"a": "${http_body.who}"}}}`: {"application/x-www-form-urlencoded", "a=%3Cb%3E%22%24%7Bcall_id%7D%22%0D%0AX%3A+y"},
		`{"httpResponse": {"headers": {"X-Who": "${http_body.who}", "Content-Type": "text/plain"}, "body": "x"}}`:                 {"text/plain", "x"},
	} {
		answers, _ := ask(t, hook(steps))
		a := answers[0]
		if a.Status != 200 || a.Header.Get("Content-Type") != want.kind || string(a.Body) != want.body || a.Header.Get("X-Who") != "" {
			t.Errorf("%s: %d %v %q, want %q", steps, a.Status, a.Header, a.Body, want)
		}
	}
}

func TestTheStatusOfAnAnswer(t *testing.T) {
	for steps, want := range map[string]int{
		`{"httpResponse": {"responseCode": 404}}`:                               404,
		`{"setVar": "code=503"}, {"httpResponse": {"responseCode": "${code}"}}`: 503,
		`{"setVar": "code=42"}, {"httpResponse": {"responseCode": "${code}"}}`:  500,
		`{"log": "nothing to say"}`:                                             204,
		`{"answer": true}, {"hangup": "USER_BUSY"}`:                             204, // there is no call
		`{"sendMessage": {"to": "@ann", "message": "x"}}`:                       500,
		`{"sendMessage": {"to": "@ann", "message": "x"}}, {"httpResponse": {}}`: 200,
		`{"sendMessage": {"to": "@ann", "message": "x"}, "onError": {"goto": "e"}}, {"tag": "e", "httpResponse": {"responseCode": 502}}`: 502,
		`{"tag": "t", "log": "x"}, {"goto": "t"}`:                                                500,
		`{"while": {"condition": "true", "do": [{"setVar": "a=1"}]}}`:                            500,
		`{"execute": {"name": "aside", "async": true}}, {"httpResponse": {"responseCode": 201}}`: 201, // which the one beside does not give
	} {
		answers, _ := ask(t, hook(steps), func(s *rehearsal.Stage, _ *route.Options) {
			if err := s.Expect("sendMessage", "secret reason"); err != nil {
				t.Fatal(err)
			}
		})
		if a := answers[0]; a.Status != want || len(a.Body) > 0 {
			t.Errorf("%s: %d %q, want %d", steps, a.Status, a.Body, want)
		}
	}
}

func TestAScriptGoesOnWhenItHasAnswered(t *testing.T) {
	_, did := ask(t, hook(`{"httpResponse": {}}, {"sendMessage": {"to": "@ann", "message": "order ${1}"}}, {"httpResponse": {"body": "again"}}, {"log": "${last_error}"}`))
	if !strings.Contains(did, "message to @ann (text): order 7") || !strings.Contains(did, "unavailable") {
		t.Errorf("did\n%s", did)
	}
	_, s, _ := perform(t, around(`{"httpResponse": {}}`))
	if s.Value("last_error") != "unavailable" {
		t.Errorf("in a call: %q", s.Value("last_error"))
	}
}

func TestNobodyWaitsForAScriptThatWaits(t *testing.T) {
	for steps, c := range map[string]struct {
		status int
		answer time.Duration
		end    time.Duration
	}{
		`{"sleep": 3600000}`:                       {500, 10 * time.Second, 10 * time.Second},
		`{"httpResponse": {}}, {"sleep": 3600000}`: {200, 0, time.Minute},
		`{"sleep": 2000}, {"httpResponse": {}}`:    {200, 2 * time.Second, 2 * time.Second},
		`{"httpResponse": {}}, {"sleep": 20000}`:   {200, 0, 20 * time.Second},
		`{"sleep": 3600000, "timeout": 9000}`:      {500, 9 * time.Second, 9 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			stage := rehearsal.New(io.Discard)
			o := stage.Options(&route.Library{Scripts: []*route.Script{parse(t, "x.json", hook(steps))}}, tuesday)
			o.Dry = false
			began, answered := time.Now(), time.Duration(-1)
			var got route.Reply
			err := route.NewEngine(o).Ask(t.Context(), "id", route.Arrival{Context: route.Webhook, Number: "order/7"}, func(r route.Reply) { got, answered = r, time.Since(began) })
			if err != nil || got.Status != c.status || answered != c.answer || time.Since(began) != c.end {
				t.Errorf("%s: %d after %s, ended after %s, %v", steps, got.Status, answered, time.Since(began), err)
			}
		})
	}
}

func TestAPathWithoutARouteIsNotAnswered(t *testing.T) {
	stage := rehearsal.New(io.Discard)
	l := &route.Library{Scripts: []*route.Script{parse(t, "x.json", hook(`{"log": "x"}`)), parse(t, "y.json", around(`{"log": "x"}`))}}
	e := route.NewEngine(stage.Options(l, tuesday))
	for _, number := range []string{"order/x", "", "1"} {
		err := e.Ask(t.Context(), "id", route.Arrival{Context: route.Webhook, Number: number}, func(r route.Reply) { t.Errorf("%q: %+v", number, r) })
		if !errors.Is(err, route.ErrNoRoute) {
			t.Errorf("%q: %v", number, err)
		}
	}
}

func TestAnswersThatCannotBe(t *testing.T) {
	for steps, want := range map[string]string{
		`{"httpResponse": {"responseCode": 100}}`:                "between 200 and 599",
		`{"httpResponse": {"responseCode": "ok"}}`:               "between 200 and 599",
		`{"httpResponse": {"headers": {"Content-Length": "1"}}}`: `"Content-Length" cannot be set`,
		`{"httpResponse": {"headers": {"a b": "1"}}}`:            `"a b" cannot be set`,
		`{"httpResponse": {"headers": "X=1"}}`:                   "want an object of texts",
		`{"httpResponse": {"status": 200}}`:                      `"status" is not known here`,
		`{"httpResponse": {}, "async": true}`:                    "cannot be async",
	} {
		if _, err := route.Parse("x.json", strings.NewReader(hook(steps))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", steps, err, want)
		}
	}
	for _, steps := range []string{`{"httpResponse": {"body": {"a": ["$${key}"]}}}`, `{"httpResponse": {"headers": {"X": "$${key}"}}}`, `{"httpResponse": {"responseCode": "$${key}"}}`} {
		l := &route.Library{Scripts: []*route.Script{parse(t, "x.json", hook(steps))}, Secrets: map[string]string{"key": "sesame"}}
		if err := l.Check(); err == nil || !strings.Contains(err.Error(), "a secret, $${key}, has no place here") {
			t.Errorf("%s: %v", steps, err)
		}
	}
}

func TestWhatIsLikelyAMistakeInAScriptOfWebRequests(t *testing.T) {
	whole := hook(`{"httpResponse": {"body": "${http_body.a.b} ${http_form.x} ${http_headers.x-y} ${http_query.q} ${http_path} ${network_addr}"}}, {"execute": "aside"}`)
	for text, want := range map[string]string{
		whole: "",
		strings.Replace(whole, `{"execute"`, `{"playback": "a.wav"}, {"execute"`, 1):                                                                            "callflow[1]: playback needs a call, which a web request is not: it is left out",
		strings.Replace(whole, `{"execute"`, `{"originate": {"endpoint": {"type": "user", "name": "101"}, "actions": [{"playback": "a.wav"}]}}, {"execute"`, 1): "",
		strings.Replace(whole, `"callflow"`, `"onDisconnect": [{"log": "x"}], "callflow"`, 1):                                                                   "onDisconnect: this never runs",
		strings.Replace(whole, `"destination_number": "^order/(\\d+)$", `, "", 1):                                                                               ": no number leads here",
		around(`{"httpResponse": {}}`): "callflow[0]: nobody waits for this answer",
		strings.Replace(around(`{"httpResponse": {}}`), `"default"`, `"private"`, 1): "",
	} {
		got := lint(t, text)
		if want == "" && len(got) > 0 || want != "" && (len(got) != 1 || !strings.HasPrefix(got[0], want)) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestAWebRequestIsTriedWithoutOne(t *testing.T) {
	var out bytes.Buffer
	stage := rehearsal.New(&out)
	if err := stage.Expect("originate", "answered"); err != nil {
		t.Fatal(err)
	}
	text := hook(`{"httpResponse": {"responseCode": 202, "body": {"order": "${1}"}}}, {"originate": {"endpoint": {"type": "user", "name": "101"}, "actions": [{"playback": "a.wav"}]}}`)
	l := &route.Library{Scripts: []*route.Script{parse(t, "x.json", text)}}
	if _, err := stage.Perform(t.Context(), l, route.Arrival{Context: route.Webhook, Number: "order/7"}, tuesday); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"route \"x\"\ncallflow[0].httpResponse\n    answer 202 Content-Type: application/json; {\"order\":\"7\"}\n", "user:101 answers", "play a.wav"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
	if _, err := stage.Perform(t.Context(), l, route.Arrival{Context: route.Webhook, Number: "x"}, tuesday); !errors.Is(err, route.ErrNoRoute) {
		t.Errorf("no route: %v", err)
	}
}
