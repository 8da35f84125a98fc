package bridge

import "time"

// EventVersion is the version of Event. A field may appear without a new one; none changes its meaning or disappears.
const EventVersion = 1

// EventKind names what happened to a call.
type EventKind string

// The events, in the order in which a call can bring them; it ends with CallEnded, always.
const (
	CallIncoming   EventKind = "call.incoming"   // a leg called us
	CallOriginated EventKind = "call.originated" // we are to dial both legs
	CallRinging    EventKind = "call.ringing"    // a telephone rings that we dialled
	CallAccepted   EventKind = "call.accepted"   // a person took the call
	CallAnswered   EventKind = "call.answered"   // caller and callee hear each other
	CallHeld       EventKind = "call.held"       // by the leg
	CallResumed    EventKind = "call.resumed"
	CallEnded      EventKind = "call.ended"
)

// Event is something that happened to a call, as sinks, records and notifications see it.
type Event struct {
	Version int       `json:"version"`
	Kind    EventKind `json:"kind"`
	At      time.Time `json:"at"`
	Call    CallID    `json:"call"`
	Line    string    `json:"line,omitempty"`
	From    string    `json:"from"` // address of the caller
	To      string    `json:"to"`   // address called
	Leg     LegID     `json:"leg,omitempty"`
	Cause   Cause     `json:"cause,omitempty"` // with CallEnded

	Party   Party    `json:"-"` // who is at the far end of Leg
	Outcome *Outcome `json:"-"` // with CallEnded
}
