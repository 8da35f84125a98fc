package route_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"switchgram/bridge/route"
	"switchgram/bridge/route/rehearsal"
)

// origins keeps the calls that a script makes.
type origins struct {
	all  []route.Origin
	fail error
}

func (o *origins) Originate(_ context.Context, one route.Origin) error {
	o.all = append(o.all, one)
	return o.fail
}

// with has a script's calls kept.
func (o *origins) with(_ *rehearsal.Stage, opt *route.Options) { opt.Originator = o }

func TestAScriptMakesASecondCallWithStepsOfItsOwn(t *testing.T) {
	var made origins
	text := around(`{"setVar": {"all:crm": "c-${caller_id_name}", "here": "1"}},
		{"originate": {"uuid": "second", "endpoint": {"type": "user", "name": "101"}, "delay": 0, "timeout": 20, "cid_name": "for ${caller_id_name}",
			"exportVar": {"why": "${caller_id_number} waits"},
			"actions": [{"tag": "again", "setVar": "v=${crm} ${why} ${here}${caller_id_name}"}, {"limit": {"max": 1, "failover": "out"}, "goto": "again"}, {"tag": "out", "sleep": 1}]}},
		{"setVar": "v=first goes on"}`)
	stage, s, _ := perform(t, text, made.with)
	if s.Value("v") != "first goes on" || len(made.all) != 1 {
		t.Fatalf("%v, %+v", s.Variables, made.all)
	}
	o := made.all[0]
	if o.To.Type != "user" || o.To.Name != "101" || o.ID != "second" || o.CallerName != "for Ann" || o.CallerID != "101" || o.Timeout.Seconds() != 20 || o.Delay != 0 {
		t.Errorf("%+v", o)
	}
	e := route.NewEngine(stage.Options(&route.Library{}, tuesday))
	other := e.Adopt(stage, o)
	if ending := e.Run(t.Context(), stage, other); ending.Kind != route.Finished || other.Value("v") != "c-Ann 101 waits for Ann" {
		t.Errorf("%+v %v", ending, other.Variables)
	}
	if other.Facts["parent_call_id"] != s.Call || other.Facts["call_direction"] != "outbound" || !other.Answered {
		t.Errorf("%+v", other)
	}
}

func TestCallsOfCallsHaveAnEnd(t *testing.T) {
	var made origins
	step := `{"originate": {"endpoint": {"type": "user", "name": "101"}, "actions": []}}`
	_, s, _ := perform(t, around(strings.Repeat(step+",", 20)+step), made.with)
	if len(made.all) != 10 || s.Value("last_error") != "loop_limit" {
		t.Errorf("%d calls, %q", len(made.all), s.Value("last_error"))
	}

	made = origins{}
	text := around(`{"tag": "t", "originate": {"endpoint": {"type": "user", "name": "101"}, "actions": [{"goto": "t"}]}}`)
	stage, s, _ := perform(t, text, made.with)
	o := stage.Options(&route.Library{}, tuesday)
	o.Originator = &made
	e := route.NewEngine(o)
	for i := 0; i < len(made.all) && i < 100; i++ {
		s = e.Adopt(stage, made.all[i])
		e.Run(t.Context(), stage, s)
	}
	if len(made.all) != 3 || s.Value("last_error") != "loop_limit" {
		t.Errorf("%d calls, %q", len(made.all), s.Value("last_error"))
	}
}

func TestACallThatMayNotBeIsNotMade(t *testing.T) {
	for endpoint, want := range map[string]string{
		`{"type": "sipGateway", "name": "gsm", "dialString": "666"}`:     "not_allowed",
		`{"type": "user", "name": "1|2"}`:                                "bad_number",
		`{"type": "user", "name": "${nobody}"}`:                          "bad_number",
		`{"type": "telegram", "peer": "@ann"}`:                           "not_called",
		`{"type": "sipUri", "dialString": "a b", "host": "pbx.example"}`: "bad_number",
	} {
		made := origins{fail: errors.New("no room")}
		_, s, _ := perform(t, around(`{"originate": {"endpoint": `+endpoint+`, "actions": []}}`), made.with, func(_ *rehearsal.Stage, o *route.Options) {
			o.MayDial = func(_, number string) error { return errors.New("not " + number) }
		})
		if s.Value("last_error") != want {
			t.Errorf("%s: %q, want %q", endpoint, s.Value("last_error"), want)
		}
	}
}

func TestStepsOfTheSecondCallMayNeedOneAfterTheFirstIsOver(t *testing.T) {
	text := strings.Replace(around(`{"hangup": 16}`), `"callflow"`,
		`"onDisconnect": [{"originate": {"endpoint": {"type": "user", "name": "101"}, "actions": [{"playback": "missed.wav"}]}}], "callflow"`, 1)
	script := parse(t, "x.json", text)
	for _, p := range script.Lint() {
		t.Error(p)
	}
	var out bytes.Buffer
	stage := rehearsal.New(&out)
	if err := stage.Expect("originate", "answered"); err != nil {
		t.Fatal(err)
	}
	l := &route.Library{Scripts: []*route.Script{script}}
	if _, err := stage.Perform(t.Context(), l, route.Arrival{Context: route.Default, Number: "1"}, tuesday); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"in 2s call user:101", "user:101 answers", "play missed.wav"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
}
