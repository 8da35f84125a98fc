package tgcall

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gotd/td/tg"

	"switchgram/tgcall/engine"
)

// owner is the goroutine of a call, and all that only it may touch. It feeds the machine with events and does what that says.
type owner struct {
	*Call
	ctx   context.Context // of the call, as OnCall gets it
	rpc   context.Context // of requests; ends when the call is being ended
	media media           // nil: not yet
	state state
	log   *slog.Logger

	stopAll, stopRPC, stopMedia context.CancelFunc

	queue       []event // to be fed to the machine
	tasks       sync.WaitGroup
	timer       *time.Timer
	asked       chan placement // Telegram's answer to phone.requestCall
	mediaEvents <-chan engine.Event
	remoteMuted bool
	connectedAt time.Time   // zero: never
	untold      atomic.Bool // we have ended the call, and Telegram may not know it

	draw     func() (*secret, error) // our half of the key on an incoming call, drawn while it rings
	secret   *secret
	accepted *tg.PhoneCallAccepted // brings the callee's half
	final    *tg.PhoneCall         // what both sides get in the end
	key      []byte
	blobs    []blob // signalling that came before the key
	early    []any  // updates that came before their time
}

// result is what a task of the call brings back. keep stores it; it runs in the call's goroutine, before the event.
type result struct {
	event event
	keep  func()
}

// run is the call's goroutine. ctx ending ends the call; a cause of its own, such as a revoked session, is why.
func (c *Call) run(ctx context.Context, first event) {
	o := &owner{
		Call: c, state: state{outgoing: c.outgoing}, timer: time.NewTimer(time.Hour), stopMedia: func() {}, asked: make(chan placement),
	}
	o.log = c.client.o.Log.With("tg_call_id", c.id)
	o.ctx, o.stopAll = context.WithCancel(context.WithoutCancel(ctx))
	o.rpc, o.stopRPC = context.WithCancel(o.ctx)
	defer o.close()
	o.apply(first)
	stopped, abandoned := ctx.Done(), c.abandoned
	for o.state.phase != ended {
		select {
		case <-stopped:
			stopped = nil
			o.stop(context.Cause(ctx))
		case <-abandoned:
			abandoned = nil
			o.apply(hangup{Missed})
		case m := <-c.mail:
			o.receive(m)
		case r := <-c.results:
			o.take(r)
		case p := <-o.asked:
			o.take(o.placed(p))
		case e := <-o.mediaEvents:
			o.hear(e)
		case <-o.timer.C:
			o.apply(timedOut{})
		}
	}
}

// stop ends the call because ctx has ended, perhaps for a reason that says more.
func (o *owner) stop(why error) {
	if errors.Is(why, context.Canceled) || errors.Is(why, context.DeadlineExceeded) {
		o.apply(hangup{Hangup})
		return
	}
	o.apply(accountGone{why})
}

// close tells everybody that the call is over, and waits for what it started.
func (o *owner) close() {
	o.stopMedia()
	o.timer.Stop()
	if o.outgoing && o.id == 0 {
		o.client.registry.placed(o.Call)
	}
	o.client.registry.left(o.Call)
	o.end = o.state.end
	o.log.Debug("telegram call over", "err", &o.end)
	o.events.emit(Ended{Err: &o.end})
	close(o.events.events)
	close(o.over) // before stopAll: who waits for both shall learn why
	o.stopAll()
	o.tasks.Wait()
	if !o.untold.Load() {
		o.client.ended(o.id)
	}
}

// apply feeds the machine an event, and those that come of it.
func (o *owner) apply(e event) {
	o.queue = append(o.queue, e)
	for len(o.queue) > 0 {
		e, o.queue = o.queue[0], o.queue[1:]
		before := o.state.phase
		var actions []action
		o.state, actions = step(o.state, e)
		if o.state.phase != before {
			o.facts.reached(o.state.phase)
			o.log.Debug("telegram call", "step", o.state.phase)
		}
		for _, a := range actions {
			o.do(a)
		}
	}
}

// then queues an event that an action brought about at once.
func (o *owner) then(e event) { o.queue = append(o.queue, e) }

// task does something in a goroutine of its own, which the call waits for.
func (o *owner) task(f func(ctx context.Context) result) {
	o.tasks.Go(func() { o.results <- f(o.rpc) })
}

// take receives a task's result, and then the updates that had to wait for it.
func (o *owner) take(r result) {
	if r.keep != nil {
		r.keep()
	}
	o.apply(r.event)
	early := o.early
	o.early = nil
	for _, u := range early {
		o.receive(u)
	}
}

// receive takes an update or a command from the mailbox.
func (o *owner) receive(m any) {
	switch m := m.(type) {
	case blob:
		o.receiveBlob(m)
	case tg.PhoneCallClass:
		o.receiveUpdate(m)
	default:
		o.apply(m)
	}
}

func (o *owner) receiveBlob(b blob) {
	switch {
	case o.media != nil:
		o.media.Receive(b)
	case len(o.blobs) < earlyBlobs:
		o.blobs = append(o.blobs, b)
	}
}

func (o *owner) receiveUpdate(u tg.PhoneCallClass) {
	switch u := u.(type) {
	case *tg.PhoneCallWaiting:
		if _, rings := u.GetReceiveDate(); rings {
			o.apply(ringsThere{})
		}
	case *tg.PhoneCallAccepted:
		o.receiveAccepted(u)
	case *tg.PhoneCall:
		o.receiveFinal(u)
	case *tg.PhoneCallDiscarded:
		o.untold.Store(false)
		o.apply(discarded{reasonOf(u.Reason)})
	case *tg.PhoneCallEmpty:
		o.untold.Store(false)
		o.apply(discarded{None})
	}
}

// receiveAccepted is for a caller: the call was answered.
func (o *owner) receiveAccepted(u *tg.PhoneCallAccepted) {
	if o.outgoing && o.accepted == nil {
		o.accepted = u
		o.apply(answeredThere{})
	}
}

// receiveFinal is for a callee: the caller has the key. It may come before the answer to phone.acceptCall. A caller is told the
// same by the answer to phone.confirmCall, and needs it only if that was lost.
func (o *owner) receiveFinal(u *tg.PhoneCall) {
	switch {
	case o.outgoing && o.state.phase == confirming:
		o.final = u
		o.apply(confirmed{o.settle(u, o.secret.public)})
	case o.outgoing || o.state.phase != accepting:
	case o.secret == nil:
		o.early = append(o.early[:0], u)
	default:
		o.final = u
		o.apply(confirmedHere{})
	}
}

// hear takes an event of the media.
func (o *owner) hear(e engine.Event) {
	switch e := e.(type) {
	case nil: // the channel is closed
		o.mediaEvents = nil
	case engine.StateChanged:
		switch e.State {
		case engine.Established:
			o.apply(mediaUp{})
		case engine.Reconnecting:
			o.apply(mediaLost{})
		}
	case engine.PairChanged:
		o.facts.setPair(e.Local, e.Remote)
		o.events.emit(PairChanged(e))
	case engine.RemoteMedia:
		if e.Muted != o.remoteMuted {
			o.remoteMuted = e.Muted
			o.events.emit(RemoteMuted{On: e.Muted})
		}
	}
}
