package sound

import "math"

// Tone is a Source of one sine.
type Tone struct {
	hz, amplitude float64
	phase         float64
}

// NewTone returns a sine of hz with a peak of amplitude, 0 to 1.
func NewTone(hz, amplitude float64) *Tone { return &Tone{hz: hz, amplitude: amplitude} }

// Fill goes on with the sine.
func (t *Tone) Fill(pcm []int16, rate int) {
	step := 2 * math.Pi * t.hz / float64(rate)
	for i := range pcm {
		pcm[i] = int16(math.Round(32767 * t.amplitude * math.Sin(t.phase)))
		t.phase = math.Mod(t.phase+step, 2*math.Pi)
	}
}
