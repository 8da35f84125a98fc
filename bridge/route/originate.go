package route

import (
	"context"
	"time"

	"switchgram/bridge/route/tree"
)

// Origin is a call to be made, and what happens to it.
type Origin struct {
	ID         string // by which scripts know it; empty: they do not
	Line       string // by which it is made; empty: any
	To         Target // is rung
	Delay      time.Duration
	Timeout    time.Duration // that it may ring
	CallerName string        // who calls, as the called are told
	CallerID   string
	State      *State // of its script, which Engine.Adopt gives the call once it is answered
}

// Originator makes calls. Originate returns before they are answered; an error says that there will be none.
type Originator interface {
	Originate(ctx context.Context, o Origin) error
}

// Limits of calls that scripts make.
const (
	mostOrigins = 10 // by one call
	deepest     = 3  // calls of calls of calls
)

// originate makes a second call, whose script are the actions.
type originate struct {
	Endpoint  endpoint `json:"endpoint" need:"true"`
	Actions   apart    `json:"actions" need:"true"`
	UUID      text     `json:"uuid"`
	Line      text     `json:"line"`
	Delay     int      `json:"delay" default:"2" min:"0" max:"86400"`
	Timeout   int      `json:"timeout" default:"40" min:"1" max:"600"`
	CIDName   text     `json:"cid_name" default:"${caller_id_name}"`
	CIDNum    text     `json:"cid_num" default:"${caller_id_number}"`
	ExportVar setVar   `json:"exportVar"`
}

// apart is a list of steps that runs on another call than the step that it belongs to.
type apart struct{ *block }

func (s *apart) read(p *parser, n *tree.Node) {
	outer, callless := p.block, p.callless
	p.block, p.callless = nil, false
	s.block = p.listOfSteps(n, nil)
	p.block, p.callless = outer, callless
}

func (s *originate) check(p *parser, n *tree.Node) {
	if at := n.Get("endpoint"); at != nil { // that it is missing was said already
		s.Endpoint.complete(p, at)
	}
}

func (s *originate) run(ctx context.Context, r *run) error {
	if r.engine.opt.Originator == nil {
		return failure("unavailable", "nothing makes calls here")
	}
	to, err := s.Endpoint.target(r)
	if err != nil {
		return err
	}
	if err := r.mayOriginate(); err != nil {
		return err
	}
	o := Origin{
		ID: r.clean(s.UUID.Template), Line: r.clean(s.Line.Template), To: to, Delay: time.Duration(s.Delay) * time.Second,
		Timeout: time.Duration(s.Timeout) * time.Second, CallerName: r.clean(s.CIDName.Template), CallerID: r.clean(s.CIDNum.Template),
	}
	if o.Line == "" {
		o.Line = r.Variable("line")
	}
	o.State = s.state(r, o)
	if err := r.engine.opt.Originator.Originate(ctx, o); err != nil {
		return failure("not_called", "call %s %s: %w", to.Type, to.Name, err)
	}
	return nil
}

// mayOriginate counts a call to be made.
func (r *run) mayOriginate() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := &r.state.Counts
	c.Origins++
	switch {
	case c.Origins > mostOrigins:
		return failure("loop_limit", "more than %d calls of one", mostOrigins)
	case r.state.Generation >= deepest:
		return failure("loop_limit", "calls that calls have made make calls, more than %d deep", deepest)
	}
	return nil
}

// state is that of the other call's script.
func (s *originate) state(r *run, o Origin) *State {
	variables := map[string]Variable{}
	for name, value := range r.handedOn() {
		variables[name] = Variable{value, Exported}
	}
	for i, one := range s.ExportVar.all {
		variables[s.ExportVar.named[i].name] = Variable{r.raw(one.value.Template), s.ExportVar.named[i].scope}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return &State{
		Version: StateVersion, Phase: Running, Domain: r.state.Domain, Zone: r.state.Zone, Generation: r.state.Generation + 1, library: r.library,
		Frames:    []Frame{{Route: r.top().Route, Block: s.Actions.path}},
		Variables: variables, Captures: append([]Capture(nil), r.state.Captures...),
		Facts: map[string]string{
			"caller_id_name": o.CallerName, "caller_id_number": o.CallerID, "destination_number": o.ID, "domain_name": r.state.Domain,
			"call_direction": "outbound", "call_source": o.To.Type, "route_name": r.top().Route, "parent_call_id": r.state.Call,
		},
	}
}

// Adopt gives the script of an Origin its call, which was answered, once. Run runs it.
func (e *Engine) Adopt(ch Channel, o Origin) *State {
	s := o.State
	s.Call, s.Facts["call_id"], s.Began, s.Answered = ch.ID(), ch.ID(), e.opt.Now(), true
	return s
}
