package route

import (
	"context"
	"slices"
	"strconv"

	"switchgram/bridge/route/tree"
)

// Limits of a script.
const (
	maxSteps = 2000
	maxDepth = 32
)

// action is what a step does.
type action interface {
	run(ctx context.Context, r *run) error
}

// step is one entry of a list.
type step struct {
	path        string
	at          tree.Position
	application string
	form        form
	do          action

	Tag     string       `json:"tag"`
	Break   bool         `json:"break"`
	Async   bool         `json:"async"`
	Dump    bool         `json:"dump"`
	Note    anything     `json:"note"`
	ID      anything     `json:"_id"`
	Trace   anything     `json:"trace"`
	Timeout milliseconds `json:"timeout"`
	OnError onError      `json:"onError"`
	Limit   *runs        `json:"limit"`
}

// onError is what happens when a step fails.
type onError struct {
	Action string `json:"action" short:"true" words:"continue,stop"`
	Goto   string `json:"goto"`
}

// runs is how often a step may run in a call, and where to go then.
type runs struct {
	Max      int    `json:"max" need:"true" min:"1"`
	Failover string `json:"failover" need:"true"`
}

// block is a list of steps.
type block struct {
	path   string
	steps  []*step
	parent *block // whose step it belongs to; nil: none
	index  int    // of that step
	after  bool   // it runs when the call is over
}

// steps is a list of steps as an argument.
type steps struct{ *block }

func (s *steps) read(p *parser, n *tree.Node) { s.block = p.listOfSteps(n, p.block) }

// given tells whether there is anything to do.
func (s steps) given() bool { return s.block != nil && len(s.block.steps) > 0 }

// listOfSteps reads a list of steps that belongs to a step of the parent.
func (p *parser) listOfSteps(n *tree.Node, parent *block) *block {
	b := &block{path: p.path, parent: parent, index: p.index}
	p.script.blocks[b.path] = b
	if parent != nil {
		b.after = parent.after
	}
	if n.Kind != tree.List {
		p.say(n, "want a list of steps, not %s", n.Kind)
		return b
	}
	if p.depth++; p.depth > maxDepth {
		p.say(n, "steps within steps, deeper than %d", maxDepth)
		return b
	}
	p.all(n, b)
	p.depth--
	return b
}

func (p *parser) all(n *tree.Node, b *block) {
	block, index := p.block, p.index
	for i, item := range n.Items {
		p.block, p.index = b, i
		p.within("["+strconv.Itoa(i)+"]", func() { b.steps = append(b.steps, p.step(item)) })
	}
	p.block, p.index = block, index
}

// step reads one step: modifiers, and the one application among them.
func (p *parser) step(n *tree.Node) *step {
	s := &step{path: p.path, at: n.At}
	if p.steps++; p.steps == maxSteps+1 {
		p.say(n, "more than %d steps", maxSteps)
	}
	if n.Kind != tree.Object {
		p.say(n, "want a step, which is an object, not %s", n.Kind)
		return s
	}
	var modifiers tree.Node
	modifiers.Kind, modifiers.At = tree.Object, n.At
	var application *tree.Member
	for _, m := range n.Members {
		switch {
		case p.modifies(m.Name, n):
			modifiers.Members = append(modifiers.Members, m)
		case application != nil:
			p.sayAt(m.At, "%q and %q: a step has one application", application.Name, m.Name)
		default:
			application = &m
		}
	}
	p.decode(&modifiers, s)
	p.noteModifiers(s, n)
	if application != nil {
		p.application(s, application)
	} else {
		p.say(n, "there is no application in this step")
	}
	return s
}

// modifies tells whether a key is a modifier. Some are that beside an application, and otherwise the application.
func (p *parser) modifies(key string, of *tree.Node) bool {
	if !slices.Contains(both, key) {
		return slices.Contains(modifiers, key)
	}
	return slices.ContainsFunc(of.Members, func(m tree.Member) bool {
		return !slices.Contains(both, m.Name) && !slices.Contains(modifiers, m.Name)
	})
}

// both are keys that are modifiers beside an application, and applications if there is no other.
var both = []string{"limit", "dump", "break"}

// modifiers are the keys of a step that are not its application.
var modifiers = []string{"tag", "async", "note", "_id", "trace", "timeout", "onError"}

func (p *parser) noteModifiers(s *step, n *tree.Node) {
	if s.Tag != "" {
		if first, ok := p.script.tags[s.Tag]; ok {
			p.say(n, "tag %q: step %s has it already", s.Tag, first.block.steps[first.index].path)
		} else {
			p.script.tags[s.Tag] = place{p.block, p.index}
		}
	}
	if s.OnError.Goto != "" {
		p.use(useTag, s.OnError.Goto, n)
	}
	if s.Limit != nil {
		p.use(useTag, s.Limit.Failover, n)
	}
}

// application reads what a step does.
func (p *parser) application(s *step, m *tree.Member) {
	name := m.Name
	if other, ok := aliases[name]; ok {
		name = other
	}
	f, ok := p.forms[name]
	if !ok {
		p.sayAt(m.At, "there is no application %q%s", m.Name, suggest(m.Name, p.applications()))
		return
	}
	s.application, s.form, s.do = name, f, f.new()
	if s.Async && !f.async {
		p.sayAt(m.At, "%s cannot be async: nobody would wait for it", name)
	}
	if f.media && (p.block.after || p.callless) {
		p.uses = append(p.uses, use{lateStep, name, p.block, m.At, p.path})
	}
	p.within("."+m.Name, func() { p.decode(m.Value, s.do) })
	if a, ok := s.do.(aliased); ok {
		a.written(m.Name)
	}
	if c, ok := s.do.(checked); ok {
		c.check(p, m.Value)
	}
}

// aliased is an action that depends on the name by which it was written.
type aliased interface{ written(name string) }

// checked is an action that looks over its arguments when all are read.
type checked interface {
	check(p *parser, n *tree.Node)
}

func (p *parser) applications() (all []string) {
	for name := range p.forms {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// place is a step in a list.
type place struct {
	block *block
	index int
}

// root is the outermost list that a list is in.
func (b *block) root() *block {
	for b.parent != nil {
		b = b.parent
	}
	return b
}

// isIn tells whether a list is part of another one.
func (b *block) isIn(outer *block) bool {
	for b != nil && b != outer {
		b = b.parent
	}
	return b == outer
}
