// Package rehearsal lets a script run on a call that nobody makes: Stage stands for the call and for everything outside, does nothing, answers as it was
// told to, and says what would have been done. `switchgram route run` is made of it, and tests of scripts can be.
//
//	stage := rehearsal.New(os.Stdout)
//	stage.Expect("httpRequest", `200:{"name": "Ann"}`)
//	ending, err := stage.Perform(ctx, library, arrival, time.Now())
package rehearsal

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/route"
	"switchgram/bridge/route/javascript"
)

// Stage is a call that nobody makes, and its surroundings. Make one with New; all its methods may be called at once.
type Stage struct {
	// Facts are what the channel knows.
	Facts map[string]string

	// JavaScript runs steps in that language; nil: they fail.
	JavaScript javascript.Evaluator

	mu      sync.Mutex
	out     io.Writer
	answers map[string][]string
	doing   []string // what the present step does
	heard   []string // everything that was ever said
	now     time.Time
	hungUp  bridge.Cause
	talked  bool
	met     bool
	answer  bool
	origins []route.Origin    // calls that were made and answered
	hide    *strings.Replacer // of secrets
}

// New makes a Stage that says what is done to out.
func New(out io.Writer) *Stage {
	return &Stage{Facts: map[string]string{}, out: out, answers: map[string][]string{}, hide: strings.NewReplacer()}
}

// Expect says what an application is to be answered. Several are given one after the other; the last one stays. docs/routing.md has the
// applications and the forms.
func (s *Stage) Expect(application, answer string) error {
	if !answerable[application] {
		return fmt.Errorf("nobody asks for an answer to %q", application)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[application] = append(s.answers[application], answer)
	return nil
}

// answerable are the applications that an answer can be given for.
var answerable = map[string]bool{
	"httpRequest": true, "bridge": true, "getDigits": true, "stt": true, "cdr": true, "recordFile": true, "queue": true, "sendMessage": true, "tts": true,
	"amd": true, "originate": true, "recvMessage": true,
}

func (s *Stage) next(application, usual string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.answers[application]
	if len(all) == 0 {
		return usual
	}
	if len(all) > 1 {
		s.answers[application] = all[1:]
	}
	return all[0]
}

// say notes what is done.
func (s *Stage) say(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	line := s.hide.Replace(fmt.Sprintf(format, args...))
	s.doing = append(s.doing, line)
	s.heard = append(s.heard, line)
}

// Done is everything that was done so far, a line each.
func (s *Stage) Done() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.heard...)
}

// step says what a step has done.
func (s *Stage) step(_, step string, _ time.Duration, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintln(s.out, step)
	s.told()
	if err != nil {
		fmt.Fprintln(s.out, "    failed:", err)
	}
}

// told prints what was done since.
func (s *Stage) told() {
	for _, line := range s.doing {
		fmt.Fprintln(s.out, "    "+line)
	}
	s.doing = nil
}

// Options are those of an Engine that runs on the stage, at a time that passes only as steps take it.
func (s *Stage) Options(l *route.Library, at time.Time) route.Options {
	s.now = at
	var secrets []string
	for _, secret := range l.Hidden() {
		secrets = append(secrets, secret, "***", url.QueryEscape(secret), "***")
	}
	s.hide = strings.NewReplacer(secrets...)
	return route.Options{
		Library: func() *route.Library { return l }, HTTP: s, Requests: s, Messenger: s, Mailer: s, Agents: s, Speaker: s, Recogniser: s, Records: s,
		Lists: s, Originator: s, Chats: s, JavaScript: s.JavaScript, Dry: true, Now: s.clock, Trace: s.step, Watch: s.variable, Log: slog.New(&logbook{s}),
	}
}

func (s *Stage) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *Stage) pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

func (s *Stage) variable(_, name, value string) { s.say("%s = %q", name, value) }

// Perform runs a whole call: the route of a number, and then onDisconnect. In the context webhook it is a web request, and its answer.
func (s *Stage) Perform(ctx context.Context, l *route.Library, a route.Arrival, at time.Time) (route.Ending, error) {
	e := route.NewEngine(s.Options(l, at))
	if a.Context == route.Webhook {
		return route.Ending{}, s.ask(ctx, e, l, a)
	}
	state, err := e.Begin(s, a)
	if err != nil {
		return route.Ending{}, err
	}
	fmt.Fprintf(s.out, "route %q\n", state.Entered[0])
	ending := e.Run(ctx, s, state)
	fmt.Fprintf(s.out, "%s\n", s.how(ending))
	if err = e.End(state, s.Ended(ending)); err == nil {
		err = e.Afterwards(ctx, state)
	}
	s.originated(ctx, e)
	e.Wait()
	return ending, err
}

// ask runs the script of a web request.
func (s *Stage) ask(ctx context.Context, e *route.Engine, l *route.Library, a route.Arrival) error {
	script, _, err := l.Choose(a.Context, a.Domain, a.Number)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "route %q\n", script.Name)
	err = e.Ask(ctx, s.ID(), a, func(r route.Reply) {
		s.say("answer %s", strings.TrimSpace(fmt.Sprint(r.Status)+" "+written(r.Header)+string(r.Body)))
	})
	s.step("", "the script is finished", 0, nil)
	s.originated(ctx, e)
	e.Wait()
	return err
}

// written are headers as they are sent.
func written(h http.Header) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(h)) {
		fmt.Fprintf(&b, "%s: %s; ", name, h.Get(name))
	}
	return b.String()
}

// originated has the calls answered that were made, and runs their steps.
func (s *Stage) originated(ctx context.Context, e *route.Engine) {
	for o, ok := s.made(); ok; o, ok = s.made() {
		fmt.Fprintf(s.out, "%s:%s answers\n", o.To.Type, o.To.Name)
		fmt.Fprintf(s.out, "%s\n", s.how(e.Run(ctx, s, e.Adopt(s, o))))
	}
}

// made is the next call that was made and answered, if there is one.
func (s *Stage) made() (o route.Origin, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.origins) == 0 {
		return o, false
	}
	o, s.origins = s.origins[0], s.origins[1:]
	return o, true
}

// how is the end of a script in words, which come after all that was done.
func (s *Stage) how(e route.Ending) string {
	s.mu.Lock()
	s.told() // what no step has come after
	s.mu.Unlock()
	if e.Kind == route.HungUp {
		return "the script hangs up: " + e.Cause.String()
	}
	return "the script is " + e.Kind.String()
}

// Ended is the end of the call, as a bridge would tell it.
func (s *Stage) Ended(e route.Ending) route.Ended {
	s.mu.Lock()
	defer s.mu.Unlock()
	how := route.Ended{Cause: cmp.Or(e.Cause, bridge.NormalClearing), By: "system", Ended: s.now, Missed: !s.talked && !s.met}
	if s.answer {
		how.Answered = s.now
	}
	if s.talked {
		how.Bridged = s.now
	}
	return how
}

// logbook shows what scripts log.
type logbook struct{ stage *Stage }

func (l *logbook) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelInfo }
func (l *logbook) WithAttrs([]slog.Attr) slog.Handler               { return l }
func (l *logbook) WithGroup(string) slog.Handler                    { return l }

// Handle implements slog.Handler. What the engine says about steps is said elsewhere.
func (l *logbook) Handle(_ context.Context, r slog.Record) error {
	if r.Message != "step failed" && r.Message != "step" && r.Message != "script ended" {
		l.stage.say("log %s: %s", strings.ToLower(r.Level.String()), r.Message)
	}
	return nil
}
