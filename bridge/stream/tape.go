package stream

import (
	"slices"
	"sync"
	"time"
)

// tape is the latest events, for all readers at once.
type tape struct {
	mu      sync.Mutex
	from    int64 // nothing that the archive has after this place is missing here
	to      int64 // nor anything before the next
	frames  []frame
	bytes   int
	changed chan struct{} // closed when there is more, with another one in its place
}

func newTape() *tape { return &tape{changed: make(chan struct{})} }

// begin has the tape begin, empty, at a place.
func (t *tape) begin(at int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.from, t.to = at, at
	t.turn()
}

// turn wakes who waits.
func (t *tape) turn() {
	close(t.changed)
	t.changed = make(chan struct{})
}

// add adds what comes next, and drops what is too much.
func (t *tape) add(frames []frame) {
	if len(frames) == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.frames = append(t.frames, frames...)
	t.to = frames[len(frames)-1].id
	for _, f := range frames {
		t.bytes += len(f.text)
	}
	t.drop(func(rest int, _ frame) bool { return rest > tapeSize || t.bytes > tapeBytes })
	t.turn()
}

// forget drops what is old.
func (t *tape) forget(before time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.drop(func(_ int, f frame) bool { return f.at.Before(before) })
}

// drop drops the first frames while they are to be; rest is how many there are.
func (t *tape) drop(is func(rest int, f frame) bool) {
	n := 0
	for n < len(t.frames) && is(len(t.frames)-n, t.frames[n]) {
		t.from, t.bytes = t.frames[n].id, t.bytes-len(t.frames[n].text)
		n++
	}
	clear(t.frames[:n]) // readers have copies
	t.frames = t.frames[n:]
}

// after returns up to n frames after a place. Without any, held tells whether that is because there are none yet, and changed is closed when there
// are; otherwise the archive has them, as far as the place from.
func (t *tape) after(place int64, n int) (frames []frame, from int64, held bool, changed <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if place < t.from {
		return nil, t.from, false, t.changed
	}
	first, _ := slices.BinarySearchFunc(t.frames, place+1, func(f frame, id int64) int { return int(f.id - id) })
	return slices.Clone(t.frames[first:min(first+n, len(t.frames))]), t.from, true, t.changed
}

// last is the place of the last event.
func (t *tape) last() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.to
}
