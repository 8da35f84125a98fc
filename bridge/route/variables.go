package route

import (
	"context"
	"slices"
	"time"

	"switchgram/bridge/route/template"
	"switchgram/bridge/route/tree"
)

// setVar sets variables: "a=1", ["a=1", "all:b=${x}"] or {"a": "1"}.
type setVar struct {
	all   pairs
	named []variable // of all, in order
}

func (s *setVar) read(p *parser, n *tree.Node) {
	s.all.read(p, n)
	for _, one := range s.all {
		var v variable
		v.parse(p, n, one.name)
		s.named = append(s.named, v)
	}
}

// written gives variables the scope that the name of the application says.
func (s *setVar) written(name string) {
	scope, ok := map[string]Scope{"setAll": Exported, "setNoLocal": Inherited}[name]
	for i := range s.named {
		if ok {
			s.named[i].scope = scope
		}
	}
}

func (s *setVar) run(ctx context.Context, r *run) error {
	for i, one := range s.all {
		if err := r.set(ctx, s.named[i], r.raw(one.value.Template)); err != nil {
			return err
		}
	}
	return nil
}

type unSet struct {
	Names []string `json:"names" short:"true" need:"true"`
}

func (s *unSet) run(ctx context.Context, r *run) error {
	for _, name := range s.Names {
		if protected(name) {
			return failure("protected", "variable %q is protected", name)
		}
		if err := r.unset(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

type setArray struct {
	all map[string]texts
}

func (s *setArray) read(p *parser, n *tree.Node) {
	s.all = map[string]texts{}
	if n.Kind != tree.Object {
		p.say(n, "want an object of lists, not %s", n.Kind)
	}
	for _, m := range n.Members {
		var v variable
		v.parse(p, n, m.Name)
		var values texts
		p.within("."+m.Name, func() { p.decode(m.Value, &values) })
		s.all[v.name] = values
	}
}

func (s *setArray) run(ctx context.Context, r *run) error {
	for name, values := range s.all {
		if err := r.set(ctx, variable{name: name}, template.Array(values.render(r, template.Raw))); err != nil {
			return err
		}
	}
	return nil
}

type exportVars struct {
	Names []string `json:"names" short:"true" need:"true"`
}

func (s *exportVars) check(p *parser, n *tree.Node) {
	for _, name := range s.Names {
		p.use(useVariable, name, n)
	}
}

// run marks the variables, and gives them to the legs that are to come.
func (s *exportVars) run(ctx context.Context, r *run) error {
	for _, name := range s.Names {
		r.mu.Lock()
		if !slices.Contains(r.state.Exported, name) {
			r.state.Exported = append(r.state.Exported, name)
		}
		r.mu.Unlock()
		if err := r.set(ctx, variable{name, Exported}, r.Variable(name)); err != nil {
			return err
		}
	}
	return nil
}

type timezone struct {
	Name string `json:"name" short:"true"`
	ID   string `json:"id"`
}

func (s *timezone) check(p *parser, n *tree.Node) {
	if s.Name == "" {
		s.Name = s.ID
	}
	if _, err := time.LoadLocation(s.Name); err != nil || s.Name == "" {
		p.say(n, "there is no time zone %q; want one such as Europe/Kyiv", s.Name)
	}
}

func (s *timezone) run(_ context.Context, r *run) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state.Zone = s.Name
	return nil
}

type cacheStep struct {
	Method string   `json:"method" words:"add,get,remove" need:"true"`
	Key    text     `json:"key" need:"true"`
	Value  text     `json:"value"`
	Expire int      `json:"expire" default:"60" min:"1" max:"86400"`
	SetVar variable `json:"setVar"`
}

func (s *cacheStep) check(p *parser, n *tree.Node) {
	if s.Method == "get" && !s.SetVar.given() {
		p.say(n, "setVar is missing: where is the value to go?")
	}
}

func (s *cacheStep) run(ctx context.Context, r *run) error {
	key := "cache " + r.state.Domain + " " + r.raw(s.Key.Template)
	now := r.engine.opt.Now()
	switch s.Method {
	case "add":
		r.engine.cache.set(key, r.raw(s.Value.Template), now.Add(time.Duration(s.Expire)*time.Second))
	case "remove":
		r.engine.cache.remove(key)
	default:
		return r.set(ctx, s.SetVar, r.engine.cache.get(key, now))
	}
	return nil
}

type updateCID struct {
	Name        text `json:"name"`
	Number      text `json:"number"`
	Destination text `json:"destination"`
}

func (s *updateCID) check(p *parser, n *tree.Node) {
	if s.Name.Empty() && s.Number.Empty() && s.Destination.Empty() {
		p.say(n, "name, number or destination is missing: what is to be another?")
	}
}

// run changes who calls, as the called see it, and the number that was called, as the script sees it and FreeSWITCH's records do.
func (s *updateCID) run(ctx context.Context, r *run) error {
	for _, one := range []struct {
		name  string
		value text
	}{{"effective_caller_id_name", s.Name}, {"effective_caller_id_number", s.Number}, {"destination_number", s.Destination}} {
		if one.value.Empty() {
			continue
		}
		if err := r.set(ctx, variable{name: one.name}, r.raw(one.value.Template)); err != nil {
			return err
		}
	}
	if _, there := r.ch.(Executor); there && !s.Destination.Empty() {
		return r.execute(ctx, "set_profile_var", "destination_number="+r.clean(s.Destination.Template))
	}
	return nil
}
