package dtmf

import "math"

const (
	// size is how many samples are looked at at once, and hop after how many again: windows of 12.75 ms, each half of the last.
	size = 102
	hop  = size / 2

	// begins is how many windows in a row must hold a digit: 32 ms, between the 40 ms that Q.24 has accepted and the 23 ms it has
	// refused. ends is how many without it end it: a pause of the 40 ms that Q.24 has recognised has more, and a gap that a codec or a
	// loss of less makes does not make two of one.
	begins = 4
	ends   = 5

	// The limits for a window. Powers are as shares of the loudest that there can be.
	quietest    = 1e-4              // of each tone: -40 dB
	normalTwist = 7.6               // the high tone is weaker than the low one: 8 dB, and some for what a window blurs
	reverse     = 3.0               // or stronger: 4 dB, likewise
	above       = 6.3               // the others of its group: 8 dB
	pure        = 0.74              // of all the sound is the two tones
	harmonic    = 0.06              // of a tone is at twice its frequency: a voice has more
	apart       = 1.5 * Rate / size // Hz from another tone, where that is measured
)

// A Detector finds digits in sound at Rate. It takes a tone for a digit if both its frequencies are within some 2 % of one, and more than the
// rest of the sound by far, for 32 ms.
type Detector struct {
	window []float64 // what is being looked at
	last   byte      // digit of the last window, 0 for none
	hits   int       // windows in a row that held it
	misses int       // windows in a row that did not hold now
	now    byte      // the digit that has been found and is not over
}

// NewDetector returns a Detector that has heard nothing.
func NewDetector() *Detector { return &Detector{} }

// Write looks at the next sound and returns the digits that were recognised in it: each once, 32 ms after it began.
func (d *Detector) Write(pcm []int16) (digits []byte) {
	for _, s := range pcm {
		d.window = append(d.window, float64(s)/32768)
		if len(d.window) < size {
			continue
		}
		if digit := d.step(look(d.window)); digit != 0 {
			digits = append(digits, digit)
		}
		d.window = append(d.window[:0], d.window[hop:]...)
	}
	return digits
}

// step takes what a window held, and returns a digit that has lasted long enough to be one.
func (d *Detector) step(digit byte) byte {
	if digit == d.last && digit != 0 {
		d.hits++
	} else {
		d.hits = 1
	}
	d.last = digit
	if digit == d.now {
		d.misses = 0
	} else if d.misses++; d.misses >= ends {
		d.now = 0
	}
	if digit == 0 || digit == d.now || d.hits < begins {
		return 0
	}
	d.now, d.misses = digit, 0
	return digit
}

// look tells which digit a window holds; 0: none.
func look(window []float64) byte {
	var total float64
	for _, v := range window {
		total += v * v
	}
	total /= size
	if total < quietest {
		return 0
	}
	r, row, clearRow := strongest(window, rows)
	c, column, clearColumn := strongest(window, columns)
	switch {
	case !clearRow || !clearColumn,
		row < quietest/2 || column < quietest/2,
		row > column*normalTwist || column > row*reverse,
		row+column < pure*total,
		overtone(window, rows[r], columns[c], row),
		overtone(window, columns[c], rows[r], column):
		return 0
	}
	return keys[4*r+c]
}

// strongest is which of a group has most power in the window, and whether by far.
func strongest(window []float64, group [4]float64) (best int, power float64, byFar bool) {
	var all [4]float64
	for i, hz := range group {
		if all[i] = goertzel(window, hz); all[i] > all[best] {
			best = i
		}
	}
	for i, p := range all {
		if i != best && p*above > all[best] {
			return best, all[best], false
		}
	}
	return best, all[best], true
}

// overtone tells whether a tone of hz has one, as voices have, where that is not too near to the other tone to be told from it.
func overtone(window []float64, hz, other, power float64) bool {
	return math.Abs(2*hz-other) > apart && goertzel(window, 2*hz) > harmonic*power
}

// goertzel is the power of hz in the window: 0.5 for a sine of peak 1.
func goertzel(window []float64, hz float64) float64 {
	k := 2 * math.Cos(2*math.Pi*hz/Rate)
	var s0, s1, s2 float64
	for _, v := range window {
		s0 = v + k*s1 - s2
		s2, s1 = s1, s0
	}
	n := float64(len(window))
	return 2 * (s1*s1 + s2*s2 - k*s1*s2) / (n * n)
}
