package route_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/fetch"
	"switchgram/bridge/route"
	"switchgram/bridge/route/javascript"
	"switchgram/bridge/route/rehearsal"
)

// perform runs a script on a rehearsal, and returns the stage, the state and the end.
func perform(t *testing.T, text string, prepare ...func(*rehearsal.Stage, *route.Options)) (*rehearsal.Stage, *route.State, route.Ending) {
	t.Helper()
	stage := rehearsal.New(io.Discard)
	stage.JavaScript = javascript.Inline{}
	o := stage.Options(&route.Library{Scripts: []*route.Script{parse(t, "x.json", text)}}, tuesday)
	for _, p := range prepare {
		p(stage, &o)
	}
	e := route.NewEngine(o)
	facts := map[string]string{"caller_id_number": "101", "caller_id_name": "Ann"}
	s, err := e.Begin(stage, route.Arrival{Context: route.Default, Number: "1", Facts: facts})
	if err != nil {
		t.Fatal(err)
	}
	ending := e.Run(t.Context(), stage, s)
	e.Wait()
	return stage, s, ending
}

func TestStepsRunInOrderThroughEverythingThatBranches(t *testing.T) {
	for steps, want := range map[string]string{
		`{"setVar": "v=a"}, {"setVar": {"v": "${v}b", "w": 1}}, {"setVar": ["v=${v}c", "local:v=${v}d"]}`:                                                                           "abcd",
		`{"if": {"expression": "${caller_id_number} == 101", "then": [{"setVar": "v=then"}], "else": [{"setVar": "v=else"}]}}`:                                                      "then",
		`{"if": {"expression": "${caller_id_number} != 101", "then": [{"setVar": "v=then"}]}}`:                                                                                      "",
		`{"switch": {"variable": "${caller_id_number}", "case": {"100|101": [{"setVar": "v=1"}], "default": [{"setVar": "v=2"}]}}}`:                                                 "1",
		`{"switch": {"variable": "${caller_id_number}", "case": {"/^1(\\d+)/": [{"setVar": "v=&reg1.$1"}], "1": []}}}`:                                                              "01",
		`{"switch": {"variable": "x", "case": {"default": [{"setVar": "v=2"}]}}}`:                                                                                                   "2",
		`{"setVar": "v=0"}, {"while": {"condition": "${v} < 5", "do": [{"math": {"fn": "add", "data": ["${v}", 1], "setVar": "v"}}]}}`:                                              "5",
		`{"while": {"condition": "${v} == 'x'", "do": [{"setVar": "v=never"}]}}`:                                                                                                    "",
		`{"execute": "f"}, {"function": {"name": "f", "actions": [{"setVar": "v=f"}]}}`:                                                                                             "f",
		`{"setVar": "who=me"}, {"execute": {"name": "f", "args": {"who": "you"}}}, {"setVar": "v=${v}${who}"}, {"function": {"name": "f", "actions": [{"setVar": "v=${who}"}]}}`:    "youme",
		`{"goto": "end"}, {"setVar": "v=never"}, {"tag": "end", "setVar": "v=${v}end"}`:                                                                                             "end",
		`{"if": {"expression": "true", "then": [{"goto": "in"}]}}, {"if": {"expression": "false", "then": [{"sleep": 1}, {"tag": "in", "setVar": "v=in"}]}}, {"setVar": "v=${v}+"}`: "in+",
		`{"setVar": "v=1", "break": true}, {"setVar": "v=2"}`:                                                                                                                       "1",
		`{"execute": "f"}, {"setVar": "v=2"}, {"function": {"name": "f", "actions": [{"setVar": "v=1"}, {"break": true}]}}`:                                                         "1",
		`{"tag": "t", "limit": {"max": 3, "failover": "out"}, "setVar": "v=${v}x"}, {"goto": "t"}, {"tag": "out", "sleep": 1}`:                                                      "xxx",
		`{"setVar": "v=1"}, {"unSet": "v"}`:                                                                               "",
		`{"setArray": {"a": ["x", "y"]}}, {"setVar": "v=${a[1]}"}`:                                                        "y",
		`{"string": {"fn": "reverse", "data": "abc", "setVar": "v"}}`:                                                     "cba",
		`{"timezone": "Asia/Tokyo"}, {"setVar": "v=&hour()"}`:                                                             "19",
		`{"cache": {"method": "add", "key": "k", "value": "x"}}, {"cache": {"method": "get", "key": "k", "setVar": "v"}}`: "x",
		`{"setVar": "domain:v=d"}`:                                                                                        "",
		`{"setVar": "domain:d=1"}, {"setVar": "v=${d}"}`:                                                                  "1",
		`{"httpRequest": {"url": "https://a.example"}, "onError": {"goto": "bad"}}, {"setVar": "v=good", "break": true}, {"tag": "bad", "setVar": "v=${last_error}"}`: "good",
		`{"stt": {"setVar": "v"}, "timeout": 100}`:                                                        "",
		`{"schema": "x2"}, {"setVar": "v=on"}`:                                                            "on",
		`{"list": {"list": {"name": "nobody"}, "actions": []}, "onError": "stop"}, {"setVar": "v=never"}`: "",
		`{"goto": "default:none"}`:                                                                        "",
		`{"hangup": 17}, {"setVar": "v=never"}`:                                                           "",
	} {
		_, s, _ := perform(t, around(steps))
		if got := s.Value("v"); got != want {
			t.Errorf("%s\nv is %q, want %q", steps, got, want)
		}
	}
}

func TestWhatGoesRoundForEverIsEnded(t *testing.T) {
	for steps, want := range map[string]string{
		`{"tag": "t", "setVar": "v=1"}, {"goto": "t"}`:                                 "loop_limit",
		`{"while": {"condition": "true", "do": [{"setVar": "v=1"}]}}`:                  "loop_limit",
		`{"while": {"condition": "true", "do": []}}`:                                   "",
		`{"execute": "f"}, {"function": {"name": "f", "actions": [{"execute": "f"}]}}`: "loop_limit",
		`{"schema": "x"}`:       "loop_limit",
		`{"goto": "default:1"}`: "loop_limit",
		`{"tag": "a", "goto": "b"}, {"tag": "b", "goto": "a"}`:                                                  "loop_limit",
		`{"while": {"condition": "true", "do": [{"while": {"condition": "true", "do": [{"setVar": "v=1"}]}}]}}`: "loop_limit",
	} {
		synctest.Test(t, func(t *testing.T) { // the engine slows it down, which takes no time here
			_, s, ending := perform(t, around(steps))
			if got := s.Value("last_error"); got != want {
				t.Errorf("%s\nlast_error is %q at %s, want %q; %+v", steps, got, s.Value("last_error_step"), want, ending)
			}
		})
	}
}

func TestALoopBeforeTheAnswerHangsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, _, ending := perform(t, around(`{"tag": "t", "setVar": "v=1"}, {"goto": "t"}`))
		if ending.Kind != route.HungUp || ending.Cause != bridge.NormalTemporaryFailure {
			t.Errorf("%+v", ending)
		}
	})
}

func TestAStepThatFailsIsNamedAndTheScriptGoesOn(t *testing.T) {
	_, s, _ := perform(t, around(`{"sleep": 1}, {"if": {"expression": "true", "then": [{"limit": {"name": "nobody"}}]}}, {"setVar": "v=on"}`))
	if s.Value("last_error") != "no_limit" || s.Value("last_error_step") != "callflow[1].if.then[0]" || s.Value("v") != "on" {
		t.Errorf("%v", s.Variables)
	}
}

// brittle is a channel that breaks.
type brittle struct{ *rehearsal.Stage }

func (b *brittle) Play(context.Context, route.Prompt) error { panic("no such sound") }

func TestAPanicIsOneStepThatFailed(t *testing.T) {
	stage := &brittle{rehearsal.New(io.Discard)}
	o := stage.Options(&route.Library{Scripts: []*route.Script{parse(t, "x.json", around(`{"playback": "x"}, {"setVar": "v=on"}`))}}, tuesday)
	e := route.NewEngine(o)
	s, err := e.Begin(stage, route.Arrival{Context: route.Default, Number: "1"})
	if err != nil {
		t.Fatal(err)
	}
	if e.Run(t.Context(), stage, s); s.Value("last_error") != "bug" || s.Value("v") != "on" {
		t.Errorf("%v", s.Variables)
	}
}

// ownLeg is a channel that can do what calls with our own media can, and no more.
type ownLeg struct {
	stage *rehearsal.Stage
	route.Connector
	route.Player
	moves bool
}

func (o *ownLeg) ID() string                                       { return "own" }
func (o *ownLeg) Variable(name string) (string, bool)              { return o.stage.Variable(name) }
func (o *ownLeg) Answer(ctx context.Context) error                 { return o.stage.Answer(ctx) }
func (o *ownLeg) Hangup(ctx context.Context, c bridge.Cause) error { return o.stage.Hangup(ctx, c) }
func (o *ownLeg) CanMove() bool                                    { return o.moves }

func TestACallMovesToFreeSWITCHAndGoesOnThere(t *testing.T) {
	script := around(`{"answer": true}, {"setVar": "v=1"},
		{"if": {"expression": "&match('^(1)', ${caller_id_number})", "then": [{"setVar": "local:w=${v}"}, {"conference": "daily"}, {"setVar": "v=&reg1.$1 ${w} after"}]}},
		{"setVar": "v=${v} end"}`)
	script = strings.Replace(script, `"callflow"`, `"onDisconnect": [{"log": "over ${v}"}], "callflow"`, 1)
	stage := rehearsal.New(io.Discard)
	o := stage.Options(&route.Library{Scripts: []*route.Script{parse(t, "x.json", script)}}, tuesday)
	own := &ownLeg{stage: stage, Connector: stage, Player: stage, moves: true}
	here, there := route.NewEngine(o), route.NewEngine(o)
	s, err := here.Begin(own, route.Arrival{Context: route.Default, Number: "1", Facts: map[string]string{"caller_id_number": "101"}})
	if err != nil {
		t.Fatal(err)
	}

	if e := here.Run(t.Context(), own, s); e.Kind != route.Moves || e.Step != "callflow[2].if.then[1]" {
		t.Fatalf("%+v", e)
	}
	moved, err := route.Load(s.Save())
	if err != nil {
		t.Fatal(err)
	}
	if e := there.Run(t.Context(), stage, moved); e.Kind != route.Finished {
		t.Errorf("%+v", e)
	}
	if err := errors.Join(there.End(moved, route.Ended{Cause: bridge.NormalClearing}), there.Afterwards(t.Context(), moved)); err != nil {
		t.Error(err)
	}
	if there.End(moved, route.Ended{}) == nil || there.Afterwards(t.Context(), moved) == nil {
		t.Error("onDisconnect ran twice")
	}
	if moved.Value("v") != "1 1 after end" || !moved.Answered || !slices.Contains(stage.Done(), "log info: over 1 1 after end") {
		t.Errorf("%v\n%q", moved.Variables, stage.Done())
	}
	answered := slices.DeleteFunc(stage.Done(), func(s string) bool { return s != "the call is answered" })
	if len(answered) != 1 {
		t.Errorf("answered %d times", len(answered))
	}
}

func TestWhereThereIsNoFreeSWITCHTheStepFails(t *testing.T) {
	stage := rehearsal.New(io.Discard)
	o := stage.Options(&route.Library{Scripts: []*route.Script{parse(t, "x.json", around(`{"conference": "daily"}, {"setVar": "v=on"}`))}}, tuesday)
	own := &ownLeg{stage: stage, Connector: stage, Player: stage}
	e := route.NewEngine(o)
	s, err := e.Begin(own, route.Arrival{Context: route.Default, Number: "1"})
	if err != nil {
		t.Fatal(err)
	}
	if e.Run(t.Context(), own, s); s.Value("last_error") != "needs_freeswitch" || s.Value("v") != "on" {
		t.Errorf("%v", s.Variables)
	}
}

// journal keeps states, and fails when told to.
type journal struct {
	kept  [][]byte
	soon  int
	done  []string
	texts map[string][]byte
	fails error
}

func (j *journal) Keep(s *route.State) error {
	if s.Phase == route.Done {
		j.done = append(j.done, s.Call)
		return nil
	}
	j.kept = append(j.kept, s.Save())
	return j.fails
}

func (j *journal) Soon(*route.State) { j.soon++ }

func (j *journal) KeepText(mark string, text []byte) error {
	if j.texts == nil {
		j.texts = map[string][]byte{}
	}
	j.texts[mark] = text
	return j.fails
}

func (j *journal) Text(mark string) []byte { return j.texts[mark] }

func TestAfterACrashOnDisconnectGoesOnAtTheNextStep(t *testing.T) {
	script := strings.Replace(around(`{"setVar": "v=x"}`), `"callflow"`,
		`"onDisconnect": [{"log": "one ${v}"}, {"if": {"expression": "true", "then": [{"log": "two"}, {"log": "three ${caller_id_name}"}]}}], "callflow"`, 1)
	var j journal
	stage, s, _ := perform(t, script)
	library := &route.Library{Scripts: []*route.Script{parse(t, "x.json", script)}}
	o := stage.Options(library, tuesday)
	o.Journal = &j
	e := route.NewEngine(o)
	if err := errors.Join(e.End(s, route.Ended{}), e.Afterwards(t.Context(), s)); err != nil {
		t.Fatal(err)
	}
	if len(j.done) != 1 || j.done[0] != s.Call || len(j.kept) != 5 {
		t.Fatalf("%d kept, done %q", len(j.kept), j.done)
	}
	for i, state := range j.kept {
		again := rehearsal.New(io.Discard)
		o := again.Options(library, tuesday)
		resumed, err := route.Load(state)
		if err != nil {
			t.Fatal(err)
		}
		if err := route.NewEngine(o).Afterwards(t.Context(), resumed); err != nil {
			t.Fatal(err)
		}
		whole := []string{"log info: one x", "log info: two", "log info: three Ann"}
		done := again.Done()
		if len(done) > len(whole) || !slices.Equal(done, whole[len(whole)-len(done):]) {
			t.Errorf("after a crash at %d: %q", i, done)
		}
	}
}

// TestAfterACrashTheStepsAreThoseThatWere: whoever has edited scripts meanwhile, or thrown them away, changes nothing for calls from before.
func TestAfterACrashTheStepsAreThoseThatWere(t *testing.T) {
	x := strings.Replace(around(`{"setVar": "v=x"}`), `"callflow"`, `"onDisconnect": [{"log": "one ${v}"}, {"schema": "y"}, {"log": "four"}], "callflow"`, 1)
	y := `{"name": "y", "context": "private", "callflow": [{"log": "two"}, {"log": "three"}]}`
	var j journal
	library := func(all ...string) *route.Library {
		l := &route.Library{}
		for _, text := range all {
			l.Scripts = append(l.Scripts, parse(t, "x.json", text))
		}
		return l
	}
	o := rehearsal.New(io.Discard).Options(library(x, y), tuesday)
	o.Journal = &j
	before, ch := route.NewEngine(o), rehearsal.New(io.Discard)
	s, err := before.Begin(ch, route.Arrival{Context: route.Default, Number: "1"})
	if err != nil {
		t.Fatal(err)
	}
	before.Run(t.Context(), ch, s)
	if err := errors.Join(before.End(s, route.Ended{}), before.Afterwards(t.Context(), s)); err != nil {
		t.Fatal(err)
	}
	whole := []string{"log info: one x", "log info: two", "log info: three", "log info: four"}
	edited := strings.NewReplacer(`{"log": "one`, `{"log": "zero"}, {"log": "one`, `{"log": "two"}`, `{"if": {"expression": "true", "then": [{"log": "two"}]}}`)
	for name, l := range map[string]*route.Library{
		"the same": library(x, y), "edited": library(edited.Replace(x), edited.Replace(y)), "one edited": library(x, edited.Replace(y)), "gone": library(y),
	} {
		for i, kept := range j.kept[1:] { // the first is of a call that runs
			stage := rehearsal.New(io.Discard)
			o := stage.Options(l, tuesday)
			o.Journal = &journal{texts: j.texts}
			resumed, err := route.Load(kept)
			if err == nil {
				err = route.NewEngine(o).Afterwards(t.Context(), resumed)
			}
			done := slices.DeleteFunc(stage.Done(), func(line string) bool { return strings.Contains(line, "a script has changed") })
			if err != nil || len(done) == 0 && i < 4 || len(done) > len(whole) || !slices.Equal(done, whole[len(whole)-len(done):]) {
				t.Errorf("%s, after a crash at %d: %q, %v", name, i, done, err)
			}
		}
	}
}

// TestStepsThatNobodyKnowsAreNotDone: a script has changed, and the journal does not have what it was.
func TestStepsThatNobodyKnowsAreNotDone(t *testing.T) {
	var j journal
	script := strings.Replace(around(`{"setVar": "v=x"}`), `"callflow"`, `"onDisconnect": [{"log": "one"}], "callflow"`, 1)
	stage, s, _ := perform(t, script, func(_ *rehearsal.Stage, o *route.Options) { o.Journal = &j })
	resumed, err := route.Load(s.Save())
	if err != nil {
		t.Fatal(err)
	}
	o := stage.Options(&route.Library{Scripts: []*route.Script{parse(t, "x.json", strings.Replace(script, "one", "other", 1))}}, tuesday)
	o.Journal = &journal{}
	e := route.NewEngine(o)
	if err := errors.Join(e.End(resumed, route.Ended{}), e.Afterwards(t.Context(), resumed)); err != nil || resumed.Phase != route.Done {
		t.Errorf("%v in phase %s", err, resumed.Phase)
	}
	if done := stage.Done(); slices.Contains(done, "log info: other") || slices.Contains(done, "log info: one") {
		t.Errorf("%q", done)
	}
}

func TestTheJournalKnowsOfACallThatRunsIfSomethingIsToBeDoneAfterIt(t *testing.T) {
	for handler, want := range map[string]int{`"onDisconnect": [{"log": "x"}], `: 1, "": 0} {
		var j journal
		script := strings.Replace(around(`{"setVar": "v=x"}, {"bridge": {"endpoints": [{"type": "user", "name": "101"}]}}`), `"callflow"`, handler+`"callflow"`, 1)
		stage, s, _ := perform(t, script, func(stage *rehearsal.Stage, o *route.Options) {
			o.Journal = &j
			if err := stage.Expect("bridge", "answered"); err != nil {
				t.Fatal(err)
			}
		})
		if len(j.kept) != want || (j.soon > 0) != (want > 0) || s.Talked.IsZero() {
			t.Errorf("%q: kept %d times, %d soon; talked %s; %q", handler, len(j.kept), j.soon, s.Talked, stage.Done())
		}
		for _, first := range j.kept {
			if s, err := route.Load(first); err != nil || s.Counts.Steps != 0 || s.Phase != route.Running {
				t.Errorf("%+v, %v", s, err)
			}
		}
	}
}

// watching is a journal that notes what the call had said when it was kept.
type watching struct {
	journal
	stage *rehearsal.Stage
	said  []int
}

func (w *watching) Keep(s *route.State) error {
	w.said = append(w.said, len(w.stage.Done()))
	return w.journal.Keep(s)
}

func TestTheJournalKnowsOfARouteThatACallGoesToBeforeItsFirstStep(t *testing.T) {
	there := strings.Replace(around(`{"log": "there"}, {"log": "still there"}`), `"callflow"`, `"onDisconnect": [{"log": "x"}], "callflow"`, 1)
	there = strings.NewReplacer(`"name": "x"`, `"name": "y"`, `"^1$"`, `"^2$"`).Replace(there)
	j := watching{stage: rehearsal.New(io.Discard)}
	o := j.stage.Options(&route.Library{Scripts: []*route.Script{parse(t, "x.json", around(`{"log": "here"}, {"goto": "default:2"}`)), parse(t, "y.json", there)}}, tuesday)
	o.Journal = &j
	e := route.NewEngine(o)
	s, err := e.Begin(j.stage, route.Arrival{Context: route.Default, Number: "1"})
	if err != nil {
		t.Fatal(err)
	}

	e.Run(t.Context(), j.stage, s)

	if !slices.Equal(j.said, []int{1}) || !slices.Equal(j.stage.Done(), []string{"log info: here", "log info: there", "log info: still there"}) {
		t.Fatalf("kept after %v of %q", j.said, j.stage.Done())
	}
	if kept, err := route.Load(j.kept[0]); err != nil || !slices.Equal(kept.Entered, []string{"x", "y"}) {
		t.Errorf("%+v, %v", kept, err)
	}
}

func TestTheCallerHangsUpInTheMiddleOfAnyStep(t *testing.T) {
	for _, steps := range []string{`{"sleep": 600000}`, `{"httpRequest": {"url": "https://a.example", "timeout": 30000}}`, `{"playback": "x"}`, `{"bridge": {"endpoints": [{"type": "user", "name": "1"}]}}`} {
		synctest.Test(t, func(t *testing.T) {
			stage := &patient{Stage: rehearsal.New(io.Discard)}
			o := stage.Options(&route.Library{Scripts: []*route.Script{parse(t, "x.json", around(steps+`, {"setVar": "v=never"}`))}}, tuesday)
			o.Dry, o.HTTP, o.Now = false, stage, time.Now
			e := route.NewEngine(o)
			s, err := e.Begin(stage, route.Arrival{Context: route.Default, Number: "1"})
			if err != nil {
				t.Fatal(err)
			}
			ctx, hangUp := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, hangUp)
			if ending := e.Run(ctx, stage, s); ending.Kind != route.Gone || ending.Step != "callflow[0]" || s.Value("v") != "" {
				t.Errorf("%s: %+v, %v", steps, ending, s.Variables)
			}
		})
	}
}

// deaf has ended, and says so with every sound.
type deaf struct{ *rehearsal.Stage }

func (d *deaf) Play(context.Context, route.Prompt) error {
	return &bridge.EndedError{Cause: bridge.NormalClearing}
}

func TestAChannelKnowsBeforeAnybodyElseThatTheCallerHasHungUp(t *testing.T) {
	stage := &deaf{rehearsal.New(io.Discard)}
	o := stage.Options(&route.Library{Scripts: []*route.Script{parse(t, "x.json", around(`{"playback": "x"}, {"setVar": "v=never"}`))}}, tuesday)
	e := route.NewEngine(o)
	s, err := e.Begin(stage, route.Arrival{Context: route.Default, Number: "1"})
	if err != nil {
		t.Fatal(err)
	}
	if ending := e.Run(t.Context(), stage, s); ending.Kind != route.Gone || ending.Step != "callflow[0]" || s.Value("v") != "" || s.Value("last_error") != "" {
		t.Errorf("ended %+v with v=%q, last_error=%q", ending, s.Value("v"), s.Value("last_error"))
	}
}

func TestACallThatIsNotAnsweredInTwoMinutesIsHungUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stage := &patient{Stage: rehearsal.New(io.Discard)}
		o := stage.Options(&route.Library{Scripts: []*route.Script{parse(t, "x.json", around(`{"sleep": 600000}, {"setVar": "v=never"}`))}}, tuesday)
		o.Dry, o.Now = false, time.Now
		e := route.NewEngine(o)
		s, err := e.Begin(stage, route.Arrival{Context: route.Default, Number: "1"})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if ending := e.Run(t.Context(), stage, s); ending.Cause != bridge.NoUserResponse || time.Since(began) > 2*time.Minute+time.Second {
			t.Errorf("%+v after %s", ending, time.Since(began))
		}
	})
}

// patient is a call in which everything takes until the end.
type patient struct{ *rehearsal.Stage }

func (p *patient) Play(ctx context.Context, _ route.Prompt) error {
	<-ctx.Done()
	return context.Cause(ctx)
}

func (p *patient) Connect(ctx context.Context, _ route.Dial) (route.Connected, error) {
	<-ctx.Done()
	return route.Connected{}, context.Cause(ctx)
}

func (p *patient) Do(ctx context.Context, _ fetch.Request) (*fetch.Response, error) {
	<-ctx.Done()
	return nil, context.Cause(ctx)
}

// choosy is a call with our own sound, which cannot ring gateways.
type choosy struct{ *ownLeg }

func (c choosy) Connect(ctx context.Context, d route.Dial) (route.Connected, error) {
	if d.Targets[0].Type == "sipGateway" {
		return route.Connected{}, route.ErrNeedsFreeSWITCH
	}
	return c.stage.Connect(ctx, d)
}

func TestWhomOnlyFreeSWITCHCanRingIsRungThereOrLeftOut(t *testing.T) {
	script := around(`{"bridge": {"strategy": "sequential", "endpoints": [{"type": "sipGateway", "name": "gsm", "dialString": "1"}, {"type": "user", "name": "101"}]}}`)
	for moves, want := range map[bool]route.EndKind{true: route.Moves, false: route.HungUp} {
		stage := rehearsal.New(io.Discard)
		if err := stage.Expect("bridge", "answered"); err != nil {
			t.Fatal(err)
		}
		e := route.NewEngine(stage.Options(&route.Library{Scripts: []*route.Script{parse(t, "x.json", script)}}, tuesday))
		ch := choosy{&ownLeg{stage: stage, moves: moves}}
		s, err := e.Begin(ch, route.Arrival{Context: route.Default, Number: "1"})
		if err != nil {
			t.Fatal(err)
		}
		if ending := e.Run(t.Context(), ch, s); ending.Kind != want {
			t.Errorf("with FreeSWITCH: %v; %+v\n%q", moves, ending, stage.Done())
		}
	}
}
