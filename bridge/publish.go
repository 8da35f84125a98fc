package bridge

import (
	"log/slog"
	"time"
)

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

// publish stamps, logs and publishes an event.
func (o *owner) publish(kind EventKind, leg int) {
	now, p := time.Now(), o.parties[leg]
	t := &o.outcome.Times
	switch kind {
	case CallRinging:
		if t.Ringing.IsZero() {
			t.Ringing = now
		}
	case CallAccepted:
		t.Accepted = now
	case CallAnswered:
		t.Connected = now
	}
	ev := Event{
		Version: EventVersion, Kind: kind, At: now, Call: o.call.id, Line: o.call.line,
		From: o.call.from.String(), To: o.call.to.String(), Leg: p.outcome.ID, Party: p.outcome.Party,
	}
	if kind == CallEnded {
		ev.Cause, ev.Outcome = o.outcome.Cause, &o.outcome
	}
	o.record(kind, p)
	defer func() { // whoever listens must not be able to end a call
		if v := recover(); v != nil {
			o.complain("sink", v)
		}
	}()
	o.bridge.opt.Sink.Publish(ev)
}

// record logs an event. The last one shows every delay of the call.
func (o *owner) record(kind EventKind, p *party) {
	attrs := []slog.Attr{slog.Any("from", o.call.from), slog.Any("to", o.call.to), slog.String("leg", string(p.outcome.ID))}
	if kind != CallEnded {
		o.log.LogAttrs(o.ctx, slog.LevelInfo, string(kind), attrs...)
		return
	}
	out := o.outcome
	attrs = append(attrs, slog.String("cause", out.Cause.String()), slog.Int("q850", int(out.Cause)),
		slog.String("fault", out.Fault.String()), slog.String("path", out.Path), slog.Any("dur", out.Times))
	if out.Err != nil {
		attrs = append(attrs, slog.Any("err", out.Err))
	}
	o.log.LogAttrs(o.ctx, slog.LevelInfo, string(kind), attrs...)
}
