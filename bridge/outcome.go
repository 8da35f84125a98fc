package bridge

import (
	"log/slog"
	"time"

	"switchgram/bridge/media"
	"switchgram/bridge/recording"
)

// Outcome is how a call ended, and how it went until then.
type Outcome struct {
	Call    CallID
	Line    string
	From    Address
	To      Address
	Cause   Cause
	EndedBy LegID // whose hangup or failure ended it; empty: ours
	Fault   Fault
	Err     error  // what went wrong, for the log; nil at a normal end
	Path    string // how sound went between the two who talked: "relay opus"; empty if nobody did
	Times   Times
	Legs    []LegOutcome // the caller, then everybody dialled and everybody who joined, in the order of coming

	Recordings []recording.Info // what was recorded; size and sum come with the event RecordingReady
}

// Times are when a call reached what it reached; the others are zero.
type Times struct {
	Started   time.Time // we heard of the call
	Ringing   time.Time // the first telephone rang
	Accepted  time.Time // a person took the call
	Media     time.Time // media with that person ran
	Connected time.Time // caller and callee hear each other
	Ended     time.Time // everything was over
}

// Answered says whether caller and callee ever heard each other.
func (t Times) Answered() bool { return !t.Connected.IsZero() }

// Talk is for how long they did.
func (t Times) Talk() time.Duration { return between(t.Connected, t.Ended) }

func between(from, to time.Time) time.Duration {
	if from.IsZero() || to.IsZero() {
		return 0
	}
	return to.Sub(from)
}

// LogValue shows every delay of a call: how long until it rang, until it was accepted, until media ran, until both heard each
// other, and how long they talked.
func (t Times) LogValue() slog.Value {
	var attrs []slog.Attr
	last := t.Started
	for _, part := range []struct {
		name string
		at   time.Time
	}{{"ring", t.Ringing}, {"accept", t.Accepted}, {"media", t.Media}, {"connect", t.Connected}, {"talk", t.Ended}} {
		if part.at.IsZero() || part.name == "talk" && !t.Answered() {
			continue
		}
		attrs = append(attrs, slog.Duration(part.name, part.at.Sub(last).Round(time.Millisecond)))
		last = part.at
	}
	return slog.GroupValue(attrs...)
}

// LegOutcome is one leg's part in a call.
type LegOutcome struct {
	ID          LegID // empty: it was never dialled, or could not be
	Address     Address
	Party       Party
	Cause       Cause
	Role        Role   // what it did in the call
	Joined      bool   // it is neither the caller nor was it dialled
	Moved       bool   // it went to another call; Cause and Ended are of that
	Remote      bool   // the far end ended it; otherwise we did
	Text        string // the far end's own words
	Err         error
	Ended       time.Time
	Format      media.Format // what it spoke at the end
	Stats       media.Stats
	Quality     Quality
	Stages      Stages
	Description Description
}

// LogValue shows how good the leg's sound was, and what its stages took.
func (l LegOutcome) LogValue() slog.Value {
	return slog.GroupValue(append(l.Quality.LogValue().Group(), slog.Any("dur", l.Stages))...)
}
