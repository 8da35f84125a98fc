package demo

import (
	"encoding/json"
	"fmt"
	"time"

	"switchgram/bridge"
	"switchgram/cmd/switchgram/tones"
)

// Row is one call as it went: a line of the table, and a line of JSON.
type Row struct {
	Call     string          `json:"call"`               // what was tried
	From     string          `json:"from"`               // who called
	To       string          `json:"to"`                 // who was called
	Version  string          `json:"version,omitempty"`  // of Telegram's call protocol
	Pair     string          `json:"pair,omitempty"`     // kinds of the ICE candidates on Telegram's side
	Codec    string          `json:"codec,omitempty"`    // relayed, or transcoded from what to what
	Setup    time.Duration   `json:"-"`                  // from dialling until the caller heard of the answer
	SetupMS  float64         `json:"setup_ms,omitempty"` // the same, for JSON
	Caller   *tones.Heard    `json:"caller,omitempty"`   // what the caller heard
	Callee   *tones.Heard    `json:"callee,omitempty"`   // what the callee heard
	Lost     uint64          `json:"lost"`               // packets that reached neither end, both directions together
	MOS      float64         `json:"mos,omitempty"`      // what the one of the two who hears worse would say of it, 1 to 4.5; an estimate
	Ended    string          `json:"ended"`              // cause, and who ended it
	Want     string          `json:"want"`               // how it should have ended
	Told     json.RawMessage `json:"told,omitempty"`     // what "Slack" got, if the call was missed
	Problems []string        `json:"problems,omitempty"` // what was not as expected
}

// judge notes everything that is not as it should be.
func (r *Row) judge() {
	r.SetupMS = float64(r.Setup.Microseconds()) / 1000
	if r.Ended != r.Want {
		r.problem("ended %q, not %q", r.Ended, r.Want)
	}
	for end, h := range map[string]*tones.Heard{"caller": r.Caller, "callee": r.Callee} {
		if h != nil && h.Problem() != "" {
			r.problem("%s %s", end, h.Problem())
		}
	}
}

func (r *Row) problem(format string, args ...any) {
	r.Problems = append(r.Problems, fmt.Sprintf(format, args...))
}

// OK says that the call went as expected.
func (r *Row) OK() bool { return len(r.Problems) == 0 }

// outcome notes what the bridge says of the call.
func (r *Row) outcome(o bridge.Outcome) {
	r.Ended = o.Cause.String() + " by " + whose(o)
	r.Codec = o.Path
	for _, l := range o.Legs {
		r.Lost += l.Stats.Lost
		if mos := l.Quality.Hears; mos > 0 && (r.MOS == 0 || mos < r.MOS) {
			r.MOS = mos
		}
		if l.Address.Scheme == "tg" {
			r.Version, r.Pair = l.Description.Protocol, l.Description.Path
		}
	}
}

// whose move ended the call.
func whose(o bridge.Outcome) string {
	switch {
	case o.EndedBy == "":
		return "us"
	case len(o.Legs) > 0 && o.Legs[0].ID == o.EndedBy:
		return "caller"
	default:
		return "callee"
	}
}
