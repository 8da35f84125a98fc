package recording

import (
	"math"
	"time"

	"switchgram/bridge/media"
)

const (
	rate  = media.OpusRate // of finished recordings, Hz
	frame = rate / 50      // samples at a time, 20 ms
)

// samples is how many there are in d.
func samples(d time.Duration) int64 { return d.Microseconds() * (rate / 1000) / 1000 }

// A canvas is where the sources of a recording are put together: the stretch of time that sound may still come for, both sides. Positions are in
// samples from the beginning of the recording.
type canvas struct {
	base int64      // position of the first sample
	sum  [2][]int32 // by side, as far as there is sound
	out  func(stereo []int16) error
	pcm  [2 * frame]int16
}

// add mixes sound in. What comes for a time that was given out already is lost.
func (c *canvas) add(on Side, at int64, pcm []int16) {
	if at < c.base {
		pcm = pcm[min(int64(len(pcm)), c.base-at):]
		at = c.base
	}
	first := int(at - c.base)
	sum := c.sum[on]
	if missing := first + len(pcm) - len(sum); missing > 0 {
		sum = append(sum, make([]int32, missing)...)
	}
	for i, s := range pcm {
		sum[first+i] += int32(s)
	}
	c.sum[on] = sum
}

// advance gives out whole frames, silence included, until the next would pass end.
func (c *canvas) advance(end int64) error {
	for c.base+frame <= end {
		clear(c.pcm[:])
		for side := range c.sum {
			c.take(side)
		}
		if err := c.out(c.pcm[:]); err != nil {
			return err
		}
		c.base += frame
	}
	return nil
}

// take moves a frame of one side out.
func (c *canvas) take(side int) {
	sum := c.sum[side]
	n := min(frame, len(sum))
	for i, s := range sum[:n] {
		c.pcm[2*i+side] = int16(min(max(s, math.MinInt16), math.MaxInt16))
	}
	c.sum[side] = append(sum[:0], sum[n:]...)
}
