package route

import (
	"cmp"
	"context"
	"strconv"

	"switchgram/bridge/route/tree"
)

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
	if where != "local" && r.within != nil {
		return failure("no_route", "what runs beside a script cannot leave it")
	}
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
	Name  string `json:"name" short:"true" need:"word"`
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
	if r.state.Phase == Disconnected {
		r.remember(other) // before it is known that the call stands in it
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
	if n.Kind != tree.Object {
		p.say(n, "want an object, not %s", n.Kind)
	}
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
