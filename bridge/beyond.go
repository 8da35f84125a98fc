package bridge

import "context"

// Met says with whom the caller talks now beyond the switch that it is connected with (ConnectOptions.Beyond): the call is answered only then. It may
// come before the switch has answered, and again for the next one. ErrVerb where there is no such connection.
func (c *Call) Met(ctx context.Context, with Address) error {
	_, err := c.ask(ctx, metAsked{with})
	return err
}

type (
	// metAsked: the controller knows whom the caller talks with.
	metAsked struct{ with Address } // owner
	// meet makes that known.
	meet struct{}
)

func (metAsked) apply(m *machine) {
	if m.phase < trying || m.phase >= ending {
		m.do(refuse{})
		return
	}
	m.do(meet{})
}

// meet answers the call, if both legs of it are there; otherwise it is answered when they are.
func (o *owner) meet(with Address, verb *pending) {
	if !o.attempt.Beyond {
		o.reply(verb, o.refusal())
		return
	}
	if o.beyond = with; o.state.phase == talking {
		o.publish(CallAnswered, o.state.winner)
	}
	o.done(verb, answered{})
}

// unmet tells whether an event is only about a switch, beyond which nobody is yet.
func (o *owner) unmet(kind EventKind) bool {
	return o.attempt.Beyond && o.beyond == (Address{}) && (kind == CallAccepted || kind == CallAnswered)
}
