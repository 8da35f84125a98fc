package bridge

import (
	"context"
	"errors"
	"time"
)

// parting is how long the caller's leg has to say why it ended when the context that Handle was given ends.
const parting = time.Second

// outer is the context that Handle was given.
type outer struct {
	done <-chan struct{} // nil: it has ended, or does not
	why  func() error
}

// contextEnded ends the call for the cause of its own context.
func (o *owner) contextEnded() {
	o.take(envelope{in: stopped{cause: CauseOf(context.Cause(o.ctx))}})
}

// parted: a moment ago the context has ended that Handle was given.
type parted struct{ cause Cause }

// apply ends the call, unless the caller has ended and others talk on, whom that context does not concern.
func (in parted) apply(m *machine) {
	if m.caller().at != legEnded {
		m.end(in.cause, us)
	}
}

// outerEnded ends the call, soon or now, because the context that Handle was given has ended.
func (o *owner) outerEnded(why error) {
	if ended := (*EndedError)(nil); errors.As(why, &ended) {
		o.take(envelope{in: stopped{cause: CauseOf(why)}})
		return
	}
	in := parted{cause: CauseOf(why)}
	o.spawn("parting", in, func() input {
		select {
		case <-time.After(parting):
		case <-o.ctx.Done():
		}
		return in
	})
}
