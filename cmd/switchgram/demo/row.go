package demo

import (
	"fmt"
	"math"
	"time"

	"switchgram/bridge"
)

// Row is one call as it went: a line of the table, and a line of JSON.
type Row struct {
	Call     string        `json:"call"`               // what was tried
	From     string        `json:"from"`               // who called
	To       string        `json:"to"`                 // who was called
	Version  string        `json:"version,omitempty"`  // of Telegram's call protocol
	Pair     string        `json:"pair,omitempty"`     // kinds of the ICE candidates on Telegram's side
	Codec    string        `json:"codec,omitempty"`    // relayed, or transcoded from what to what
	Setup    time.Duration `json:"-"`                  // from dialling until the caller heard of the answer
	SetupMS  float64       `json:"setup_ms,omitempty"` // the same, for JSON
	Caller   *Heard        `json:"caller,omitempty"`   // what the caller heard
	Callee   *Heard        `json:"callee,omitempty"`   // what the callee heard
	Lost     uint64        `json:"lost"`               // packets that reached neither end, both directions together
	MOS      float64       `json:"mos,omitempty"`      // what the one of the two who hears worse would say of it, 1 to 4.5; an estimate
	Ended    string        `json:"ended"`              // cause, and who ended it
	Want     string        `json:"want"`               // how it should have ended
	Problems []string      `json:"problems,omitempty"` // what was not as expected
}

// Heard is what one end heard of the other's tone.
type Heard struct {
	WantHz  float64 `json:"want_hz"` // the tone that was played at the other end
	Hz      float64 `json:"hz"`
	DBFS    float64 `json:"dbfs"`
	Share   float64 `json:"share"`    // of the energy that is in that tone
	DelayMS float64 `json:"delay_ms"` // one way, sound in to sound out; of an echo, there and back
}

// What a tone that went through a telephone call must still be.
const (
	hzOff    = 3.0   // Hz
	quietest = -16.0 // dBFS; it is played at -10.5
	purest   = 0.8   // share of the energy
)

// toneProblem says what is wrong with the tone; empty: nothing.
func (h *Heard) toneProblem() string {
	switch {
	case math.Abs(h.Hz-h.WantHz) > hzOff:
		return fmt.Sprintf("heard %.0f Hz, played %.0f", h.Hz, h.WantHz)
	case h.DBFS < quietest:
		return fmt.Sprintf("heard it too quiet: %.0f dBFS", h.DBFS)
	case h.Share < purest:
		return fmt.Sprintf("heard something of which only %.0f %% is the tone", 100*h.Share)
	default:
		return ""
	}
}

// problem says what is wrong with what was heard; empty: nothing.
func (h *Heard) problem() string {
	if p := h.toneProblem(); p != "" || h.DelayMS > 0 {
		return p
	}
	return "never heard the marker"
}

// String is "1234 Hz -13 dB 41 ms".
func (h *Heard) String() string {
	if h == nil {
		return "-"
	}
	return fmt.Sprintf("%4.0f Hz %3.0f dB %3.0f ms", h.Hz, h.DBFS, h.DelayMS)
}

// judge notes everything that is not as it should be.
func (r *Row) judge() {
	r.SetupMS = float64(r.Setup.Microseconds()) / 1000
	if r.Ended != r.Want {
		r.problem("ended %q, not %q", r.Ended, r.Want)
	}
	for end, h := range map[string]*Heard{"caller": r.Caller, "callee": r.Callee} {
		if h != nil && h.problem() != "" {
			r.problem("%s %s", end, h.problem())
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
