package store

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/recording"
)

// Record is what is kept of a call. Texts in it come from outside. It belongs to whoever gets it.
type Record struct {
	ID        bridge.CallID `json:"call"`
	Line      string        `json:"line,omitempty"`
	Direction string        `json:"direction"` // bridge.DirectionOf
	From      string        `json:"from"`      // address of the caller
	To        string        `json:"to"`        // address called
	Reference string        `json:"reference,omitempty"`
	Caller    bridge.Person `json:"caller"`

	Times bridge.ReportTimes `json:"times"` // Ended is zero while the call runs

	AnsweredBy string `json:"answered_by,omitempty"` // address of who talked with the caller, or did last
	Missed     bool   `json:"missed,omitempty"`      // somebody called in vain
	Cause      string `json:"cause,omitempty"`       // FreeSWITCH's name of it; empty: the call runs
	Q850       int    `json:"q850,omitempty"`
	EndedBy    string `json:"ended_by,omitempty"` // caller, callee, bridge
	Fault      string `json:"fault,omitempty"`
	Error      string `json:"error,omitempty"`
	Path       string `json:"path,omitempty"` // of the sound

	Legs       []Leg            `json:"legs,omitempty"` // the caller, then everybody dialled and everybody who joined
	Moments    []Moment         `json:"moments,omitempty"`
	Script     *bridge.Scripted `json:"script,omitempty"` // what a routing script did with it
	Recordings []recording.Info `json:"recordings,omitempty"`
	Notes      []Note           `json:"notes,omitempty"`
}

// Leg is one leg's part in a call.
type Leg struct {
	ID      string         `json:"leg,omitempty"` // empty: it could not be dialled
	Address string         `json:"address"`
	Person  bridge.Person  `json:"person"`
	Role    string         `json:"role"`
	Joined  bool           `json:"joined,omitempty"` // it is neither the caller nor was it dialled
	Moved   bool           `json:"moved,omitempty"`  // it went to another call
	Cause   string         `json:"cause,omitempty"`
	Q850    int            `json:"q850,omitempty"`
	Remote  bool           `json:"remote,omitempty"` // the far end ended it
	Text    string         `json:"text,omitempty"`   // its words
	Error   string         `json:"error,omitempty"`
	Ended   time.Time      `json:"ended,omitzero"`
	Codec   string         `json:"codec,omitempty"`
	Via     string         `json:"protocol,omitempty"`
	Stages  bridge.Stages  `json:"stages"`
	Quality bridge.Quality `json:"quality"`
}

// Moment is something that happened in a call.
type Moment struct {
	At   time.Time        `json:"at"`
	Kind bridge.EventKind `json:"kind"`
	Leg  bridge.LegID     `json:"leg,omitempty"`

	Instead bridge.LegID `json:"instead,omitempty"` // with a transfer: whose place Leg has taken
}

// Note is what somebody wrote about a call.
type Note struct {
	At   time.Time `json:"at"`
	By   string    `json:"by,omitempty"`
	Text string    `json:"text"`
}

// maxMoments are kept of a call: more than people can cause in one, and a bound for a leg that is held and resumed all day.
const maxMoments = 200

// newRecord begins the record of a call with the first that is heard of it.
func newRecord(ev bridge.Event) *Record {
	r := &Record{ID: ev.Call, Line: ev.Line, Direction: bridge.DirectionOf(ev.From, ev.To), From: ev.From, To: ev.To, Reference: ev.Reference}
	r.Times.Started = ev.At
	if ev.Outcome != nil && !ev.Outcome.Times.Started.IsZero() {
		r.Times.Started = ev.Outcome.Times.Started
	}
	return r
}

// take adds an event to the record.
func (r *Record) take(ev bridge.Event) {
	if who := ev.Caller.Person(); who != (bridge.Person{}) {
		r.Caller = who
	}
	switch ev.Kind {
	case bridge.CallRinging:
		r.Times.Ringing = first(r.Times.Ringing, ev.At)
	case bridge.CallAccepted:
		r.Times.Accepted = first(r.Times.Accepted, ev.At)
	case bridge.CallAnswered:
		r.Times.Answered = first(r.Times.Answered, ev.At)
		r.AnsweredBy = ev.Address.String()
	case bridge.CallTransferred:
		if ev.Instead == r.talking() {
			r.AnsweredBy = ev.Address.String()
		}
	case bridge.RecordingReady:
		r.keep(ev.Recording)
		return
	case bridge.ScriptEnded:
		r.Script = ev.Scripted
		return
	case bridge.CallMissed:
		r.Missed = true
		r.end(ev)
	case bridge.CallEnded:
		r.end(ev)
	}
	if len(r.Moments) < maxMoments || ev.Kind == bridge.CallEnded {
		r.Moments = append(r.Moments, Moment{At: ev.At, Kind: ev.Kind, Leg: ev.Leg, Instead: ev.Instead})
	}
}

// talking is the leg that talks with the caller; empty: none does.
func (r *Record) talking() (leg bridge.LegID) {
	for _, m := range r.Moments {
		if m.Kind == bridge.CallAnswered || m.Kind == bridge.CallTransferred && m.Instead == leg {
			leg = m.Leg
		}
	}
	return leg
}

func first(a, b time.Time) time.Time {
	if a.IsZero() {
		return b
	}
	return a
}

// end adds how the call ended. What was known before counts where the outcome knows less, as after a crash.
func (r *Record) end(ev bridge.Event) {
	report, was := ev.Report(), r.Times
	r.Cause, r.Q850, r.EndedBy, r.Fault = report.Cause, report.Q850, report.EndedBy, report.Fault
	if report.Times != nil {
		r.Times = *report.Times
	}
	r.Times.Started, r.Times.Ringing = first(r.Times.Started, was.Started), first(r.Times.Ringing, was.Ringing)
	r.Times.Accepted, r.Times.Answered = first(r.Times.Accepted, was.Accepted), first(r.Times.Answered, was.Answered)
	r.Times.Ended = first(r.Times.Ended, ev.At)
	if ev.Outcome == nil {
		return
	}
	r.Error, r.Path, r.Legs = text(ev.Outcome.Err), ev.Outcome.Path, nil
	for i := range ev.Outcome.Recordings {
		r.keep(&ev.Outcome.Recordings[i])
	}
	for _, l := range ev.Outcome.Legs {
		r.Legs = append(r.Legs, legOf(l))
	}
}

// talk is for how long caller and callee heard each other.
func (r *Record) talk() time.Duration {
	return time.Duration(r.Times.Talk * float64(time.Second))
}

func legOf(l bridge.LegOutcome) Leg {
	leg := Leg{
		ID: string(l.ID), Address: l.Address.String(), Person: l.Party.Person(), Role: l.Role.String(), Joined: l.Joined, Moved: l.Moved,
		Q850: int(l.Cause), Remote: l.Remote, Text: l.Text, Error: text(l.Err), Ended: l.Ended, Via: l.Description.Protocol,
		Stages: l.Stages, Quality: l.Quality,
	}
	if l.Cause != 0 {
		leg.Cause = l.Cause.String()
	}
	if l.Format.Codec != 0 {
		leg.Codec = l.Format.Codec.String()
	}
	return leg
}

// keep adds a recording, or what has become known of it.
func (r *Record) keep(i *recording.Info) {
	if i == nil {
		return
	}
	at := slices.IndexFunc(r.Recordings, func(k recording.Info) bool { return k.ID == i.ID })
	switch {
	case at < 0:
		r.Recordings = append(r.Recordings, *i)
	case i.Size > 0 || r.Recordings[at].Size == 0: // what is finished is not undone by what was known before
		r.Recordings[at] = *i
	}
}

// finished tells whether it is known already that a recording is.
func (r *Record) finished(i *recording.Info) bool {
	return i != nil && slices.ContainsFunc(r.Recordings, func(k recording.Info) bool { return k.ID == i.ID && k.Size > 0 })
}

// crowd are people by their addresses, numbers and names, folded, each once.
type crowd struct{ numbers, names distinct }

func (c *crowd) add(address string, who bridge.Person) {
	c.numbers.add(number(address))
	c.numbers.add(joined(who.Number))
	c.numbers.add(joined(who.Username))
	if who.ID != 0 {
		c.numbers.add(strconv.FormatInt(who.ID, 10))
	}
	c.names.add(fold(who.Name))
}

// people are everybody in the call.
func (r *Record) people() (c crowd) {
	c.add(r.From, r.Caller)
	c.add(r.To, bridge.Person{})
	c.add(r.AnsweredBy, bridge.Person{})
	for _, l := range r.Legs {
		c.add(l.Address, l.Person)
	}
	return c
}

// distinct are texts, each once, in the order of coming.
type distinct []string

func (d *distinct) add(s string) {
	if s != "" && !slices.Contains(*d, s) {
		*d = append(*d, s)
	}
}

func (d distinct) String() string { return strings.Join(d, " ") }
