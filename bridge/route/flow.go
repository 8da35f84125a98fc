package route

import (
	"context"
	"log/slog"
	"regexp"
	"slices"
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

// holds tells whether there is another round.
func (s *while) holds(r *run) (bool, error) {
	holds, err := s.Condition.Holds(r)
	if err != nil {
		return false, failure("expression", "%w", err)
	}
	return holds, nil
}

func (s *while) run(_ context.Context, r *run) error {
	holds, err := s.holds(r)
	if holds {
		return r.do(s.Do)
	}
	return err
}

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
