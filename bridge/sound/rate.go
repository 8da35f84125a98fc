package sound

import "math"

const (
	ratePhases = 256 // positions between two samples that the filter knows
	rateLobes  = 8   // of the sinc on each side
)

// converted is sound of one rate played at any other.
type converted struct {
	rates *rateConverter // to the rate last asked for; nil: it is that
	to    int
	ready []int16 // converted and not yet played
}

// fill fills pcm at a rate with what more has at its own, as far as there is more, and returns how many samples there were.
func (c *converted) fill(pcm []int16, from, to int, more func() []int16) int {
	if to != c.to {
		c.to, c.rates, c.ready = to, nil, nil
		if to != from {
			c.rates = newRateConverter(from, to)
		}
	}
	for len(c.ready) < len(pcm) {
		next := more()
		if len(next) == 0 {
			break
		}
		if c.rates == nil {
			c.ready = append(c.ready, next...)
			continue
		}
		c.ready = c.rates.convert(next, c.ready)
	}
	n := copy(pcm, c.ready)
	c.ready = append(c.ready[:0], c.ready[n:]...)
	return n
}

// A rateConverter brings sound from one rate to another by a windowed sinc. It keeps what it needs of the past; its first sample is the
// first it was given, after a silence of as long as the filter's half.
type rateConverter struct {
	step  float64     // input samples per output sample
	half  int         // taps on each side
	table [][]float32 // taps by phase
	in    []float32   // not yet done with
	pos   float64     // in in: centre of the next output sample
}

func newRateConverter(from, to int) *rateConverter {
	c := &rateConverter{step: float64(from) / float64(to)}
	band := min(1, float64(to)/float64(from))
	c.half = int(math.Ceil(rateLobes / band))
	c.table = make([][]float32, ratePhases)
	for p := range c.table {
		c.table[p] = sincTaps(c.half, float64(p)/ratePhases, band)
	}
	c.in = make([]float32, c.half)
	c.pos = float64(c.half)
	return c
}

// sincTaps are those for a sample shift after the first half of them, with band as the share of the input's band that is kept.
func sincTaps(half int, shift, band float64) []float32 {
	taps := make([]float32, 2*half)
	for i := range taps {
		x := float64(i-half+1) - shift
		window := 0.5 + 0.5*math.Cos(math.Pi*x/float64(half+1))
		v := band
		if x != 0 {
			v = math.Sin(math.Pi*x*band) / (math.Pi * x)
		}
		taps[i] = float32(v * window)
	}
	return taps
}

// convert appends to out what pcm makes possible.
func (c *rateConverter) convert(pcm, out []int16) []int16 {
	for _, s := range pcm {
		c.in = append(c.in, float32(s))
	}
	for int(c.pos)+c.half < len(c.in) {
		at := int(c.pos)
		taps := c.table[int((c.pos-float64(at))*ratePhases)]
		var sum float32
		for i, v := range c.in[at-c.half+1 : at+c.half+1] {
			sum += v * taps[i]
		}
		out = append(out, int16(min(max(math.Round(float64(sum)), math.MinInt16), math.MaxInt16)))
		c.pos += c.step
	}
	if done := int(c.pos) - c.half; done > 0 {
		c.in = append(c.in[:0], c.in[min(done, len(c.in)):]...)
		c.pos -= float64(done)
	}
	return out
}
