package tgcall

import (
	"context"
	"time"
)

// do does what the machine says. What takes time becomes a task.
func (o *owner) do(a action) {
	switch a := a.(type) {
	case limit:
		o.timer.Reset(o.limit(a.phase))
	case request:
		o.ask()
	case announce:
		o.task(o.announce)
	case offer:
		o.offer()
	case accept:
		o.task(o.accept)
	case agree:
		o.then(keyAgreed{o.agree()})
	case confirm:
		o.task(o.confirm)
	case start:
		o.start()
	case tell:
		o.tell(a.event)
	case discard:
		o.discard(a.reason)
	}
}

// limit is how long a phase may last; forever is a day.
func (o *owner) limit(p phase) time.Duration {
	t := o.client.patience.get()
	switch p {
	case requesting, waiting:
		return t.Receive
	case announcing, ringing:
		return t.Ring
	case accepting, confirming:
		return t.Exchange
	case connecting, away:
		return t.Connect
	case discarding:
		return discardTimeout
	default:
		return 24 * time.Hour
	}
}

func (o *owner) tell(e Event) {
	if _, ok := e.(Connected); ok {
		o.connectedAt = time.Now()
		close(o.up)
	}
	o.events.emit(e)
}

// discard stops everything and tells Telegram.
func (o *owner) discard(r DiscardReason) {
	o.stopMedia()
	o.stopRPC()
	seconds := 0
	if !o.connectedAt.IsZero() {
		seconds = int(time.Since(o.connectedAt).Seconds())
	}
	o.untold.Store(true)
	o.task(func(ctx context.Context) result {
		o.untold.Store(o.client.discard(ctx, o.input(), r, seconds) != nil)
		return result{event: discardSent{}}
	})
}
