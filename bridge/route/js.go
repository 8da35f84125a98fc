package route

import (
	"context"
	"errors"
	"maps"

	"switchgram/bridge/route/javascript"
	"switchgram/bridge/route/tree"
)

// javaScript is a step in that language.
type javaScript struct {
	Data   program  `json:"data" need:"true"`
	SetVar variable `json:"setVar" need:"true"`
}

// program is the body of a function, and what ${name} in it stands for.
type program struct {
	*javascript.Program
	values texts
}

func (s *program) read(p *parser, n *tree.Node) {
	if n.Kind != tree.String {
		p.say(n, "want JavaScript in quotes, not %s", n.Kind)
		return
	}
	read, err := javascript.Read(n.Text)
	if err != nil {
		p.say(n, "%v", err)
		return
	}
	s.Program = read
	p.script.programs = append(p.script.programs, programAt{read, n.At, p.path})
	for _, reference := range read.References() {
		var value text
		value.read(p, &tree.Node{Kind: tree.String, At: n.At, Text: reference})
		s.values = append(s.values, value)
	}
}

// programAt is a program of a script, and where it stands.
type programAt struct {
	*javascript.Program
	at   tree.Position
	path string
}

// CheckJavaScript has a script's programs read, which Parse has not: it would take as long as somebody who means harm wants. The error is a Problem, the
// first.
func (s *Script) CheckJavaScript(by javascript.Checker) error {
	for _, p := range s.programs {
		if err := by.Check(p.Program); err != nil {
			return &Problem{File: s.File, At: p.at, Path: p.path, Text: err.Error()}
		}
	}
	return nil
}

// mostGiven is how many bytes of variables a script is given.
const mostGiven = 1 << 20

func (s *javaScript) run(ctx context.Context, r *run) error {
	if r.engine.opt.JavaScript == nil {
		return failure("unavailable", "JavaScript is off here")
	}
	variables, size := r.known()
	values := make([]string, 0, len(s.Data.values))
	for _, value := range s.Data.values {
		v := r.raw(value.Template)
		values, size = append(values, v), size+len(v)
	}
	if size > mostGiven {
		return failure("js_too_long", "%d bytes of variables; at most %d", size, mostGiven)
	}
	result, err := r.engine.opt.JavaScript.Evaluate(ctx, s.Data.Job(values, variables, r.Now()))
	var why *javascript.Error
	if errors.As(err, &why) {
		err = failure("js_"+why.Code, "%w", err)
	}
	if err != nil && ctx.Err() == nil {
		return errors.Join(err, r.set(ctx, s.SetVar, ""))
	}
	if err != nil {
		return err
	}
	return r.set(ctx, s.SetVar, result)
}

// known are the script's variables and what is known of the call, and how many bytes those are.
func (r *run) known() (all map[string]string, size int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	all = maps.Clone(r.state.Facts)
	for name, v := range r.state.Variables {
		all[name] = v.Value
	}
	for name, value := range all {
		size += len(name) + len(value)
	}
	return all, size
}
