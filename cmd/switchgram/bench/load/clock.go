package load

import (
	"slices"
	"sync"
	"time"
)

// clock judges the packets of one stream by their timestamps, for a window that begins with the first that comes.
type clock struct {
	step uint32 // of the timestamp, for a frame
	all  int    // frames in the window

	mu          sync.Mutex
	first, last uint32        // timestamps
	at          time.Duration // when the first came
	late        []time.Duration
}

func newClock(step uint32, d time.Duration) *clock {
	all := int(d / frame)
	return &clock{step: step, all: all, late: make([]time.Duration, 0, all)}
}

// tick takes a packet: how much later it came than the first had promised. What is after the window is not counted.
func (c *clock) tick(ts uint32, now time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.late) == 0 {
		c.first, c.last, c.at = ts, ts, now
	}
	since := time.Duration(int32(ts-c.first)) * frame / time.Duration(c.step)
	if since >= time.Duration(c.all)*frame {
		return
	}
	c.late = append(c.late, now-c.at-since)
	if int32(ts-c.last) > 0 {
		c.last = ts
	}
}

// runs tells whether the last packet of the window has not come yet. That of a nil clock is not waited for.
func (c *clock) runs() bool {
	if c == nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.late) == 0 || int((c.last-c.first)/c.step)+1 < c.all
}

// count adds the delays, and says how many packets came and how many more should have. A nil clock has none.
func (c *clock) count(to *histogram) (received, lost uint64) {
	if c == nil {
		return 0, 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.late) > 0 {
		earliest := slices.Min(c.late)
		for _, l := range c.late {
			to.add(l - earliest)
		}
	}
	return uint64(len(c.late)), uint64(max(0, c.all-len(c.late)))
}
