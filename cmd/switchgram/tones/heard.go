package tones

import (
	"fmt"
	"math"

	"switchgram/bridge/sound"
)

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
	silent   = -50.0 // dBFS; what is below is nothing
)

func newHeard(want float64, m sound.Heard) Heard {
	return Heard{WantHz: want, Hz: m.Hz, DBFS: max(m.Level, -99), Share: m.Share}
}

// has tells whether the strongest tone is hz.
func (h *Heard) has(hz float64) bool { return h.DBFS >= silent && math.Abs(h.Hz-hz) <= hzOff }

// toneProblem says what is wrong with the tone; empty: nothing.
func (h *Heard) toneProblem() string {
	switch {
	case h.DBFS < silent:
		return fmt.Sprintf("heard nothing, played %.0f Hz", h.WantHz)
	case !h.has(h.WantHz):
		return fmt.Sprintf("heard %.0f Hz, played %.0f", h.Hz, h.WantHz)
	case h.DBFS < quietest:
		return fmt.Sprintf("heard it too quiet: %.0f dBFS", h.DBFS)
	case h.Share < purest:
		return fmt.Sprintf("heard something of which only %.0f %% is the tone", 100*h.Share)
	default:
		return ""
	}
}

// Problem says what is wrong with what was heard; empty: nothing.
func (h *Heard) Problem() string {
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
