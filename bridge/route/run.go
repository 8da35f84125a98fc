package route

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"switchgram/bridge"
)

// Limits of a call.
const (
	mostSteps    = 10000
	mostJumps    = 1000
	mostToTag    = 100
	mostCalls    = 32 // execute within execute
	mostRoutes   = 8  // schema within schema
	mostAtOnce   = 200
	beforeAnswer = 2 * time.Minute
)

// run is a script being run: the call's own, or one aside of it, which has no channel.
type run struct {
	engine  *Engine
	ch      Channel // nil: the call is over, or this is aside
	state   *State
	mu      *sync.Mutex // of state
	frames  []Frame     // where this stands
	library *Library
	hidden  func() []string // secrets of the library, the longest first; put in order when first wanted
	log     *slog.Logger
	aside   *sync.WaitGroup
	pace    pace
	within  *block          // steps may jump no further; nil: anywhere, this is the script itself
	journal Journal         // nil: nothing is kept
	unheard context.Context // of steps before the answer, which ends when it is too late for that; nil: of none

	ending *Ending     // set by a step that ends everything
	reply  func(Reply) // to a web request; nil: there is none, or it has its answer
	passed int         // steps that this has run, with the one that runs
}

func (e *Engine) newRun(ch Channel, s *State) *run {
	if s.library == nil {
		s.library = e.libraryOf(s)
	}
	return &run{
		engine: e, ch: ch, state: s, mu: &s.mu, frames: slices.Clone(s.Frames), library: s.library, hidden: sync.OnceValue(s.library.Hidden),
		log: e.opt.Log.With("call", s.Call), aside: &sync.WaitGroup{}, journal: e.opt.Journal,
	}
}

// script is the one that the innermost frame is of; nil: it is gone.
func (r *run) script() *Script {
	if len(r.frames) == 0 {
		return nil
	}
	return r.scriptOf(r.top())
}

func (r *run) scriptOf(f *Frame) *Script {
	if f.script == nil {
		f.script = r.library.Find(f.Route)
	}
	return f.script
}

// flow runs steps until there is a reason not to.
func (r *run) flow(ctx context.Context) Ending {
	if r.ch != nil && r.within == nil && !r.state.Answered {
		left := beforeAnswer - r.engine.opt.Now().Sub(r.state.Began)
		unheard, cancel := context.WithTimeoutCause(ctx, left, errUnheard)
		defer cancel()
		r.unheard = unheard
	}
	for {
		s := r.next(ctx)
		switch {
		case ctx.Err() != nil:
			return r.at(Gone, s)
		case s == nil:
			return r.at(Finished, s)
		}
		err := r.step(ctx, s)
		switch {
		case errors.Is(err, ErrNeedsFreeSWITCH) && r.mayMove():
			r.goBack(s)
			return r.at(Moves, s)
		case r.ending != nil:
			r.ending.Step = s.path
			return *r.ending
		case ctx.Err() != nil:
			return r.at(Gone, s)
		}
		r.changed()
	}
}

// begun has the journal know that a route is entered, if anything is to be done after it, before anything in it is done.
func (r *run) begun() {
	if !r.state.due || r.state.Phase != Running {
		return
	}
	for _, name := range r.state.Entered {
		r.remember(r.library.Find(name))
	}
	r.keep()
}

// changed has the journal know that a call which runs has changed, if anything is to be done after it.
func (r *run) changed() {
	r.mu.Lock()
	soon := r.journal != nil && r.state.due && r.state.Phase == Running
	r.mu.Unlock()
	if soon {
		r.journal.Soon(r.state)
	}
}

// goBack makes a step that did not run the next one again.
func (r *run) goBack(s *step) {
	r.top().Next--
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state.Counts.Steps--
	r.state.Counts.Own--
	if s.Limit != nil {
		r.state.Counts.Runs[r.limitKey(s)]--
	}
}

func (r *run) at(k EndKind, s *step) Ending {
	if s == nil {
		return Ending{Kind: k}
	}
	return Ending{Kind: k, Step: s.path}
}

func (r *run) mayMove() bool {
	m, ok := r.ch.(Mover)
	return ok && m.CanMove()
}

// handlers runs the onDisconnect of every route that the call was in. A step that was cut short is not kept as done.
func (r *run) handlers(ctx context.Context) {
	for {
		for s := r.next(ctx); s != nil && ctx.Err() == nil; s = r.next(ctx) {
			if err := r.step(ctx, s); err != nil && ctx.Err() != nil {
				return
			} // other errors are logged
			if r.ending != nil {
				r.frames, r.ending = nil, nil
			}
			r.stand()
			r.keep()
		}
		if len(r.state.Pending) == 0 || ctx.Err() != nil {
			return
		}
		r.begin(r.state.Pending[0])
		r.state.Pending = r.state.Pending[1:]
	}
}

// begin enters the onDisconnect of a route.
func (r *run) begin(name string) {
	script := r.library.Find(name)
	if script == nil {
		r.log.Error("a route is gone; its onDisconnect does not run", "script", name)
		return
	}
	for i := range script.disconnect { // the last list is the outermost frame
		b := script.disconnect[len(script.disconnect)-1-i]
		r.frames = append(r.frames, Frame{Route: name, Block: b.path})
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state.Facts["route_name"] = name
	r.state.Zone = ""
	if script.Zone != nil {
		r.state.Zone = script.Zone.String()
	}
}

// keep puts the state into the journal. Where that fails the call is dealt with all the same.
func (r *run) keep() {
	if r.journal == nil {
		return
	}
	if err := r.journal.Keep(r.state); err != nil {
		r.log.Error("the state of a call is not kept: after a crash its onDisconnect knows less, or repeats steps", "err", err)
	}
}

// step runs one, and deals with its failure. The error is ErrNeedsFreeSWITCH or nothing that matters any longer.
func (r *run) step(ctx context.Context, s *step) error {
	if !r.count(ctx, s) {
		return nil
	}
	var err error
	if r.ch != nil || !s.form.media { // there is something to work on
		began := r.engine.opt.Now()
		err = r.perform(ctx, s)
		took := r.engine.opt.Now().Sub(began)
		r.pace.took(took)
		if errors.Is(err, ErrNeedsFreeSWITCH) && r.mayMove() {
			return err
		}
		r.trace(s, took, err)
	}
	switch over := (*bridge.EndedError)(nil); {
	case err == nil || ctx.Err() != nil:
	case r.ch != nil && errors.As(err, &over): // the channel knows it before the context does
		r.ending = &Ending{Kind: Gone}
	default:
		r.failed(ctx, s, err)
	}
	if s.Break && r.ending == nil {
		r.leave()
	}
	return err
}

// perform runs what a step does, within its time, and takes the blow if it panics.
func (r *run) perform(ctx context.Context, s *step) (err error) {
	defer func() {
		if bug := recover(); bug != nil {
			err = failure("bug", "panic: %v", bug)
		}
	}()
	ctx, cancel := r.bounded(ctx, s)
	defer cancel()
	if s.Async && s.form.async {
		return s.do.(detached).detach(ctx, r, s)
	}
	err = s.do.run(ctx, r)
	if err != nil && (errors.Is(err, errStepTime) || errors.Is(context.Cause(ctx), errStepTime)) {
		return failure("timeout", "%w", errStepTime)
	}
	return err
}

var (
	errStepTime = errors.New("the step took too long")
	errUnheard  = errors.New("the call is not answered in time")
)

// detached is an action that nobody need wait for.
type detached interface {
	detach(ctx context.Context, r *run, s *step) error
}

// bounded gives a step its time: what it says itself, and what is left until a call must be answered.
func (r *run) bounded(ctx context.Context, s *step) (context.Context, context.CancelFunc) {
	if r.unheard != nil && !r.state.Answered && !s.form.answers {
		ctx = r.unheard
	}
	if d := s.Timeout.of(r); d > 0 {
		return context.WithTimeoutCause(ctx, d, errStepTime)
	}
	return ctx, func() {}
}

// count counts a step against the limits; false: it is not to run.
func (r *run) count(ctx context.Context, s *step) bool {
	steps, passes := r.counted(s)
	switch {
	case steps > mostSteps:
		r.loops(ctx, s, fmt.Sprintf("more than %d steps", mostSteps))
		return false
	case r.ch != nil && r.within == nil && !r.state.Answered && r.engine.opt.Now().Sub(r.state.Began) >= beforeAnswer:
		r.failed(ctx, s, failure("timeout", "%w", errUnheard))
		r.hangUp(ctx, bridge.NoUserResponse)
		return false
	case s.Limit != nil && passes > s.Limit.Max:
		r.jump(ctx, s, s.Limit.Failover)
		return false
	}
	if !r.engine.opt.Dry {
		r.pace.wait(ctx)
	}
	return true
}

// counted is how many steps the call has run with this one, and how often this one, if that is limited.
func (r *run) counted(s *step) (steps, passes int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := &r.state.Counts
	c.Steps++
	if r.within == nil {
		c.Own++
		r.passed = c.Own
	} else {
		r.passed++
	}
	if s.Limit == nil {
		return c.Steps, 0
	}
	if c.Runs == nil {
		c.Runs = map[string]int{}
	}
	key := r.limitKey(s)
	c.Runs[key]++
	return c.Steps, c.Runs[key]
}

func (r *run) limitKey(s *step) string { return r.script().Name + " " + s.path }

// loops ends a script that goes round and round.
func (r *run) loops(ctx context.Context, s *step, why string) {
	r.record(s, failure("loop_limit", "%s", why))
	if r.ch != nil && !r.state.Answered {
		r.hangUp(ctx, bridge.NormalTemporaryFailure)
		return
	}
	r.leave()
}

// failed records why a step failed, and goes on as the step wants.
func (r *run) failed(ctx context.Context, s *step, err error) {
	r.record(s, err)
	switch {
	case r.ending != nil:
	case s.OnError.Goto != "":
		r.jump(ctx, s, s.OnError.Goto)
	case s.OnError.Action == "stop":
		r.leave()
	}
}

func (r *run) record(s *step, err error) {
	r.put("last_error", codeOf(err), Local)
	r.put("last_error_step", s.path, Local)
	r.log.Warn("step failed", "script", r.name(), "step", s.path, "line", s.at.Line, "err", r.redact(err.Error()))
}

func (r *run) name() string {
	if s := r.script(); s != nil {
		return s.Name
	}
	return ""
}

func (r *run) trace(s *step, took time.Duration, err error) {
	if script := r.script(); script != nil && script.Debug {
		r.log.Info("step", "script", script.Name, "step", s.path, "dur", took)
	}
	if s.Dump {
		r.dump()
	}
	if r.engine.opt.Trace != nil {
		r.engine.opt.Trace(r.state.Call, s.path+"."+s.application, took, err)
	}
}

// hangUp ends the call, and with it the script.
func (r *run) hangUp(ctx context.Context, c bridge.Cause) {
	if r.ch == nil {
		r.leave()
		return
	}
	r.ending = &Ending{Kind: HungUp, Cause: c}
	if err := r.ch.Hangup(context.WithoutCancel(ctx), c); err != nil {
		r.log.Warn("hang up", "err", err)
	}
}
