package bridge

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"switchgram/bridge/recording"
)

// Report is an event as everybody outside this program reads it: as JSON in webhooks, in the stream of events and in the records of calls.
// docs/events.md explains every field. What is zero is left out: it is not known, or has no meaning for that kind.
type Report struct {
	Version   int       `json:"version"`
	Kind      EventKind `json:"kind"`
	At        time.Time `json:"at"`
	Call      CallID    `json:"call,omitempty"`
	Line      string    `json:"line,omitempty"`
	Direction string    `json:"direction,omitempty"` // in, out, inside: DirectionOf
	From      string    `json:"from,omitempty"`      // address of the caller
	To        string    `json:"to,omitempty"`        // address called
	Reference string    `json:"reference,omitempty"`
	Caller    Person    `json:"caller,omitzero"`

	Leg     LegID  `json:"leg,omitempty"`
	Address string `json:"address,omitempty"` // of the leg's far end
	Person  Person `json:"person,omitzero"`   // there
	Role    string `json:"role,omitempty"`
	Instead LegID  `json:"instead,omitempty"`

	Cause    string       `json:"cause,omitempty"`
	Q850     int          `json:"q850,omitempty"`
	EndedBy  string       `json:"ended_by,omitempty"` // caller, callee, bridge
	Fault    string       `json:"fault,omitempty"`
	Times    *ReportTimes `json:"times,omitempty"`
	Quality  *Heard       `json:"quality,omitempty"`
	Silence  *Silence     `json:"silence,omitempty"`
	Standing *Standing    `json:"standing,omitempty"`

	Script     *Scripted        `json:"script,omitempty"`
	Told       *Told            `json:"told,omitempty"`
	Recording  *recording.Info  `json:"recording,omitempty"`
	Recordings []recording.Info `json:"recordings,omitempty"`
}

// Person is who is at the far end of a leg, as far as known. All of it is text from outside.
type Person struct {
	Number   string `json:"number,omitempty"`   // E.164 with "+", or the SIP user of who is not on Telegram
	Name     string `json:"name,omitempty"`     // as they call themselves
	Username string `json:"username,omitempty"` // Telegram's, without "@"
	ID       int64  `json:"id,omitempty"`       // Telegram's
}

// String is the best that people can call them by.
func (p Person) String() string {
	switch {
	case p.Name != "":
		return p.Name
	case p.Number != "":
		return p.Number
	case p.Username != "":
		return "@" + p.Username
	case p.ID != 0:
		return "Telegram user " + strconv.FormatInt(p.ID, 10)
	default:
		return "unknown"
	}
}

// ReportTimes are when a call reached what it reached, and what that took in seconds.
type ReportTimes struct {
	Started  time.Time `json:"started"`
	Ringing  time.Time `json:"ringing,omitzero"`
	Accepted time.Time `json:"accepted,omitzero"`
	Answered time.Time `json:"answered,omitzero"` // caller and callee hear each other
	Ended    time.Time `json:"ended,omitzero"`
	Wait     float64   `json:"wait_seconds"`           // from the start until the answer, or else the end
	Talk     float64   `json:"talk_seconds,omitempty"` // from the answer to the end
}

// Heard is how good the connection was of the two who talked.
type Heard struct {
	Caller Quality `json:"caller"`
	Callee Quality `json:"callee"`
}

// The directions of calls, as Telegram sees them.
const (
	Inward  = "in"     // somebody on Telegram calls
	Outward = "out"    // somebody on Telegram is called, by somebody who is not
	Inside  = "inside" // nobody on Telegram is asked
)

// DirectionOf is the direction of a call between two addresses as Address.String writes them.
func DirectionOf(from, to string) string {
	switch {
	case strings.HasPrefix(from, "tg:"):
		return Inward
	case strings.HasPrefix(to, "tg:"):
		return Outward
	default:
		return Inside
	}
}

// Person is what others may know of the party.
func (p Party) Person() Person {
	return Person{Number: cmp.Or(p.Phone, p.Number), Name: p.ownName(), Username: p.Username, ID: p.ID}
}

// MarshalJSON writes the event's Report.
func (ev Event) MarshalJSON() ([]byte, error) { return json.Marshal(ev.Report()) }

// Report is what others may know of the event.
func (ev Event) Report() Report {
	r := Report{
		Version: ev.Version, Kind: ev.Kind, At: ev.At, Call: ev.Call, Line: ev.Line, From: ev.From, To: ev.To, Reference: ev.Reference,
		Caller: ev.Caller.Person(), Leg: ev.Leg, Person: ev.Party.Person(), Role: ev.Role, Instead: ev.Instead,
		Silence: ev.Silence, Standing: ev.Standing, Recording: ev.Recording, Script: ev.Scripted, Told: ev.Told,
	}
	if ev.From != "" {
		r.Direction = DirectionOf(ev.From, ev.To)
	}
	if ev.Address != (Address{}) {
		r.Address = ev.Address.String()
	}
	if ev.Outcome != nil {
		r.ended(ev.Outcome)
	}
	return r
}

// ended adds how the call ended.
func (r *Report) ended(o *Outcome) {
	r.Cause, r.Q850, r.Fault, r.EndedBy = o.Cause.String(), int(o.Cause), o.Fault.String(), o.sideOf(o.EndedBy)
	r.Recordings = o.Recordings
	t := o.Times
	r.Times = &ReportTimes{
		Started: t.Started, Ringing: t.Ringing, Accepted: t.Accepted, Answered: t.Connected, Ended: t.Ended,
		Wait: t.wait().Seconds(), Talk: t.Talk().Seconds(),
	}
	if callee := o.talked(); callee != nil {
		r.Quality = &Heard{Caller: o.Legs[0].Quality, Callee: callee.Quality}
	}
}

// wait is how long the caller waited.
func (t Times) wait() time.Duration {
	if t.Answered() {
		return between(t.Started, t.Connected)
	}
	return between(t.Started, t.Ended)
}

// sideOf says whose leg that is: caller, callee, or bridge, which is us.
func (o *Outcome) sideOf(leg LegID) string {
	switch {
	case leg == "":
		return "bridge"
	case len(o.Legs) > 0 && leg == o.Legs[0].ID:
		return "caller"
	default:
		return "callee"
	}
}

// talked is who talked with the caller; nil: nobody did.
func (o *Outcome) talked() *LegOutcome {
	if !o.Times.Answered() {
		return nil
	}
	for i := range o.Legs {
		if l := &o.Legs[i]; i > 0 && (l.Quality.Hears > 0 || len(o.Legs) == 2) {
			return l
		}
	}
	return nil
}
