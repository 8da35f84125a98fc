package room

import "math"

// halfTaps is the length of each half of the filter between 8 and 16 kHz: 63 taps in all, flat to 3.4 kHz, 60 dB down at 4.6 kHz.
const halfTaps = 31

// A resampler doubles or halves the rate of sound, or leaves it alone, by a half-band filter. libopus has rates of its own for the other
// codecs; only between G.711 and G.722 something must.
type resampler struct {
	from, to int
	taps     [2*halfTaps + 1]float32
	past     []float32 // sound at the higher rate: as much as there are taps but one, then what is being filtered
}

// newResampler works for equal rates and for a ratio of two.
func newResampler(from, to int) *resampler {
	r := &resampler{from: from, to: to, past: make([]float32, 2*halfTaps)}
	for i := range r.taps {
		k := float64(i - halfTaps)
		window := 0.42 + 0.5*math.Cos(math.Pi*k/(halfTaps+1)) + 0.08*math.Cos(2*math.Pi*k/(halfTaps+1)) // Blackman
		r.taps[i] = float32(window * sinc(k/2) / 2)
	}
	return r
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// convert appends the sound of pcm at the other rate to out[:0].
func (r *resampler) convert(pcm, out []int16) []int16 {
	if r.from == r.to {
		return append(out[:0], pcm...)
	}
	for _, s := range pcm {
		if r.past = append(r.past, float32(s)); r.from < r.to {
			r.past[len(r.past)-1] *= 2 // for the zero
			r.past = append(r.past, 0)
		}
	}
	return r.filter(max(1, r.from/r.to), out[:0])
}

// filter filters what is new in past, takes every step-th sample of it, and forgets what is not needed again.
func (r *resampler) filter(step int, out []int16) []int16 {
	last := len(r.past) - 2*halfTaps
	for i := 0; i < last; i += step {
		var sum float32
		for k, v := range r.past[i : i+len(r.taps)] {
			sum += v * r.taps[k]
		}
		out = append(out, int16(min(max(math.Round(float64(sum)), math.MinInt16), math.MaxInt16)))
	}
	r.past = append(r.past[:0], r.past[last:]...)
	return out
}
