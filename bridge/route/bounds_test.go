package route_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"switchgram/bridge/fetch"
	"switchgram/bridge/route"
	"switchgram/bridge/route/rehearsal"
)

// counting adds one to n.
const counting = `{"math": {"fn": "add", "data": ["${n}", 1], "setVar": "n"}}`

// TestScriptsGoRoundSoOften and no more.
func TestScriptsGoRoundSoOften(t *testing.T) {
	tags := ""
	for i := range 12 {
		tags += fmt.Sprintf(`{"tag": "t%d", "setVar": "v=1"}, %s, {"if": {"expression": "${n} < %d", "then": [{"goto": "t%d"}]}}, `, i, counting, 95*(i+1), i)
	}
	for steps, want := range map[string]string{
		`{"tag": "t", "setVar": "v=1"}, ` + counting + `, {"goto": "t"}`:                                 "101",  // a hundred jumps to a tag
		tags + `{"setVar": "v=never"}`:                                                                   "1011", // a thousand jumps, with each tag's first time
		`{"while": {"condition": "true", "do": [` + counting + `]}}`:                                     "1000",
		`{"while": {"condition": "true", "maxSteps": 7, "do": [` + counting + `]}}`:                      "7",
		`{"execute": "f"}, {"function": {"name": "f", "actions": [` + counting + `, {"execute": "f"}]}}`: "32",
		`{"tag": "t", "limit": {"max": 3, "failover": "out"}, "execute": "f"}, {"goto": "t"}, {"tag": "out", "hangup": 16}, {"function": {"name": "f", "actions": [` + counting + `]}}`: "3",
	} {
		synctest.Test(t, func(t *testing.T) {
			if _, s, _ := perform(t, around(`{"answer": true}, {"setVar": "n=0"}, `+steps)); s.Value("n") != want {
				t.Errorf("%.60s…: %s times, want %s; last error %s", steps, s.Value("n"), want, s.Value("last_error"))
			}
		})
	}
}

func TestRoutesWithinRoutesAreEightDeep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, _ := perform(t, around(`{"if": {"expression": "${n} == ''", "then": [{"setVar": "n=0"}]}}, `+counting+`, {"schema": "x"}`))
		if got := s.Value("n"); got != "9" || // its own and eight more
			s.Value("last_error") != "loop_limit" {
			t.Errorf("%s deep; last error %s", got, s.Value("last_error"))
		}
	})
}

func TestACallHasTenThousandStepsTwoHundredASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ran, began := 0, time.Now()
		_, s, _ := perform(t, around(`{"answer": true}, {"while": {"condition": "true", "do": [{"while": {"condition": "true", "do": [{"setVar": "v=1"}]}}]}}`),
			func(_ *rehearsal.Stage, o *route.Options) {
				o.Dry, o.Now = false, time.Now
				o.Trace = func(string, string, time.Duration, error) { ran++ }
			})
		if took := time.Since(began); ran != 10000 || took < 49*time.Second || took > 51*time.Second {
			t.Errorf("%d steps in %s; last error %s", ran, took, s.Value("last_error"))
		}
	})
}

// Collect waits for keys that are never pressed.
func (p *patient) Collect(ctx context.Context, _ route.Collection) (string, error) {
	<-ctx.Done()
	return "", context.Cause(ctx)
}

func TestStepsEndInTime(t *testing.T) {
	for step, want := range map[string]time.Duration{
		`{"playback": "x"}`: 10 * time.Minute,
		`{"playback": {"name": "x", "getDigits": {"setVar": "k", "timeout": 3600000}}}`:                       5 * time.Minute,
		`{"sleep": 600000, "timeout": 100}`:                                                                   100 * time.Millisecond,
		`{"bridge": {"endpoints": [{"type": "user", "name": "1"}]}, "timeout": 3600000}`:                      time.Hour,
		`{"httpRequest": "https://a.example"}`:                                                                3 * time.Second,
		`{"httpRequest": {"url": "https://a.example", "timeout": 30000}}`:                                     30 * time.Second,
		`{"httpRequest": {"url": "https://a.example", "timeout": 200, "retry": {"count": 1, "backoff": 50}}}`: 450 * time.Millisecond,
	} {
		synctest.Test(t, func(t *testing.T) {
			stage := &patient{Stage: rehearsal.New(io.Discard)}
			o := stage.Options(&route.Library{Scripts: []*route.Script{parse(t, "x.json", around(`{"answer": true}, `+step+`, {"setVar": "v=on"}`))}}, tuesday)
			o.Dry, o.HTTP, o.Now = false, slow{}, time.Now
			e := route.NewEngine(o)
			s, err := e.Begin(stage, route.Arrival{Context: route.Default, Number: "1"})
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			e.Run(t.Context(), stage, s)
			if took := time.Since(began); took != want || s.Value("v") != "on" || !strings.HasSuffix(s.Value("last_error"), "timeout") {
				t.Errorf("%s ended after %s, want %s; last error %q", step, took, want, s.Value("last_error"))
			}
		})
	}
}

// slow is a web that answers nobody; it is as patient as it is told.
type slow struct{}

func (slow) Do(ctx context.Context, r fetch.Request) (*fetch.Response, error) {
	ctx, cancel := context.WithTimeout(ctx, r.Timeout)
	defer cancel()
	<-ctx.Done()
	return nil, context.Cause(ctx)
}

// TestAConditionIsGivenUpThatWouldTakeTooLong, and is as if it did not hold.
func TestAConditionIsGivenUpThatWouldTakeTooLong(t *testing.T) {
	_, s, _ := perform(t, around(`{"setVar": "long=`+strings.Repeat("a", 60000)+`"},
		{"if": {"expression": "/(a?){1000}b/.test(${long}) || ${caller_id_number} == 101", "then": [{"setVar": "v=then"}], "else": [{"setVar": "v=else"}]}}`))
	if s.Value("v") != "else" || s.Value("last_error") != "expression" || s.Value("last_error_step") != "callflow[1]" {
		t.Errorf("%s: %s in %s", s.Value("v"), s.Value("last_error"), s.Value("last_error_step"))
	}
	_, s, _ = perform(t, around(`{"setVar": "long="}, {"while": {"condition": "!/(a?){1000}b/.test(${long})", "do": [{"setVar": "long=`+strings.Repeat("a", 60000)+`"}]}}`))
	if s.Value("last_error") != "expression" || s.Value("last_error_step") != "callflow[1]" {
		t.Errorf("a loop: %s in %s", s.Value("last_error"), s.Value("last_error_step"))
	}
}

func TestOnDisconnectHasAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		script := strings.Replace(around(`{"setVar": "v=1"}`), `"callflow"`, `"onDisconnect": [{"log": "one"}, {"sleep": 600000}, {"log": "two"}], "callflow"`, 1)
		stage, s, _ := perform(t, script)
		o := stage.Options(&route.Library{Scripts: []*route.Script{parse(t, "x.json", script)}}, tuesday)
		o.Dry, o.Now = false, time.Now
		began, e := time.Now(), route.NewEngine(o)
		err := e.End(s, route.Ended{})
		if err == nil {
			err = e.Afterwards(t.Context(), s)
		}
		if done := strings.Join(stage.Done(), "\n"); err == nil || time.Since(began) != time.Minute || !strings.Contains(done, "one") || strings.Contains(done, "two") {
			t.Errorf("after %s: %v; %s", time.Since(began), err, done)
		}
	})
}

func TestWhatAScriptKeepsIsBounded(t *testing.T) {
	_, s, _ := perform(t, around(`{"setVar": "v=0123456789abcdef"}, {"while": {"condition": "true", "maxSteps": 20, "do": [{"setVar": "v=${v}${v}"}]}}`))
	if n := len(s.Value("v")); n != 64<<10 {
		t.Errorf("a variable of %d bytes", n)
	}
	many := ""
	for i := range 1500 {
		many += fmt.Sprintf(`{"setVar": "v%d=x"}, `, i)
	}
	synctest.Test(t, func(t *testing.T) {
		if _, s, _ := perform(t, around(`{"answer": true}, `+many+`{"setVar": "v0=last"}`)); len(s.Variables) != 1000 || s.Value("v0") != "last" {
			t.Errorf("%d variables, %q", len(s.Variables), s.Value("v0"))
		}
	})
}
