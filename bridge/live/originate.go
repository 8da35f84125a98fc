package live

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/route"
)

// mostMade is how many calls of scripts there may be at once that wait, ring or talk, and how many scripts of web requests.
const mostMade = 100

// made are the calls that scripts make, or the web requests that they answer.
type made struct {
	ctx  context.Context // ends with the Router's Run
	stop context.CancelCauseFunc
	all  sync.WaitGroup

	mu    sync.Mutex
	count int
	byID  map[string]context.CancelCauseFunc // to hang up, by what scripts call them
}

func newMade() *made {
	m := &made{byID: map[string]context.CancelCauseFunc{}}
	m.ctx, m.stop = context.WithCancelCause(context.Background())
	return m
}

// enter counts a call. The function that it returns ends that.
func (m *made) enter(id string) (ctx context.Context, leave func(), err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.ctx.Err() != nil:
		return nil, nil, context.Cause(m.ctx)
	case m.count >= mostMade:
		return nil, nil, fmt.Errorf("there are %d already", m.count)
	case id != "" && m.byID[id] != nil:
		return nil, nil, fmt.Errorf("there is a call %q already", id)
	}
	m.count++
	m.all.Add(1)
	ctx, stop := context.WithCancelCause(m.ctx)
	if id != "" {
		m.byID[id] = stop
	}
	return ctx, func() {
		defer m.all.Done()
		stop(nil)
		m.mu.Lock()
		defer m.mu.Unlock()
		m.count--
		delete(m.byID, id)
	}, nil
}

// hangup ends a call by what scripts call it; false: there is none.
func (m *made) hangup(id string, c bridge.Cause) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	stop := m.byID[id]
	if stop != nil {
		stop(&bridge.EndedError{Cause: c})
	}
	return stop != nil
}

// end ends all and returns when they are gone.
func (m *made) end() {
	m.mu.Lock()
	m.stop(&bridge.EndedError{Cause: bridge.NormalClearing})
	m.mu.Unlock()
	m.all.Wait()
}

// Originate implements route.Originator: the call is made by the line of the script's call, or the one that the script names.
func (r *Router) Originate(ctx context.Context, o route.Origin) error {
	if r.o.Bridge == nil {
		return errors.ErrUnsupported
	}
	if o.Line == "" {
		return errors.New("by which line? Want line")
	}
	to, err := r.address(ctx, o.Line, o.To, false)
	switch {
	case errors.Is(err, route.ErrNeedsFreeSWITCH):
		return fmt.Errorf("a call of its own cannot begin with a %s", o.To.Type)
	case err != nil:
		return err
	case len(to) == 0:
		return bridge.ErrNoTarget
	}
	life, leave, err := r.made.enter(o.ID)
	if err != nil {
		return err
	}
	go func() { // made has counted it
		defer leave()
		r.make(life, o, to[0])
	}()
	return nil
}

// make makes a call, after a while, and returns when it is over.
func (r *Router) make(ctx context.Context, o route.Origin, to bridge.Address) {
	wait := time.NewTimer(o.Delay)
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-ctx.Done():
		return
	}
	out := r.o.Bridge().Originate(ctx, bridge.Origin{
		Line: o.Line, First: to, Second: bridge.Address{Scheme: "script", User: o.State.Facts["route_name"]}, Reference: o.ID,
		From: bridge.Party{Phone: o.CallerID, FirstName: o.CallerName}, Timeout: o.Timeout, By: &scripted{r, o},
	})
	r.log.Info("call of a script ended", "call", string(out.Call), "to", to, "cause", out.Cause.String())
}

// scripted decides about a call that a script has made.
type scripted struct {
	r *Router
	o route.Origin
}

// Control implements bridge.Controller.
func (s *scripted) Control(ctx context.Context, c *bridge.Call) error {
	ch := s.r.channel(c)
	return s.r.run(ctx, ch, s.r.enter(s.r.engine.Adopt(ch, s.o), ch))
}
