package room

import "math"

// halfTaps is the length of each half of the filter between 8 and 16 kHz: 63 taps in all, flat to 3.4 kHz, 60 dB down at 4.6 kHz.
const halfTaps = 31

// A resampler doubles or halves the rate of sound, or leaves it alone, by a half-band filter. libopus has rates of its own for the other
// codecs; only between G.711 and G.722 something must.
type resampler struct {
	from, to int
	taps     [2*halfTaps + 1]float32
	past     [2*halfTaps + 1]float32 // the last samples at the higher rate, oldest first
}

// newResampler works for equal rates and for a ratio of two.
func newResampler(from, to int) *resampler {
	r := &resampler{from: from, to: to}
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
	out = out[:0]
	switch {
	case r.from < r.to:
		for _, s := range pcm {
			out = append(out, r.filter(2*float32(s)), r.filter(0))
		}
	case r.from > r.to:
		for i, s := range pcm {
			if v := r.filter(float32(s)); i%2 == 0 {
				out = append(out, v)
			}
		}
	default:
		out = append(out, pcm...)
	}
	return out
}

// filter puts in a sample at the higher rate and returns the filtered one.
func (r *resampler) filter(s float32) int16 {
	copy(r.past[:], r.past[1:])
	r.past[len(r.past)-1] = s
	var sum float32
	for i, v := range r.past {
		sum += v * r.taps[i]
	}
	return int16(min(max(math.Round(float64(sum)), math.MinInt16), math.MaxInt16))
}
