package live

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/live/freeswitch"
	"switchgram/bridge/route"
	"switchgram/esl"
)

// Move says how calls go to FreeSWITCH: they are sent to a number there whose dialplan says "socket", and come back to us over that.
type Move struct {
	Number string                 // of the dialplan
	Can    func(line string) bool // tells whether a line's calls get there now: it is registered with that FreeSWITCH
}

// handOver is how long FreeSWITCH may take to hand a call to us that was sent there.
const handOver = 10 * time.Second

// arrival is a call on its way to FreeSWITCH.
type arrival struct {
	session chan *esl.Session // room for one
	done    chan struct{}     // closed when we need the session no longer
}

// await waits for a channel of this UUID.
func (r *Router) await(uuid string) *arrival {
	a := &arrival{session: make(chan *esl.Session, 1), done: make(chan struct{})}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.awaited[uuid] = a
	return a
}

func (r *Router) forget(uuid string, a *arrival) {
	r.mu.Lock()
	delete(r.awaited, uuid)
	r.mu.Unlock()
	close(a.done)
}

// expected finds who waits for a channel, by its UUID or by the Call-ID of its SIP call.
func (r *Router) expected(s *esl.Session) *arrival {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, id := range []string{s.UUID(), s.Data().Variable("sip_call_id")} {
		if a := r.awaited[id]; a != nil && id != "" {
			delete(r.awaited, id)
			return a
		}
	}
	return nil
}

// moved is a call that goes to FreeSWITCH: it is connected with a number there for as long as its script runs on the other side.
type moved struct {
	result bridge.Result
	err    error
	over   chan struct{}
}

// move takes a call to FreeSWITCH, where its script goes on, and returns when that is over. An error says that it did not get there, and is where it was.
func (r *Router) move(ctx context.Context, ch *channel, k *call) error {
	uuid := esl.NewUUID()
	a := r.await(uuid)
	defer r.forget(uuid, a)
	going, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	m := &moved{over: make(chan struct{})}
	go func() {
		defer close(m.over)
		m.result, m.err = ch.call.Connect(going, []bridge.Address{{Scheme: "sip", User: r.o.Move.Number}}, bridge.ConnectOptions{ID: uuid, Timeout: time.Hour, Beyond: true})
	}()
	late := time.NewTimer(handOver)
	defer late.Stop()
	select {
	case s := <-a.session:
		r.log.Info("the call's script goes on in FreeSWITCH", "call", ch.ID(), "uuid", s.UUID())
		r.there(ctx, s, ch, k)
		<-m.over
		return nil
	case <-m.over:
		return fmt.Errorf("FreeSWITCH refused the call: %s: %w", m.result.Cause, errors.Join(m.result.Err, m.err, errNotThere))
	case <-late.C:
		giveUp(errNotThere)
		<-m.over
		return errNotThere
	case <-ctx.Done():
		<-m.over
		return nil
	}
}

var errNotThere = errors.New("it was not handed over by the dialplan's socket")

// there runs what remains of a script on FreeSWITCH's channel.
func (r *Router) there(ctx context.Context, s *esl.Session, here *channel, k *call) {
	r.mu.Lock()
	r.stats.Moved++
	r.mu.Unlock()
	o := r.o.FreeSWITCH
	o.ID = k.id
	o.Met = func(who string) {
		_ = here.call.Met(ctx, bridge.Address{Scheme: "sip", User: cmp.Or(who, r.o.Move.Number)}) // it fails if the call has ended
		here.two(ctx)
	}
	ch := beyond{freeswitch.New(s, o), here}
	r.settle(ctx, ch.Channel, k)
	how := r.drive(ctx, s, ch, k)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.there, k.did.Switch = &how, true
}

// beyond is the channel in FreeSWITCH of a call that began here.
type beyond struct {
	*freeswitch.Channel
	here *channel
}

// StopRecording stops the one that was begun here, which goes on with the call, and the one there.
func (b beyond) StopRecording(ctx context.Context) error {
	return errors.Join(b.here.StopRecording(ctx), b.Channel.StopRecording(ctx))
}

// switched is a channel of FreeSWITCH's.
type switched interface {
	route.Channel
	Ended(last *esl.Event) route.Ended
}

// settle brings the channel to where the call was: answered, and with the script's variables.
func (r *Router) settle(ctx context.Context, ch *freeswitch.Channel, k *call) {
	var wrong []error
	if k.state.Answered {
		wrong = append(wrong, ch.Answer(ctx))
	}
	for _, name := range slices.Sorted(maps.Keys(k.state.Variables)) {
		if v := k.state.Variables[name]; v.Scope != route.Local {
			wrong = append(wrong, ch.SetVariable(ctx, name, v.Value, v.Scope))
		}
	}
	if err := errors.Join(wrong...); err != nil && ctx.Err() == nil {
		r.log.Warn("not all of a call came with it to FreeSWITCH", "call", k.id, "err", err)
	}
}

// drive runs a script on FreeSWITCH's channel until both have ended, and tells how the channel did.
func (r *Router) drive(ctx context.Context, s *esl.Session, ch switched, k *call) route.Ended {
	running, stop := context.WithCancelCause(ctx)
	var watching sync.WaitGroup
	watching.Go(func() {
		select {
		case <-s.HungUp():
			stop(&bridge.EndedError{Cause: bridge.NormalClearing})
		case <-running.Done():
		}
	})
	end := r.engine.Run(running, ch, k.state)
	stop(nil)
	watching.Wait()
	if end.Kind == route.Finished || ctx.Err() != nil {
		_ = ch.Hangup(context.WithoutCancel(ctx), bridge.NormalClearing) // the dialplan has nothing for it
	}
	waiting, cancel := context.WithTimeout(context.WithoutCancel(ctx), handOver)
	defer cancel()
	last, err := s.Wait(waiting)
	if err != nil {
		r.log.Warn("FreeSWITCH does not say how a call ended", "call", k.id, "uuid", s.UUID(), "err", err)
	}
	return ch.Ended(last)
}
