package route

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"switchgram/bridge/route/template"
	"switchgram/bridge/route/tree"
)

type queue struct {
	Name     text         `json:"name"`
	Queue    named        `json:"queue"`
	Priority int          `json:"priority"`
	Agent    text         `json:"agent"`
	Ringtone text         `json:"ringtone"`
	Timer    []queueTimer `json:"timer" most:"10"`
	Timers   []queueTimer `json:"timers" most:"10"`
	Waiting  steps        `json:"waiting"`
	Bridged  steps        `json:"bridged"`

	StartPosition       *startPosition `json:"startPosition"`
	TransferAfterBridge text           `json:"transferAfterBridge"`
	ContinueOnAnswered  bool           `json:"continueOnAnswered"`
}

// startPosition is a variable for how many are served before a caller who begins to wait, plus one.
type startPosition struct {
	Var variable `json:"var" short:"true" default:"cc_start_position"`
}

// queueTimer has steps done to a caller who waits, again and again.
type queueTimer struct {
	Name     string `json:"name"`
	Interval int    `json:"interval" default:"60" min:"1" max:"86400"` // seconds
	Offset   int    `json:"offset" min:"0" max:"86400"`                // by which the interval grows each time
	Tries    int    `json:"tries" min:"0"`                             // 0: for as long as the caller waits
	Actions  steps  `json:"actions" need:"true"`
}

func (s *queue) check(p *parser, n *tree.Node) {
	needsQueue(p, n, s.Name, s.Queue)
	if !s.TransferAfterBridge.Empty() {
		(&goTo{To: s.TransferAfterBridge}).check(p, n)
	}
}

// run waits for an agent. If one has talked with the caller the script ends, as with bridge, unless it says where to go on.
func (s *queue) run(ctx context.Context, r *run) error {
	q, ok := r.ch.(Queuer)
	if !ok {
		return ErrNeedsFreeSWITCH
	}
	name, err := queueName(r, s.Name, s.Queue)
	if err != nil {
		return err
	}
	name, domain := r.domainOf(name)
	route := r.script().Name
	how, err := q.Wait(ctx, Waiting{
		Queue: name, Domain: domain, Priority: s.Priority, Agent: r.clean(s.Agent.Template), Ringtone: r.clean(s.Ringtone.Template),
		Meanwhile: func(ctx context.Context) { s.meanwhile(ctx, r, route) }, Bridged: r.met(ctx, s.Bridged),
	})
	if err != nil {
		return err
	}
	r.put("cc_result", how.Result, Local)
	r.put("cc_agent_name", how.Agent, Local)
	r.answered()
	switch {
	case !how.Answered:
	case !s.TransferAfterBridge.Empty():
		return (&goTo{To: s.TransferAfterBridge}).run(ctx, r)
	case !s.ContinueOnAnswered:
		r.leave()
	}
	return nil
}

// needsQueue wants a queue to be named, in one of two ways.
func needsQueue(p *parser, n *tree.Node, name text, queue named) {
	if name.Empty() && queue.name() == "" {
		p.say(n, "name is missing: which queue?")
	}
}

// queueName is what a script calls a queue.
func queueName(r *run, name text, queue named) (string, error) {
	return word(cmp.Or(r.clean(name.Template), queue.name()))
}

// meanwhile does what is to be done to a caller who waits, one list of steps at a time, until the context ends: what is due first comes first. Where nothing
// is waited for, each comes once.
func (s *queue) meanwhile(ctx context.Context, r *run, route string) {
	s.place(ctx, r)
	all := s.alarms()
	for len(all) > 0 {
		next := slices.MinFunc(all, func(a, b *alarm) int { return a.due.Compare(b.due) })
		if !r.pause(ctx, time.Until(next.due)) {
			return
		}
		r.apart(ctx, next.Actions.block, route)
		if !next.again() || r.engine.opt.Dry {
			all = slices.DeleteFunc(all, func(a *alarm) bool { return a == next })
		}
	}
}

// place tells the script where in the queue the caller begins, if it wants to know.
func (s *queue) place(ctx context.Context, r *run) {
	if s.StartPosition == nil {
		return
	}
	if err := r.position(ctx, s.StartPosition.Var); err != nil && ctx.Err() == nil {
		r.record(r.current(), err)
	}
}

// alarm is a timer of one caller.
type alarm struct {
	queueTimer
	times int // that it has gone off
	due   time.Time
}

// alarms are those of a caller who begins to wait. What is to be done first is one of them.
func (s *queue) alarms() (all []*alarm) {
	for _, t := range slices.Concat([]queueTimer{{Tries: 1, Actions: s.Waiting}}, s.Timer, s.Timers) {
		if a := (&alarm{queueTimer: t}); t.Actions.given() {
			a.set()
			all = append(all, a)
		}
	}
	return all
}

func (a *alarm) set() {
	a.due = time.Now().Add(time.Duration(a.Interval+a.times*a.Offset) * time.Second)
}

// again sets one that has gone off; false: it was often enough.
func (a *alarm) again() bool {
	a.times++
	a.set()
	return a.Tries == 0 || a.times < a.Tries
}

type cancelQueue struct{ anything }

// run has the caller leave the queue, for what comes after it in the script.
func (s *cancelQueue) run(ctx context.Context, r *run) error {
	m, ok := r.ch.(QueueMember)
	if !ok {
		return ErrNeedsFreeSWITCH
	}
	return m.LeaveQueue(ctx)
}

type ccPosition struct {
	Var variable `json:"var"`
	Set variable `json:"set"`
}

func (s *ccPosition) run(ctx context.Context, r *run) error {
	v := s.Var
	if !v.given() {
		v = s.Set
	}
	if !v.given() {
		v = variable{name: "cc_position"}
	}
	return r.position(ctx, v)
}

// position sets a variable to how many are served before the caller, plus one.
func (r *run) position(ctx context.Context, v variable) error {
	m, ok := r.ch.(QueueMember)
	if !ok {
		return ErrNeedsFreeSWITCH
	}
	n, err := m.QueuePosition(ctx)
	if err != nil {
		return err
	}
	return r.set(ctx, v, strconv.Itoa(n))
}

// queueStatus asks how a queue stands: variables get how many agents are free, and how many callers wait.
type queueStatus struct {
	Name           text     `json:"name"`
	Queue          named    `json:"queue"`
	FreeAgents     variable `json:"freeAgents"`
	WaitingMembers variable `json:"waitingMembers"`
}

func (s *queueStatus) check(p *parser, n *tree.Node) { needsQueue(p, n, s.Name, s.Queue) }

func (s *queueStatus) run(ctx context.Context, r *run) error {
	asker, ok := r.ch.(Asker)
	if !ok {
		return ErrNeedsFreeSWITCH
	}
	name, err := queueName(r, s.Name, s.Queue)
	if err != nil {
		return err
	}
	for _, one := range []struct {
		into variable
		ask  string
	}{{s.FreeAgents, "queue count agents " + r.atDomain(name) + " Available"}, {s.WaitingMembers, "queue count members " + r.atDomain(name)}} {
		if !one.into.given() {
			continue
		}
		said, err := asker.API(ctx, "callcenter_config", one.ask)
		if err != nil {
			return err
		}
		if err := r.set(ctx, one.into, template.Digits(said)); err != nil {
			return err
		}
	}
	return nil
}
