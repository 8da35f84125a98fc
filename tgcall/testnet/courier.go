package testnet

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// courier does things later: it carries delayed signalling and rings the bell of timeouts. One goroutine does all of it, in order of time.
type courier struct {
	mu   sync.Mutex
	jobs jobHeap
	made uint64
	wake chan struct{} // an earlier job has come
}

// job is due at a time; of two at the same time the first made is the first done.
type job struct {
	at  time.Time
	seq uint64
	do  func()
}

func newCourier() *courier { return &courier{wake: make(chan struct{}, 1)} }

// after has do called once d is over, unless the courier stops before. What is no longer wanted by then must see to it itself.
func (c *courier) after(d time.Duration, do func()) {
	c.mu.Lock()
	c.made++
	heap.Push(&c.jobs, job{at: time.Now().Add(d), seq: c.made, do: do})
	first := c.jobs[0].seq == c.made
	c.mu.Unlock()
	if !first {
		return
	}
	select {
	case c.wake <- struct{}{}:
	default: // it is on its way already
	}
}

// run works until ctx ends; what is not due by then is never done.
func (c *courier) run(ctx context.Context) {
	t := time.NewTimer(0)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		case <-c.wake:
		}
		for do := c.due(); do != nil; do = c.due() {
			do()
		}
		if at, ok := c.next(); ok {
			t.Reset(time.Until(at))
		}
	}
}

// due takes a job whose time has come, or returns nil.
func (c *courier) due() func() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.jobs) == 0 || time.Now().Before(c.jobs[0].at) {
		return nil
	}
	return heap.Pop(&c.jobs).(job).do
}

func (c *courier) next() (time.Time, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.jobs) == 0 {
		return time.Time{}, false
	}
	return c.jobs[0].at, true
}

// jobHeap implements heap.Interface, the earliest first.
type jobHeap []job

// Len implements heap.Interface.
func (h jobHeap) Len() int { return len(h) }

// Less implements heap.Interface.
func (h jobHeap) Less(i, j int) bool {
	if h[i].at.Equal(h[j].at) {
		return h[i].seq < h[j].seq
	}
	return h[i].at.Before(h[j].at)
}

// Swap implements heap.Interface.
func (h jobHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

// Push implements heap.Interface.
func (h *jobHeap) Push(x any) { *h = append(*h, x.(job)) }

// Pop implements heap.Interface.
func (h *jobHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
