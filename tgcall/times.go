package tgcall

import (
	"time"

	"switchgram/tgcall/engine"
)

// Times are when a call came how far. A zero time says that it did not, or not yet.
type Times struct {
	Requested time.Time // we asked Telegram for the call; an incoming one: its request came
	Ringing   time.Time // a device of the callee rings; an incoming one: Telegram knows that ours does
	Accepted  time.Time // word came that the callee has taken the call; an incoming one: we were told to take it
	Confirmed time.Time // both sides have the key, and media is being made
	engine.Times
}

// reached notes the moment in which a call enters a phase.
func (t *Times) reached(p phase, now time.Time) {
	switch p {
	case requesting, announcing:
		t.Requested = now
	case ringing:
		t.Ringing = now
	case accepting, confirming:
		t.Accepted = now
	case connecting:
		t.Confirmed = now
	}
}

// Times tells how far the call came when. It may be called at any time, also after the end.
func (c *Call) Times() Times {
	t := c.facts.times()
	t.Times = c.sound.times()
	return t
}
