package room

import "math"

// The gains that can be set, in dB.
const (
	leastGain = -60
	mostGain  = 20
)

// factor is a gain of db as what samples are multiplied by.
func factor(db float64) float32 {
	return float32(math.Pow(10, min(max(db, leastGain), mostGain)/20))
}

// A fader is a gain that changes without a click: over the time of one block.
type fader struct{ at float32 }

// scale lets the block's gain go from where the fader is to the given one.
func (f *fader) scale(block []float32, to float32) {
	from := f.at
	f.at = to
	if from == 1 && to == 1 {
		return
	}
	step := (to - from) / float32(len(block))
	for i := range block {
		from += step
		block[i] *= from
	}
}

func add(mix, block []float32) {
	for i, v := range block {
		mix[i] += v
	}
}

func subtract(mix, block []float32) {
	for i, v := range block {
		mix[i] -= v
	}
}

const (
	// ceiling is how loud a sample of a mix may be.
	ceiling = 32000

	// attack is the share of a block in which a limiter gets hold of what is too loud, recovery how much of its gain it gets back
	// in a block: from half the level in 0.3 s.
	attack   = 8
	recovery = 1.05
)

// A limiter turns a mix into samples. It turns down what is too loud as a whole, so that voices on top of each other do not crackle.
type limiter struct{ at float32 }

func newLimiter() limiter { return limiter{at: 1} }

// apply appends the block to out.
func (l *limiter) apply(mix []float32, out []int16) []int16 {
	peak := loudest(mix)
	from, to, ramp := l.at, min(1, l.at*recovery), len(mix)
	if peak > math.MaxInt16 && to > ceiling/peak {
		to = ceiling / peak
		if to < from {
			ramp = max(1, len(mix)/attack)
		}
	}
	l.at = to
	if from == 1 && to == 1 {
		for _, v := range mix {
			out = append(out, toInt16(v))
		}
		return out
	}
	step := (to - from) / float32(ramp)
	for i, v := range mix {
		if i < ramp {
			from += step
		}
		out = append(out, toInt16(v*from))
	}
	return out
}

// loudest is the magnitude of the loudest sample. The builtin max would look for what is no number.
func loudest(mix []float32) (peak float32) {
	for _, v := range mix {
		if v < 0 {
			v = -v
		}
		if v > peak {
			peak = v
		}
	}
	return peak
}
