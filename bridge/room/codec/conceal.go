package codec

import "time"

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
	shortestPeriod = 5 * time.Millisecond  // of a voice of 200 Hz; higher ones repeat in several of theirs
	longestPeriod  = 15 * time.Millisecond // 66 Hz

	historyMs  = 45 // two of the longest periods and what they are compared by
	compareMs  = 30 // of it is looked at for the period
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
		c.period, c.at, c.hidden = Period(c.history[len(c.history)-c.ms(compareMs):], c.rate, shortestPeriod, longestPeriod), 0, 0
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
