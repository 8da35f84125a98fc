package bridge

import "context"

// Ring tells a caller who waits that it rings (SIP 180), once. A caller on Telegram has been told by its app, and one who was answered is past
// that: for both it does nothing.
func (c *Call) Ring(ctx context.Context) error {
	_, err := c.ask(ctx, ringAsked{})
	return err
}

// ringAsked: the controller wants the caller to hear that it rings.
type ringAsked struct{}

func (ringAsked) apply(m *machine) {
	if m.phase >= ending {
		m.do(refuse{})
		return
	}
	m.tellRinging()
	m.do(accept{})
}

// tellRinging tells a caller that it rings, unless it was told or has been answered.
func (m *machine) tellRinging() {
	if !m.rung && m.caller().at == legWaiting {
		m.rung = true
		m.do(ring{})
	}
}
