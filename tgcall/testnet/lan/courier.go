package lan

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// courier keeps packets until they are due. One that comes when maxWaiting are there is lost, as in a router.
type courier struct {
	mu    sync.Mutex
	queue parcels
	taken uint64        // how many ever were
	woken chan struct{} // has room for one: look at the queue again
}

// maxWaiting is half a second of a hundred calls' packets.
const maxWaiting = 10000

// parcel is a packet on its way.
type parcel struct {
	to     *Host
	packet []byte
	due    time.Time
	number uint64 // of two that are due at once the first goes first
}

func newCourier() *courier { return &courier{woken: make(chan struct{}, 1)} }

// take copies a packet, to be delivered when it is due.
func (c *courier) take(to *Host, packet []byte, due time.Time) {
	c.mu.Lock()
	if len(c.queue) < maxWaiting {
		c.taken++
		heap.Push(&c.queue, parcel{to: to, packet: append([]byte(nil), packet...), due: due, number: c.taken})
	}
	c.mu.Unlock()
	select {
	case c.woken <- struct{}{}:
	default:
	}
}

// run delivers until ctx ends.
func (c *courier) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		if next, some := c.deliver(time.Now()); some {
			timer.Reset(time.Until(next))
		}
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-c.woken:
		}
	}
}

// deliver hands over what is due, and says when the next will be.
func (c *courier) deliver(now time.Time) (next time.Time, some bool) {
	for {
		c.mu.Lock()
		if len(c.queue) == 0 || c.queue[0].due.After(now) {
			defer c.mu.Unlock()
			if len(c.queue) == 0 {
				return time.Time{}, false
			}
			return c.queue[0].due, true
		}
		p := heap.Pop(&c.queue).(parcel)
		c.mu.Unlock()
		p.to.receive(p.packet)
	}
}

// parcels implement heap.Interface, the one due first on top.
type parcels []parcel

// Len implements heap.Interface.
func (p parcels) Len() int { return len(p) }

// Less implements heap.Interface.
func (p parcels) Less(i, j int) bool {
	if !p[i].due.Equal(p[j].due) {
		return p[i].due.Before(p[j].due)
	}
	return p[i].number < p[j].number
}

// Swap implements heap.Interface.
func (p parcels) Swap(i, j int) { p[i], p[j] = p[j], p[i] }

// Push implements heap.Interface.
func (p *parcels) Push(v any) { *p = append(*p, v.(parcel)) }

// Pop implements heap.Interface.
func (p *parcels) Pop() any {
	old := *p
	last := old[len(old)-1]
	old[len(old)-1] = parcel{}
	*p = old[:len(old)-1]
	return last
}
