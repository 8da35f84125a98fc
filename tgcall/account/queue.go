package account

import (
	"context"
	"sync"

	"github.com/gotd/td/tg"
)

// queueSize is how many updates wait in each of the two lanes.
const queueSize = 1024

// delivery is one update on its way to the subscribers.
type delivery struct {
	entities tg.Entities
	update   tg.UpdateClass
}

// queue hands updates to subscribers from one goroutine. It has two lanes, so that a call does not wait behind messages: phone is always
// served first. When a lane is full its sender waits, and nothing is dropped; but as long as nobody has subscribed the oldest update makes
// room, since nobody asked for it.
type queue struct {
	phone, rest chan delivery

	mu         sync.Mutex
	subs       []UpdateFunc // replaced, never changed
	subscribed chan struct{}
}

func newQueue() *queue {
	return &queue{
		phone:      make(chan delivery, queueSize),
		rest:       make(chan delivery, queueSize),
		subscribed: make(chan struct{}),
	}
}

func (q *queue) subscribe(f UpdateFunc) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.subs) == 0 {
		close(q.subscribed)
	}
	q.subs = append(q.subs[:len(q.subs):len(q.subs)], f)
}

func (q *queue) subscribers() []UpdateFunc {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.subs
}

// push waits for room in the update's lane, or makes it.
func (q *queue) push(ctx context.Context, d delivery) error {
	lane := q.rest
	if isPhone(d.update) {
		lane = q.phone
	}
	for {
		select {
		case lane <- d:
			return nil
		default:
		}
		select {
		case <-q.subscribed:
			return send(ctx, lane, d)
		default:
			dropOldest(lane)
		}
	}
}

func send(ctx context.Context, lane chan<- delivery, d delivery) error {
	select {
	case lane <- d:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func dropOldest(lane <-chan delivery) {
	select {
	case <-lane:
	default:
	}
}

// run calls the subscribers until ctx ends, from the first subscription on.
func (q *queue) run(ctx context.Context) error {
	select {
	case <-q.subscribed:
	case <-ctx.Done():
		return nil
	}
	for {
		d, ok := q.next(ctx)
		if !ok {
			return nil
		}
		for _, f := range q.subscribers() {
			f(ctx, d.entities, d.update)
		}
	}
}

func (q *queue) next(ctx context.Context) (d delivery, ok bool) {
	select {
	case d = <-q.phone:
		return d, true
	default:
	}
	select {
	case d = <-q.phone:
		return d, true
	case d = <-q.rest:
		return d, true
	case <-ctx.Done():
		return delivery{}, false
	}
}

func isPhone(u tg.UpdateClass) bool {
	switch u.(type) {
	case *tg.UpdatePhoneCall, *tg.UpdatePhoneCallSignalingData:
		return true
	default:
		return false
	}
}
