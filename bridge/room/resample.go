package room

import "math"

// lobes is the half-length of the filter in samples at the lower rate: flat to 0.84 of its band, 60 dB down at 1.15.
const lobes = 16

// A Resampler multiplies or divides the rate of sound by a whole number, or leaves it alone. libopus has rates of its own for the other
// codecs; it is for the telephone codecs in a mix, and between G.711 and G.722. It keeps what it needs of the past, and is late by 16 samples
// of the lower rate. Not safe for concurrent use.
type Resampler struct {
	up, down int
	phases   [][]float32 // taps for each of the up outputs that an input makes, oldest first
	past     []float32   // input: as much as there are taps but one, then what is new
}

// NewResampler works where one rate is a multiple of the other.
func NewResampler(from, to int) *Resampler {
	r := &Resampler{up: max(1, to/from), down: max(1, from/to)}
	ratio := max(r.up, r.down)
	n := 2 * lobes * ratio / r.up
	r.phases = make([][]float32, r.up)
	for p := range r.phases {
		r.phases[p] = make([]float32, n)
		for i := range r.phases[p] {
			r.phases[p][n-1-i] = float32(lowPass(float64(i*r.up+p), ratio)) * float32(r.up)
		}
	}
	r.past = make([]float32, n-1)
	return r
}

// Ratio is how many samples come of each; 1 also where fewer do.
func (r *Resampler) Ratio() int { return r.up }

// lowPass is tap i of a filter that leaves a ratio-th of the band: a sinc under Blackman's window.
func lowPass(i float64, ratio int) float64 {
	half := float64(lobes * ratio)
	k := i - half + 0.5
	window := 0.42 + 0.5*math.Cos(math.Pi*k/half) + 0.08*math.Cos(2*math.Pi*k/half)
	return window * sinc(k/float64(ratio)) / float64(ratio)
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// Convert appends the sound of pcm at the other rate to out. When dividing, the length of pcm is a multiple of the ratio.
func (r *Resampler) Convert(pcm, out []int16) []int16 {
	if r.up == r.down {
		return append(out, pcm...)
	}
	for _, s := range pcm {
		r.past = append(r.past, float32(s))
	}
	n := len(r.phases[0])
	for i := r.down - 1; i < len(pcm); i += r.down {
		for _, taps := range r.phases {
			out = append(out, toInt16(dot(r.past[i:i+n], taps)))
		}
	}
	r.past = append(r.past[:0], r.past[len(r.past)-n+1:]...)
	return out
}

// dot is the sum of the products; both have the same length, a multiple of four.
func dot(a, b []float32) float32 {
	var s0, s1, s2, s3 float32
	for len(a) >= 4 && len(b) >= 4 {
		s0 += a[0] * b[0]
		s1 += a[1] * b[1]
		s2 += a[2] * b[2]
		s3 += a[3] * b[3]
		a, b = a[4:], b[4:]
	}
	return s0 + s1 + s2 + s3
}

// toInt16 rounds, and cuts what is too loud.
func toInt16(v float32) int16 {
	switch {
	case v >= math.MaxInt16:
		return math.MaxInt16
	case v <= math.MinInt16:
		return math.MinInt16
	case v < 0:
		return int16(v - 0.5)
	default:
		return int16(v + 0.5)
	}
}
