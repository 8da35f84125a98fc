package codec

import "math"

// A concealer hides losses in the manner of ITU-T G.711 Appendix I: it repeats the last period of the voice, fading, and blends back
// into the true sound when that returns. Codecs without concealment of their own embed it.
type concealer struct {
	rate    int
	history []int16 // the last sound given out, newest last
	period  int     // samples repeated; 0: nothing is being hidden
	at      int     // position in the period
	hidden  int     // samples hidden so far
}

const (
	historyMs  = 45 // two of the longest periods and the window they are compared by
	shortestMs = 5  // period of a voice of 200 Hz; higher ones repeat in several of theirs
	longestMs  = 15 // 66 Hz
	compareMs  = 15
	blendMs    = 4
	fadeFromMs = 10 // the sound holds its level so long, then falls
	fadeToMs   = 60 // to nothing here
)

func newConcealer(rate int) concealer {
	return concealer{rate: rate, history: make([]int16, historyMs*rate/1000)}
}

func (c *concealer) ms(n int) int { return n * c.rate / 1000 }

// good takes note of true sound, and blends its beginning with what would have gone on being repeated.
func (c *concealer) good(pcm []int16) {
	if c.period > 0 {
		n := min(c.ms(blendMs), len(pcm))
		for i := range n {
			was := c.next()
			pcm[i] = int16((int(was)*(n-i) + int(pcm[i])*i) / n)
		}
		c.period = 0
	}
	c.remember(pcm)
}

func (c *concealer) remember(pcm []int16) {
	if len(pcm) >= len(c.history) {
		copy(c.history, pcm[len(pcm)-len(c.history):])
		return
	}
	copy(c.history, c.history[len(pcm):])
	copy(c.history[len(c.history)-len(pcm):], pcm)
}

// Conceal fills pcm with the last period repeated.
func (c *concealer) Conceal(pcm []int16) {
	if c.period == 0 {
		c.period, c.at, c.hidden = c.findPeriod(), 0, 0
	}
	for i := range pcm {
		pcm[i] = c.next()
	}
}

// next is the next sample of the repetition. The history is not touched before true sound returns.
func (c *concealer) next() int16 {
	s := c.blended(c.at)
	if c.at++; c.at == c.period {
		c.at = 0
	}
	gain := 1.0
	if over := c.hidden - c.ms(fadeFromMs); over > 0 {
		gain = max(0, 1-float64(over)/float64(c.ms(fadeToMs-fadeFromMs)))
	}
	c.hidden++
	return int16(float64(s) * gain)
}

// blended is sample i of the last period, whose last quarter runs into what came before its first sample, so that the repetition has
// no step.
func (c *concealer) blended(i int) int16 {
	start := len(c.history) - c.period
	s := int(c.history[start+i])
	quarter := c.period / 4
	if k := i - (c.period - quarter); k >= 0 && c.hidden > 0 {
		before := int(c.history[start-quarter+k])
		s = (s*(quarter-k) + before*k) / quarter
	}
	return int16(s)
}

// findPeriod is the distance at which the recent past is most like itself: first roughly, at 4 kHz, then to the sample.
func (c *concealer) findPeriod() int {
	shortest, longest, rough := c.ms(shortestMs), c.ms(longestMs), c.rate/4000
	p := c.likest(shortest, longest, rough)
	return c.likest(max(shortest, p-rough+1), min(longest, p+rough-1), 1)
}

// likest looks at every step-th distance, and every step-th sample.
func (c *concealer) likest(from, to, step int) int {
	end := len(c.history)
	window := c.history[end-c.ms(compareMs):]
	best, period := math.Inf(-1), to
	for p := from; p <= to; p += step {
		if like := likeness(window, c.history[end-len(window)-p:end-p], step); like > best {
			best, period = like, p
		}
	}
	return period
}

func likeness(a, b []int16, step int) float64 {
	var cross, power float64
	for i := 0; i < len(a); i += step {
		cross += float64(a[i]) * float64(b[i])
		power += float64(b[i]) * float64(b[i])
	}
	return cross / math.Sqrt(power+1)
}
