package esl

import (
	"context"
	"slices"
	"sync"
)

// watchSize is how many events a watch holds for its reader.
const watchSize = 256

// Watch gives events in the order in which FreeSWITCH sent them. When it ends it closes Events, after the events it still holds; Err says why.
type Watch struct {
	router *router
	uuid   string            // "": match decides
	match  func(*Event) bool // of a watch with no uuid
	events chan *Event

	// Guarded by router.mu.
	err   error
	ended bool
}

// Events returns the channel of events. It holds 256; when it is full, the watch ends with ErrOverflow.
func (w *Watch) Events() <-chan *Event { return w.events }

// Next waits for the next event. Its error is Err's when the watch has ended, the context's when that ended first.
func (w *Watch) Next(ctx context.Context) (*Event, error) {
	select {
	case e, ok := <-w.events:
		if !ok {
			return nil, w.Err()
		}
		return e, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Err says why the watch has ended: ErrOverflow, ErrClosed, or what ended its connection; nil while it has not.
func (w *Watch) Err() error {
	w.router.mu.Lock()
	defer w.router.mu.Unlock()
	return w.err
}

// Close ends the watch. It may be called more than once.
func (w *Watch) Close() {
	w.router.mu.Lock()
	defer w.router.mu.Unlock()
	w.router.drop(w, ErrClosed)
}

// router hands events to watches. It has no goroutine and never blocks: whoever reads the connection calls it.
type router struct {
	mu        sync.Mutex
	byUUID    map[string][]*Watch
	listeners []*Watch
	err       error // it is closed
}

func newRouter() *router { return &router{byUUID: map[string][]*Watch{}} }

func (r *router) watch(uuid string) *Watch {
	w := &Watch{router: r, uuid: uuid, events: make(chan *Event, watchSize)}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		r.end(w, r.err)
	} else {
		r.byUUID[uuid] = append(r.byUUID[uuid], w)
	}
	return w
}

func (r *router) listen(match func(*Event) bool) *Watch {
	w := &Watch{router: r, match: match, events: make(chan *Event, watchSize)}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		r.end(w, r.err)
	} else {
		r.listeners = append(r.listeners, w)
	}
	return w
}

// drop ends a watch and forgets it.
func (r *router) drop(w *Watch, err error) {
	if w.ended {
		return
	}
	if w.match != nil {
		r.listeners = without(r.listeners, w)
	} else if left := without(r.byUUID[w.uuid], w); len(left) > 0 {
		r.byUUID[w.uuid] = left
	} else {
		delete(r.byUUID, w.uuid)
	}
	r.end(w, err)
}

func (r *router) end(w *Watch, err error) {
	w.err, w.ended = err, true
	close(w.events)
}

// without makes a new list, since drop is called while the old one is walked over.
func without(list []*Watch, w *Watch) []*Watch {
	return slices.DeleteFunc(slices.Clone(list), func(other *Watch) bool { return other == w })
}

// deliver gives an event to the watches of its channel and to the listeners it matches. A bridge concerns two channels, but FreeSWITCH tells
// of it on one: the other's watches get the event too.
func (r *router) deliver(e *Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	uuid := e.UUID()
	r.deliverTo(r.byUUID[uuid], e)
	if other := bridged(e); other != "" && other != uuid {
		r.deliverTo(r.byUUID[other], e)
	}
	for _, w := range r.listeners {
		if w.match(e) {
			r.put(w, e)
		}
	}
}

func bridged(e *Event) string {
	switch e.Name() {
	case "CHANNEL_BRIDGE", "CHANNEL_UNBRIDGE":
		if b := e.Get("Bridge-B-Unique-ID"); b != e.UUID() {
			return b
		}
		return e.Get("Bridge-A-Unique-ID")
	default:
		return ""
	}
}

func (r *router) deliverTo(watches []*Watch, e *Event) {
	for _, w := range watches {
		r.put(w, e)
	}
}

func (r *router) put(w *Watch, e *Event) {
	select {
	case w.events <- e:
	default:
		r.drop(w, ErrOverflow)
	}
}

// watched returns the channels that have a watch.
func (r *router) watched() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	uuids := make([]string, 0, len(r.byUUID))
	for uuid := range r.byUUID {
		uuids = append(uuids, uuid)
	}
	return uuids
}

// tell gives an event of our own making to the watches of one channel, or to all listeners if uuid is empty.
func (r *router) tell(uuid string, e *Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if uuid != "" {
		r.deliverTo(r.byUUID[uuid], e)
		return
	}
	for _, w := range r.listeners {
		r.put(w, e)
	}
}

// close ends all watches, and those that are opened later.
func (r *router) close(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return
	}
	r.err = err
	for _, watches := range r.byUUID {
		for _, w := range watches {
			r.end(w, err)
		}
	}
	for _, w := range r.listeners {
		r.end(w, err)
	}
	r.byUUID, r.listeners = nil, nil
}
