package bridge

import (
	"log/slog"
	"time"

	"switchgram/bridge/recording"
)

// EventVersion is the version of Event. A field may appear without a new one; none changes its meaning or disappears.
const EventVersion = 1

// EventKind names what happened to a call.
type EventKind string

// The events, in the order in which a call can bring them; it ends with CallEnded, always, but for RecordingReady and ScriptEnded, and for a call
// that came while its line was away: that brings CallMissed alone.
const (
	CallIncoming    EventKind = "call.incoming"   // a leg called us
	CallOriginated  EventKind = "call.originated" // we are to dial both legs
	CallRinging     EventKind = "call.ringing"    // a telephone rings that we dialled
	CallAccepted    EventKind = "call.accepted"   // a person took the call
	CallAnswered    EventKind = "call.answered"   // caller and callee hear each other
	CallHeld        EventKind = "call.held"       // by the leg
	CallResumed     EventKind = "call.resumed"
	CallJoined      EventKind = "call.joined"      // another leg is in the call, or has another role in it than before
	CallLeft        EventKind = "call.left"        // a leg has left a call that goes on
	CallTransferred EventKind = "call.transferred" // another leg is in the place of one
	CallDigit       EventKind = "call.digit"       // the leg pressed a key; which one is not told: it may belong to a secret
	CallSilent      EventKind = "call.silent"      // nothing passes in a direction of the leg's sound, though it should
	CallSounds      EventKind = "call.sounds"      // it does again
	CallMissed      EventKind = "call.missed"      // somebody called, and talked with nobody
	CallEnded       EventKind = "call.ended"

	RecordingReady EventKind = "recording.ready" // a recording of the call is finished
	ScriptEnded    EventKind = "script.ended"    // a routing script is done with a call that has ended

	LineUp   EventKind = "line.up"   // calls can go by the line
	LineDown EventKind = "line.down" // they cannot any more

	AgentTold EventKind = "agent.told" // one of our people is to be shown something
)

// Event is something that happened to a call, or to a line, as sinks see it. Report is what others see of it, and its JSON.
type Event struct {
	Version int       `json:"version"`
	Kind    EventKind `json:"kind"`
	At      time.Time `json:"at"`
	Call    CallID    `json:"call"`
	Line    string    `json:"line,omitempty"`
	From    string    `json:"from"`            // address of the caller
	To      string    `json:"to"`              // address called
	Caller  Party     `json:"caller,omitzero"` // as far as known
	Leg     LegID     `json:"leg,omitempty"`
	Cause   Cause     `json:"cause,omitempty"`   // with CallMissed and CallEnded
	Role    string    `json:"role,omitempty"`    // of the leg, with CallJoined: talk, listen, whisper
	Instead LegID     `json:"instead,omitempty"` // with CallTransferred: whose place Leg has taken
	Silence *Silence  `json:"silence,omitempty"` // with CallSilent and CallSounds

	Recording *recording.Info `json:"recording,omitempty"` // with RecordingReady
	Scripted  *Scripted       `json:"script,omitempty"`    // with ScriptEnded
	Told      *Told           `json:"told,omitempty"`      // with AgentTold
	Reference string          `json:"reference,omitempty"` // of the call's Origin
	Standing  *Standing       `json:"standing,omitempty"`  // with LineUp and LineDown: the side that brought it about

	Address Address  `json:"-"` // of Leg
	Party   Party    `json:"-"` // who is at the far end of Leg
	Outcome *Outcome `json:"-"` // with CallMissed and CallEnded
	Talkers []Talker `json:"-"` // with CallAnswered: the caller, and who talks with it
}

// Talker is one of the two who hear each other.
type Talker struct {
	Leg         LegID
	Address     Address
	Party       Party
	Description Description
}

// publish stamps, logs and publishes an event.
func (o *owner) publish(kind EventKind, leg int) {
	if o.unmet(kind) {
		return
	}
	ev := o.event(kind, leg)
	t := &o.outcome.Times
	switch kind {
	case CallOriginated:
		o.call.originated = true
	case CallRinging:
		if t.Ringing.IsZero() {
			t.Ringing = ev.At
		}
	case CallAccepted:
		t.Accepted = ev.At
	case CallAnswered:
		t.Connected, o.talked = ev.At, leg
		ev.Talkers = []Talker{o.parties[0].talker(), o.parties[leg].talker()}
		if o.attempt.Beyond {
			ev.Address, ev.Talkers[1].Address = o.beyond, o.beyond
		}
		o.recordLine()
		if o.attempt.Met != nil {
			o.attempt.Met()
		}
	case CallTransferred:
		ev.Instead = o.parties[leg].instead
		if o.state.winner == leg {
			o.talked = leg
		}
		o.recordTransfer()
	case CallJoined:
		role := o.state.legs[leg].role
		ev.Role, o.call.met = role.String(), o.call.met || role == Talk
	case CallEnded:
		ev.Cause, ev.Outcome = o.outcome.Cause, &o.outcome
		o.publishMissed(ev)
	}
	o.record(kind, o.parties[leg])
	o.tell(ev)
}

func (o *owner) event(kind EventKind, leg int) Event {
	p := o.parties[leg]
	return Event{
		Version: EventVersion, Kind: kind, At: time.Now(), Call: o.call.id, Line: o.call.line,
		From: o.call.from.String(), To: o.call.to.String(), Reference: o.call.reference, Caller: o.parties[0].outcome.Party,
		Leg: p.outcome.ID, Address: p.address, Party: p.outcome.Party,
	}
}

// tell gives an event to the sink, which must not be able to end a call.
func (o *owner) tell(ev Event) {
	defer func() {
		if v := recover(); v != nil {
			o.complain("sink", v)
		}
	}()
	o.bridge.opt.Sink.Publish(ev)
}

// attrs are what every line of the log about a leg shows.
func (o *owner) attrs(p *party) []slog.Attr {
	return []slog.Attr{slog.Any("from", o.call.from), slog.Any("to", o.call.to), slog.String("leg", string(p.outcome.ID))}
}

// record logs an event. The last one shows every delay of the call, and how good it was.
func (o *owner) record(kind EventKind, p *party) {
	attrs := o.attrs(p)
	if kind == CallDigit {
		o.log.LogAttrs(o.ctx, slog.LevelDebug, string(kind), attrs...)
		return
	}
	if kind != CallEnded {
		o.log.LogAttrs(o.ctx, slog.LevelInfo, string(kind), attrs...)
		return
	}
	out := o.outcome
	attrs = append(attrs, slog.String("cause", out.Cause.String()), slog.Int("q850", int(out.Cause)),
		slog.String("fault", out.Fault.String()), slog.String("path", out.Path), slog.Any("dur", out.Times))
	if o.talked != 0 {
		attrs = append(attrs, slog.Any("caller", out.Legs[0]), slog.Any("callee", out.Legs[o.talked]))
	}
	if n := len(out.Recordings); n > 0 {
		attrs = append(attrs, slog.String("recording", out.Recordings[n-1].ID))
	}
	if out.Err != nil {
		attrs = append(attrs, slog.Any("err", out.Err))
	}
	o.log.LogAttrs(o.ctx, slog.LevelInfo, string(kind), attrs...)
}
