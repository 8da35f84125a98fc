package bridge

import (
	"cmp"
	"log/slog"
	"time"
)

// Stages are when a leg reached what a leg goes through. Zero: it did not, or its protocol has no such thing; confirmation, signalling,
// ICE and DTLS are Telegram's.
type Stages struct {
	Began         time.Time `json:"began,omitzero"`          // it called us, or we began to dial it
	Ringing       time.Time `json:"ringing,omitzero"`        // a telephone rings at its far end
	Accepted      time.Time `json:"accepted,omitzero"`       // the person there took the call; of a leg that called us: we did
	Confirmed     time.Time `json:"confirmed,omitzero"`      // both sides have the key
	Signalling    time.Time `json:"signalling,omitzero"`     // the first signalling message came
	ICE           time.Time `json:"ice,omitzero"`            // there was a path
	DTLS          time.Time `json:"dtls,omitzero"`           // there were keys for the sound
	Media         time.Time `json:"media,omitzero"`          // sound can run both ways
	FirstSent     time.Time `json:"first_sent,omitzero"`     // a packet with sound went out
	FirstReceived time.Time `json:"first_received,omitzero"` // one came in
}

// Stage is one stage and how long it took.
type Stage struct {
	Name string // as in JSON: "ringing", "first_received"
	Took time.Duration
}

// Delays lists the stages that were reached and what each took: the time since the one that it follows. Ringing follows the
// beginning, the person's answer follows ringing, ICE and signalling follow the keys, DTLS follows ICE, and everything else the
// person's answer. What came before what it follows, as early media does, is left out.
func (s Stages) Delays() []Stage {
	keyed := cmp.Or(s.Confirmed, s.Accepted)
	var all []Stage
	for _, st := range []struct {
		name     string
		from, to time.Time
	}{
		{"ringing", s.Began, s.Ringing},
		{"accepted", cmp.Or(s.Ringing, s.Began), s.Accepted},
		{"confirmed", s.Accepted, s.Confirmed},
		{"signalling", keyed, s.Signalling},
		{"ice", keyed, s.ICE},
		{"dtls", s.ICE, s.DTLS},
		{"media", s.Accepted, s.Media},
		{"first_sent", s.Accepted, s.FirstSent},
		{"first_received", s.Accepted, s.FirstReceived},
	} {
		if took := between(st.from, st.to); !st.from.IsZero() && !st.to.IsZero() && took >= 0 {
			all = append(all, Stage{st.name, took})
		}
	}
	return all
}

// LogValue shows the delays.
func (s Stages) LogValue() slog.Value {
	var attrs []slog.Attr
	for _, d := range s.Delays() {
		attrs = append(attrs, slog.Duration(d.Name, d.Took.Round(time.Millisecond)))
	}
	return slog.GroupValue(attrs...)
}
