package live

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/route"
)

// mostAfterwards is how many calls' onDisconnect runs at once: it waits for others' servers most of the time.
const mostAfterwards = 256

// Publish implements bridge.Sink: when a call is over its onDisconnect is due, which is on disk when Publish returns.
func (r *Router) Publish(ev bridge.Event) {
	if ev.Kind != bridge.CallMissed && ev.Kind != bridge.CallEnded {
		return
	}
	k := r.call(string(ev.Call))
	if k == nil {
		return
	}
	if ev.Kind == bridge.CallMissed {
		k.missed = true // both events come from the goroutine of the call
		return
	}
	k.last = ev
	how := k.endedHere(ev)
	if k.there != nil {
		how = endedThere(*k.there, how)
	}
	r.over(k, how)
}

// over has what is due after a call done.
func (r *Router) over(k *call, how route.Ended) {
	if err := r.engine.End(k.state, how); err != nil {
		r.log.Error("what is to be done after a call would not survive a crash", "call", k.id, "err", err)
	}
	select {
	case r.ended <- k:
	default:
		r.leave(k)
		r.log.Error("too many calls have ended at once; what is to be done after this one waits for the next start", "call", k.id)
	}
}

// endedHere is how a call ended, in the words of scripts.
func (k *call) endedHere(ev bridge.Event) route.Ended {
	out := ev.Outcome
	how := route.Ended{
		Cause: out.Cause, By: ev.Report().EndedBy, Started: out.Times.Started, Ended: out.Times.Ended, Missed: k.missed, Answered: out.Times.Connected,
	}
	if how.By == "bridge" {
		how.By = "system"
	}
	if k.ch != nil {
		how.Bridged, how.BridgedTo = k.ch.progress.talk, k.ch.progress.to
		if k.state.Answered && how.Answered.IsZero() {
			how.Answered = k.ch.progress.answered
		}
	}
	if n := len(out.Recordings); n > 0 {
		how.Recording = out.Recordings[n-1].Place
	}
	return how
}

// endedThere is how a call ended that went to FreeSWITCH: with whom the caller talked is known there, when it began here.
func endedThere(there, here route.Ended) route.Ended {
	there.Started, there.Ended = here.Started, here.Ended
	if !here.Bridged.IsZero() {
		there.Bridged, there.Missed = here.Bridged, false
	}
	if there.BridgedTo == "" {
		there.BridgedTo = here.BridgedTo
	}
	if here.By == "caller" {
		there.By = "caller"
	}
	if there.Recording == "" {
		there.Recording = here.Recording
	}
	return there
}

// Run does what scripts want done after their calls until ctx ends, first what a crash has left. What has begun then has Options.Grace; what is not
// done by then is left to the journal.
func (r *Router) Run(ctx context.Context) error {
	var writing, all sync.WaitGroup
	last, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer writing.Wait()
	defer stop()
	if r.journal != nil {
		writing.Go(func() { r.journal.run(last) })
	}
	places := make(chan struct{}, mostAfterwards)
	begin := func(k *call, f func(context.Context, *call)) {
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
			select {
			case places <- struct{}{}:
			default:
				r.leave(k)
				return
			}
		}
		all.Go(func() {
			defer func() { <-places }()
			f(last, k)
		})
	}
	for _, k := range r.left() {
		begin(k, r.resume)
	}
	for ctx.Err() == nil || len(r.ended) > 0 {
		select {
		case <-ctx.Done():
			for len(r.ended) > 0 {
				begin(<-r.ended, r.afterwards)
			}
		case k := <-r.ended:
			begin(k, r.afterwards)
		}
	}
	late := time.AfterFunc(r.o.Grace, func() { stop(); r.engine.Stop() })
	defer late.Stop()
	r.made.end()
	r.asked.end()
	all.Wait()
	r.engine.Wait()
	return nil
}

// left are the calls that the journal has kept from before.
func (r *Router) left() (all []*call) {
	if r.journal == nil {
		return nil
	}
	for _, s := range r.journal.left {
		if s.Phase == route.Running {
			if err := r.engine.End(s, crashed(s)); err != nil {
				r.log.Error("how a call ended that a crash has cut short would not survive another", "call", s.Call, "err", err)
			}
		}
		if r.again(s) {
			all = append(all, &call{id: s.Call, state: s, last: bridge.Event{Call: bridge.CallID(s.Call)}})
		}
	}
	r.journal.left = nil
	return all
}

// mostStarts is how often one step of onDisconnect is begun at the start of the program. If the program ended each time, it may be the step that ends it.
const mostStarts = 10

// again counts a start; false: there were too many, and nothing more is done after that call.
func (r *Router) again(s *route.State) bool {
	if s.Starts++; s.Starts > mostStarts {
		r.log.Error("what is to be done after a call is given up: the program has ended each time that it began", "call", s.Call, "starts", mostStarts)
		s.Phase = route.Done
	}
	if err := r.journal.Keep(s); err != nil {
		r.log.Error("that a call is gone on with would not survive a crash", "call", s.Call, "err", err)
	}
	return s.Phase != route.Done
}

// crashed is how a call ended that ran when the program was killed, as far as is known.
func crashed(s *route.State) route.Ended {
	now := time.Now()
	how := route.Ended{
		Cause: bridge.NormalTemporaryFailure, By: "system", Started: s.Began, Ended: now, Bridged: s.Talked, Answered: s.Talked,
		Missed: s.Facts["call_direction"] == "inbound" && s.Talked.IsZero(), Recording: s.Facts["record_file"],
	}
	if s.Answered {
		how.Answered = cmp.Or(s.Talked, now)
	}
	return how
}

// resume goes on where a crash has left a call.
func (r *Router) resume(ctx context.Context, k *call) {
	r.mu.Lock()
	r.calls[k.id] = k
	r.stats.Resumed++
	r.mu.Unlock()
	r.log.Info("going on with what is to be done after a call that a crash has cut short", "call", k.id)
	r.afterwards(ctx, k)
}

// afterwards runs onDisconnect and tells what the script did. Whoever keeps records of calls has none of one that FreeSWITCH's dialplan has brought.
func (r *Router) afterwards(ctx context.Context, k *call) {
	defer r.leave(k)
	err := r.disconnect(ctx, k)
	if errors.Is(err, route.ErrLeft) {
		r.log.Info("what is to be done after a call waits for the next start", "call", k.id)
		return
	}
	if err != nil {
		r.log.Error("what is to be done after a call", "call", k.id, "err", err)
	}
	if r.o.Sink != nil {
		r.o.Sink.Publish(bridge.NewScriptEnded(k.last, k.scripted()))
	}
}

func (r *Router) disconnect(ctx context.Context, k *call) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	return r.engine.Afterwards(ctx, k.state)
}

// scripted is what the script did with the call.
func (k *call) scripted() bridge.Scripted {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.did.Routes = k.state.Entered
	for _, name := range k.state.Exported {
		if v, ok := k.state.Variables[name]; ok && v.Scope != route.Local {
			if k.did.Variables == nil {
				k.did.Variables = map[string]string{}
			}
			k.did.Variables[name] = v.Value
		}
	}
	return k.did
}
