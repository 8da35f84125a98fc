package load

import (
	"slices"
	"sync"
	"time"
)

// clock judges the packets of one stream by their timestamps.
type clock struct {
	step uint32 // of the timestamp, for a frame

	mu          sync.Mutex
	first, last uint32        // timestamps
	at          time.Duration // when the first came
	late        []time.Duration
}

func newClock(step uint32, d time.Duration) *clock {
	return &clock{step: step, late: make([]time.Duration, 0, int(d/frame)+1)}
}

// tick takes a packet: how much later it came than the first had promised.
func (c *clock) tick(ts uint32, now time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.late) == 0 {
		c.first, c.last, c.at = ts, ts, now
	}
	since := time.Duration(int32(ts-c.first)) * frame / time.Duration(c.step)
	c.late = append(c.late, now-c.at-since)
	if int32(ts-c.last) > 0 {
		c.last = ts
	}
}

// edges are the packets that may fall outside of a window at its ends.
const edges = 2

// count adds the delays of a window of length d, and says how many packets came and how many more should have. A nil clock has none.
func (c *clock) count(to *histogram, d time.Duration) (received, lost uint64) {
	if c == nil {
		return 0, 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	expected := max(0, int(d/frame)-edges)
	if len(c.late) > 0 {
		expected = max(expected, int((c.last-c.first)/c.step)+1)
		earliest := slices.Min(c.late)
		for _, l := range c.late {
			to.add(l - earliest)
		}
	}
	return uint64(len(c.late)), uint64(max(0, expected-len(c.late)))
}
