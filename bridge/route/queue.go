package route

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"sync"
	"time"

	"switchgram/bridge/route/template"
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
}

// queueTimer has steps done to a caller who waits, again and again.
type queueTimer struct {
	Name     string `json:"name"`
	Interval int    `json:"interval" default:"60" min:"1" max:"86400"` // seconds
	Offset   int    `json:"offset" min:"0" max:"86400"`                // by which the interval grows each time
	Tries    int    `json:"tries" min:"0"`                             // 0: for as long as the caller waits
	Actions  steps  `json:"actions" need:"true"`
}

// run waits for an agent. If one has talked with the caller the script ends, as with bridge.
func (s *queue) run(ctx context.Context, r *run) error {
	q, ok := r.ch.(Queuer)
	if !ok {
		return ErrNeedsFreeSWITCH
	}
	name, err := word(cmp.Or(r.clean(s.Name.Template), s.Queue.name()))
	if err != nil {
		return err
	}
	route := r.script().Name
	name, domain := r.domainOf(name)
	w := Waiting{Queue: name, Domain: domain, Priority: s.Priority, Agent: r.clean(s.Agent.Template), Ringtone: r.clean(s.Ringtone.Template)}
	waiting, enough := context.WithCancel(ctx)
	var meanwhile sync.WaitGroup
	w.Joined = sync.OnceFunc(func() { s.meanwhile(waiting, r, route, &meanwhile) })
	w.Bridged = sync.OnceFunc(func() {
		enough()
		if s.Bridged.given() {
			r.beside(ctx, s.Bridged.block, route)
		}
	})
	how, err := q.Wait(ctx, w)
	enough()
	meanwhile.Wait()
	if err != nil {
		return err
	}
	r.put("cc_result", how.Result, Local)
	r.put("cc_agent_name", how.Agent, Local)
	if r.state.Answered = true; how.Answered {
		r.leave()
	}
	return nil
}

// meanwhile begins to do what is to be done on the call while the caller waits, one list of steps at a time, until the context ends.
func (s *queue) meanwhile(ctx context.Context, r *run, route string, all *sync.WaitGroup) {
	if r.engine.opt.Dry {
		s.shown(ctx, r, route)
		return
	}
	turn := make(chan struct{}, 1)
	do := func(b *block) {
		select {
		case turn <- struct{}{}:
			r.apart(ctx, b, route)
			<-turn
		case <-ctx.Done():
		}
	}
	if s.Waiting.given() {
		turn <- struct{}{} // it comes first
		all.Go(func() { r.apart(ctx, s.Waiting.block, route); <-turn })
	}
	for _, t := range slices.Concat(s.Timer, s.Timers) {
		if t.Actions.given() {
			all.Go(func() { t.tick(ctx, func() { do(t.Actions.block) }) })
		}
	}
}

// shown does everything once, as nobody waits.
func (s *queue) shown(ctx context.Context, r *run, route string) {
	if s.Waiting.given() {
		r.apart(ctx, s.Waiting.block, route)
	}
	for _, t := range slices.Concat(s.Timer, s.Timers) {
		if t.Actions.given() {
			r.apart(ctx, t.Actions.block, route)
		}
	}
}

// tick does something each time the interval is over.
func (t *queueTimer) tick(ctx context.Context, do func()) {
	every := time.Duration(t.Interval) * time.Second
	timer := time.NewTimer(every)
	defer timer.Stop()
	for n := 0; t.Tries == 0 || n < t.Tries; n++ {
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
		do()
		every += time.Duration(t.Offset) * time.Second
		timer.Reset(every)
	}
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
	m, ok := r.ch.(QueueMember)
	if !ok {
		return ErrNeedsFreeSWITCH
	}
	v := s.Var
	if !v.given() {
		v = s.Set
	}
	if !v.given() {
		v = variable{name: "cc_position"}
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

func (s *queueStatus) run(ctx context.Context, r *run) error {
	asker, ok := r.ch.(Asker)
	if !ok {
		return ErrNeedsFreeSWITCH
	}
	name, err := word(cmp.Or(r.clean(s.Name.Template), s.Queue.name()))
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
