package tgcall

import (
	"context"
	"slices"
	"sync"

	"github.com/gotd/td/tg"
)

// Sizes of what is kept for calls whose id we are still to learn, and of those that are over.
const (
	earlyCalls   = 16
	earlyUpdates = 16 // per call, signalling not counted
	pastCalls    = 256
	backlogTasks = 64 // before Run
)

// registry knows the calls of one account and starts what they need. Safe for concurrent use.
type registry struct {
	max int

	mu      sync.Mutex
	start   func(task func(context.Context)) // nil: Run is not there yet
	closed  bool
	backlog []func(context.Context)               // for Run
	calls   map[int64]*Call                       // live, by id
	live    int                                   // those without id, too
	dialing int                                   // phone.requestCall runs
	early   map[int64][]any                       // updates of calls that may be ours, while dialing
	missing map[int64]chan<- *tg.PhoneCallWaiting // those who have lost Telegram's answer, by whom they call
	past    []int64                               // ids of calls that are over, or were refused: getDifference repeats their updates
}

func newRegistry(maxCalls int) *registry {
	return &registry{max: maxCalls, calls: map[int64]*Call{}, early: map[int64][]any{}, missing: map[int64]chan<- *tg.PhoneCallWaiting{}}
}

// open starts what has waited, and from now on everything at once.
func (r *registry) open(start func(task func(context.Context))) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.start = start
	for _, task := range r.backlog {
		start(task)
	}
	r.backlog = nil
}

// close starts nothing more.
func (r *registry) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
}

// launch starts a task now, or when Run is there. The caller holds the lock.
func (r *registry) launch(task func(context.Context)) {
	if r.start == nil {
		r.backlog = append(r.backlog, task)
		return
	}
	r.start(task)
}

// also starts something that a call needs beside its own goroutine, and maybe after its end.
func (r *registry) also(task func(context.Context)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.launch(task)
}

// full reports whether another call is one too many. The caller holds the lock.
func (r *registry) full() bool {
	return r.max > 0 && r.live >= r.max || len(r.backlog) == backlogTasks
}

// dial starts an outgoing call, unless there are as many as allowed.
func (r *registry) dial(c *Call) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return ErrStopped
	}
	if r.full() {
		return ErrTooMany
	}
	r.live++
	r.dialing++
	r.launch(func(ctx context.Context) { c.run(ctx, dialled{}) })
	return nil
}

// invite starts an incoming call. Full: refuse is started instead. A call that is known already, or over, is ignored.
func (r *registry) invite(c *Call, refuse func(context.Context)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || r.calls[c.id] != nil || slices.Contains(r.past, c.id) {
		return
	}
	if r.full() {
		r.bury(c.id)
		if len(r.backlog) < backlogTasks {
			r.launch(refuse)
		}
		return
	}
	r.live++
	r.calls[c.id] = c
	r.launch(func(ctx context.Context) { c.run(ctx, invited{}) })
}

// placed ends the dialing of a call and returns the updates that came before its id, in order. No id: it was not placed.
func (r *registry) placed(c *Call) (early []any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c.id != 0 {
		r.calls[c.id] = c
		early = r.early[c.id]
		delete(r.early, c.id)
	}
	if r.dialing--; r.dialing == 0 {
		clear(r.early)
	}
	return early
}

// left ends a call.
func (r *registry) left(c *Call) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.live--
	if c.id != 0 && r.calls[c.id] == c {
		delete(r.calls, c.id)
		r.bury(c.id)
	}
}

// forget has updates of a call that is over ignored.
func (r *registry) forget(id int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bury(id)
}

// bury remembers a call that is over. The caller holds the lock.
func (r *registry) bury(id int64) {
	if len(r.past) == pastCalls {
		r.past = slices.Delete(r.past, 0, 1)
	}
	r.past = append(r.past, id)
}

// route finds the call of an update. While a call of ours has no id yet, updates of unknown calls are kept for it. What is over is not looked for.
func (r *registry) route(id int64, update any) *Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c := r.calls[id]; c != nil {
		return c
	}
	if slices.Contains(r.past, id) {
		return nil
	}
	r.find(update)
	if r.dialing > 0 {
		r.keep(id, update)
	}
	return nil
}

// search returns where the first update of a call will be that Telegram has, though its answer was lost: of ours it says whom it calls.
// One such search for each person at a time: a later one takes the place of the earlier.
func (r *registry) search(callee int64) <-chan *tg.PhoneCallWaiting {
	found := make(chan *tg.PhoneCallWaiting, 1)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.missing[callee] = found
	for _, kept := range r.early {
		for _, update := range kept {
			r.find(update)
		}
	}
	return found
}

// find ends the search for the call that the update speaks of. The caller holds the lock.
func (r *registry) find(update any) {
	w, ok := update.(*tg.PhoneCallWaiting)
	if !ok || r.missing[w.ParticipantID] == nil {
		return
	}
	r.missing[w.ParticipantID] <- w // has room for one
	delete(r.missing, w.ParticipantID)
}

// keep holds an early update; the oldest of a call are kept. The caller holds the lock.
func (r *registry) keep(id int64, update any) {
	kept, known := r.early[id]
	if !known && len(r.early) == earlyCalls {
		return
	}
	_, isBlob := update.(blob)
	if n := countBlobs(kept); isBlob && n < earlyBlobs || !isBlob && len(kept)-n < earlyUpdates {
		r.early[id] = append(kept, update)
	}
}

func countBlobs(updates []any) (n int) {
	for _, u := range updates {
		if _, ok := u.(blob); ok {
			n++
		}
	}
	return n
}

// blob is received signalling data.
type blob []byte
