package route

import (
	"cmp"
	"context"
	"log/slog"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"switchgram/bridge/route/pattern"
	"switchgram/bridge/route/tree"
)

type ifThen struct {
	Expression    condition `json:"expression" need:"true"`
	SysExpression anything  `json:"sysExpression"`
	Then          steps     `json:"then"`
	Else          steps     `json:"else"`
}

func (s *ifThen) run(_ context.Context, r *run) error {
	holds, err := s.Expression.Holds(r)
	if err != nil {
		err = failure("expression", "%w", err)
	}
	branch := s.Else
	if holds {
		branch = s.Then
	}
	_ = r.do(branch)
	return err
}

type switchCase struct {
	Variable text  `json:"variable" need:"true"`
	Case     cases `json:"case" need:"true"`
}

// cases are tried in their order, exact values first.
type cases struct {
	exact    map[string]*block
	patterns []patternCase
	other    *block
}

type patternCase struct {
	re   *regexp.Regexp
	then *block
}

func (c *cases) read(p *parser, n *tree.Node) {
	c.exact = map[string]*block{}
	if n.Kind != tree.Object {
		p.say(n, "want an object of steps by value, not %s", n.Kind)
	}
	for _, m := range n.Members {
		p.within("."+m.Name, func() { c.add(p, m, p.listOfSteps(m.Value, p.block)) })
	}
}

func (c *cases) add(p *parser, m tree.Member, then *block) {
	switch {
	case m.Name == "default":
		c.other = then
	case len(m.Name) > 1 && strings.HasPrefix(m.Name, "/"):
		re, err := pattern.Regexp(m.Name)
		if err != nil {
			p.sayAt(m.At, "%v", err)
			return
		}
		c.patterns = append(c.patterns, patternCase{re, then})
	default:
		for value := range strings.SplitSeq(m.Name, "|") {
			c.exact[value] = then
		}
	}
}

func (s *switchCase) run(_ context.Context, r *run) error {
	value := r.raw(s.Variable.Template)
	then, ok := s.Case.exact[value]
	for _, c := range s.Case.patterns {
		if !ok {
			groups, named, found := pattern.Find(c.re, value)
			if found {
				r.Matched(groups, named)
				then, ok = c.then, true
			}
		}
	}
	if !ok {
		then = s.Case.other
	}
	return r.do(steps{then})
}

type while struct {
	Condition condition `json:"condition" need:"true"`
	MaxSteps  int       `json:"maxSteps" default:"1000" min:"1" max:"1000"`
	Do        steps     `json:"do" need:"true"`
}

func (s *while) most() int { return s.MaxSteps }

func (s *while) holds(r *run) bool {
	holds, err := s.Condition.Holds(r)
	return err == nil && holds
}

func (s *while) run(_ context.Context, r *run) error {
	if s.holds(r) {
		return r.do(s.Do)
	}
	return nil
}

type goTo struct {
	To text `json:"to" short:"true" need:"true"`
}

func (s *goTo) check(p *parser, n *tree.Node) {
	to, plain := s.To.Constant()
	if where, what := target(to); plain && where == "local" && !isNumber(what) {
		p.use(useTag, what, n)
	}
}

func isNumber(s string) bool {
	_, err := strconv.Atoi(s)
	return err == nil
}

func (s *goTo) run(ctx context.Context, r *run) error {
	where, what := target(r.clean(s.To.Template))
	if where != "local" {
		return r.enterRoute(ctx, r.current(), where, what)
	}
	if _, ok := r.script().tags[what]; !ok && isNumber(what) {
		return r.goToIndex(ctx, what)
	}
	r.jump(ctx, r.current(), what)
	return nil
}

// goToIndex goes to a step of the innermost list by its number, as old scripts do.
func (r *run) goToIndex(ctx context.Context, what string) error {
	b, i := r.blockOf(r.top()), 0
	if n, err := strconv.Atoi(what); err == nil {
		i = n
	}
	if i < 0 || i >= len(b.steps) {
		return failure("no_tag", "there is no step %s", what)
	}
	if r.jumps(ctx, r.current(), b.path+"["+what+"]") {
		r.top().Next = i
	}
	return nil
}

// current is the step that runs.
func (r *run) current() *step {
	f := r.top()
	return r.blockOf(f).steps[f.Next-1]
}

type breakOff struct{ nothing }

func (s *breakOff) run(_ context.Context, r *run) error {
	r.leave()
	return nil
}

type function struct{}

func (s *function) read(p *parser, n *tree.Node) {
	name, actions := n.Get("name"), n.Get("actions")
	if name == nil || actions == nil || name.Kind != tree.String {
		p.say(n, `want {"name": …, "actions": […]}`)
		return
	}
	p.within(".actions", func() { p.function(name.Text, name.At, actions) })
}

func (s *function) run(context.Context, *run) error { return nil }

type execute struct {
	Name  string `json:"name" short:"true" need:"true"`
	Async bool   `json:"async"`
	Args  pairs  `json:"args"`
}

func (s *execute) check(p *parser, n *tree.Node) {
	p.use(useFunction, s.Name, n)
	for _, arg := range s.Args {
		p.use(setVariable, arg.name, n)
	}
}

func (s *execute) run(ctx context.Context, r *run) error {
	if s.Async {
		return s.detach(ctx, r, nil)
	}
	if r.called(false) >= mostCalls {
		return failure("loop_limit", "functions within functions, deeper than %d", mostCalls)
	}
	f := Frame{Call: true}
	for _, arg := range s.Args {
		value := r.raw(arg.value.Template)
		f.cover(r, arg.name)
		r.put(arg.name, value, Local)
	}
	r.push(r.script().functions[s.Name], f)
	return nil
}

// cover remembers what an arg hides.
func (f *Frame) cover(r *run, name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if v, there := r.state.Variables[name]; there {
		if f.Covered == nil {
			f.Covered = map[string]Variable{}
		}
		f.Covered[name] = v
		return
	}
	f.Bare = append(f.Bare, name)
}

func (s *execute) detach(ctx context.Context, r *run, _ *step) error {
	for _, arg := range s.Args {
		r.put(arg.name, r.raw(arg.value.Template), Local)
	}
	r.beside(ctx, r.script().functions[s.Name], r.script().Name)
	return nil
}

type schema struct {
	Name  string `json:"name" short:"true"`
	ID    string `json:"id"`
	Async bool   `json:"async"`
}

func (s *schema) check(p *parser, n *tree.Node) {
	if s.Name = cmp.Or(s.Name, s.ID); s.Name == "" {
		p.say(n, "want the name of a route")
	}
	p.use(useRoute, s.Name, n)
}

func (s *schema) run(ctx context.Context, r *run) error {
	if s.Async {
		return s.detach(ctx, r, nil)
	}
	other := r.library.Find(s.Name)
	switch {
	case other == nil:
		return failure("no_route", "there is no route %q", s.Name)
	case r.called(true) >= mostRoutes:
		return failure("loop_limit", "routes within routes, deeper than %d", mostRoutes)
	}
	r.push(other.callflow, Frame{Route: other.Name, Call: true})
	return nil
}

func (s *schema) detach(ctx context.Context, r *run, _ *step) error {
	other := r.library.Find(s.Name)
	if other == nil {
		return failure("no_route", "there is no route %q", s.Name)
	}
	r.beside(ctx, other.callflow, other.Name)
	return nil
}

type trigger struct{}

func (s *trigger) read(p *parser, n *tree.Node) {
	for _, m := range n.Members {
		if m.Name != "disconnected" {
			p.sayAt(m.At, "%q is not known here; want disconnected", m.Name)
			continue
		}
		p.within(".disconnected", func() { p.afterwards(m.Value) })
	}
}

func (s *trigger) run(context.Context, *run) error { return nil }

type start struct{ anything }

func (s *start) run(context.Context, *run) error { return nil }

type logLine struct {
	Level   string `json:"level" words:"debug,info,warn,error" default:"info"`
	Message text   `json:"message" short:"true" need:"true"`
}

// mostLines is how many lines a call may log.
const mostLines = 100

func (s *logLine) run(ctx context.Context, r *run) error {
	r.mu.Lock()
	r.state.Counts.Lines++
	lines := r.state.Counts.Lines
	r.mu.Unlock()
	if lines > mostLines {
		return nil
	}
	levels := []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError}
	level := levels[slices.Index([]string{"debug", "info", "warn", "error"}, s.Level)]
	r.log.Log(ctx, level, r.redact(r.raw(s.Message.Template)), "script", r.name(), "step", r.current().path)
	return nil
}

type dump struct{ anything }

func (s *dump) run(_ context.Context, r *run) error {
	r.dump()
	return nil
}

type sleep struct {
	For milliseconds `json:"for" short:"true" need:"true"`
}

func (s *sleep) run(ctx context.Context, r *run) error {
	if !r.pause(ctx, s.For.of(r)) {
		return context.Cause(ctx)
	}
	return nil
}
