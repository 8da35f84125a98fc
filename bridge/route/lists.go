package route

import (
	"cmp"
	"context"
	"strconv"
	"strings"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/route/template"
	"switchgram/bridge/route/tree"
)

// named is something by its name; id is what other programs call it.
type named struct {
	Name string `json:"name" short:"true"`
	ID   string `json:"id"`
}

func (n named) name() string { return cmp.Or(n.Name, n.ID) }

type calendarStep struct {
	Name     string   `json:"name" short:"true"`
	ID       string   `json:"id"`
	SetVar   variable `json:"setVar" need:"true"`
	Extended bool     `json:"extended"`
}

func (s *calendarStep) check(p *parser, n *tree.Node) {
	if s.Name = cmp.Or(s.Name, s.ID); s.Name == "" {
		p.say(n, "want the name of a calendar")
		return
	}
	p.use(useCalendar, s.Name, n)
}

func (s *calendarStep) run(ctx context.Context, r *run) error {
	c := r.library.Calendars[s.Name]
	if c == nil {
		return failure("no_calendar", "there is no calendar %q", s.Name)
	}
	state := c.State(r.engine.opt.Now(), r.zone())
	if !s.Extended && state != "true" {
		state = "false"
	}
	return r.set(ctx, s.SetVar, state)
}

type list struct {
	List        named `json:"list" need:"true"`
	Destination text  `json:"destination" default:"${caller_id_number}"`
	Actions     steps `json:"actions" need:"true"`
}

func (s *list) check(p *parser, n *tree.Node) { p.use(useList, s.List.name(), n) }

func (s *list) run(_ context.Context, r *run) error {
	found, err := r.listed(s.List.name(), r.raw(s.Destination.Template))
	if err != nil || !found {
		return err
	}
	return r.do(s.Actions)
}

// listed looks for a number in a list of the library, and in what was added to it since.
func (r *run) listed(name, number string) (bool, error) {
	l := r.library.Lists[name]
	if l == nil {
		return false, failure("no_list", "there is no list %q", name)
	}
	now := r.engine.opt.Now()
	added := r.engine.opt.Lists
	return l.Has(number, now) || added != nil && added.Has(name, number, now), nil
}

type blackList struct {
	Name     string `json:"name" short:"true" need:"word"`
	Number   text   `json:"number" default:"${caller_id_number}"`
	Variable string `json:"variable"`
	Actions  steps  `json:"actions"`
}

func (s *blackList) check(p *parser, n *tree.Node) { p.use(useList, s.Name, n) }

func (s *blackList) run(ctx context.Context, r *run) error {
	number := r.raw(s.Number.Template)
	if s.Variable != "" {
		number = r.Variable(s.Variable)
	}
	found, err := r.listed(s.Name, number)
	switch {
	case err != nil || !found:
		return err
	case s.Actions.given():
		return r.do(s.Actions)
	}
	r.hangUp(ctx, bridge.IncomingCallBarred)
	return nil
}

type listAdd struct {
	List        named `json:"list" need:"true"`
	Destination text  `json:"destination" default:"${caller_id_number}"`
	Description text  `json:"description"`
	ExpireAt    text  `json:"expireAt"` // milliseconds since 1970
}

func (s *listAdd) check(p *parser, n *tree.Node) { p.use(useList, s.List.name(), n) }

func (s *listAdd) run(ctx context.Context, r *run) error {
	if r.engine.opt.Lists == nil {
		return failure("unavailable", "nothing keeps lists here")
	}
	var until time.Time
	if ms, err := strconv.ParseInt(r.raw(s.ExpireAt.Template), 10, 64); err == nil {
		until = time.UnixMilli(ms)
	}
	number := r.raw(s.Destination.Template)
	return r.engine.opt.Lists.Add(ctx, s.List.name(), number, r.raw(s.Description.Template), until)
}

// limitStep counts the calls that have passed it and live.
type limitStep struct {
	Name   text     `json:"name" short:"true" need:"word"`
	Max    int      `json:"max" min:"1"`
	SetVar variable `json:"setVar"`
}

func (s *limitStep) check(p *parser, n *tree.Node) {
	if name, plain := s.Name.Constant(); plain && s.Max == 0 {
		p.use(useLimit, name, n)
	}
}

func (s *limitStep) run(ctx context.Context, r *run) error {
	name := strings.TrimSpace(s.Name.Render(r, template.Raw))
	most := cmp.Or(s.Max, r.library.Limits[name])
	if most == 0 {
		return failure("no_limit", "limit %q has no max, here or in limits.json", name)
	}
	denied := !r.engine.limits.take(r.state.Domain, name, r.state.Call, most)
	switch {
	case s.SetVar.given():
		return r.set(ctx, s.SetVar, strconv.FormatBool(denied))
	case denied:
		r.hangUp(ctx, bridge.CallRejected)
	}
	return nil
}
