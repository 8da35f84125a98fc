package sound

import (
	"math"
	"time"
)

// Tone is a Source of one sine.
type Tone struct {
	hz, amplitude float64
	swell         float64 // Hz; 0: steady
	phase, slow   float64 // of the sine and of its swelling, radians
}

// NewTone returns a sine of hz with a peak of amplitude, 0 to 1.
func NewTone(hz, amplitude float64) *Tone { return &Tone{hz: hz, amplitude: amplitude} }

// Swell lets the tone fall to half its amplitude and rise again once in every period, so that noise suppression on the way does not take
// it for noise. It returns the tone.
func (t *Tone) Swell(period time.Duration) *Tone {
	t.swell = 1 / period.Seconds()
	return t
}

// Fill goes on with the sine.
func (t *Tone) Fill(pcm []int16, rate int) int {
	step, slowly := 2*math.Pi*t.hz/float64(rate), 2*math.Pi*t.swell/float64(rate)
	for i := range pcm {
		peak := 32767 * t.amplitude * (3 + math.Cos(t.slow)) / 4
		pcm[i] = int16(math.Round(peak * math.Sin(t.phase)))
		t.phase, t.slow = math.Mod(t.phase+step, 2*math.Pi), math.Mod(t.slow+slowly, 2*math.Pi)
	}
	return len(pcm)
}
