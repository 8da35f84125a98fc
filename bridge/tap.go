package bridge

import (
	"context"

	"switchgram/bridge/room"
)

// Tap gives what is said in the call from now on, as room.Room.Tap does, until it is closed or the call ends: for whoever recognises speech or
// keeps a message.
func (c *Call) Tap(ctx context.Context, o room.TapOptions) (*room.Tap, error) {
	given := make(chan *room.Tap, 1)
	if _, err := c.ask(ctx, tapAsked{options: o, given: given}); err != nil {
		if len(given) > 0 { // ctx ended as it began
			(<-given).Close()
		}
		return nil, err
	}
	return <-given, nil
}

// tapAsked: the controller wants to hear what is said.
type tapAsked struct {
	options room.TapOptions  // owner
	given   chan<- *room.Tap // owner; has room for it
}

// tap opens it.
type tap struct{}

func (tapAsked) apply(m *machine) {
	if m.phase >= ending {
		m.do(refuse{})
		return
	}
	m.do(tap{})
}

func (o *owner) tap(in tapAsked, verb *pending) {
	in.given <- o.room.Tap(in.options)
	o.reply(verb, answered{})
}
