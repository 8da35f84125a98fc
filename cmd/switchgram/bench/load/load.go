// Package load makes the traffic of many calls and measures what becomes of it.
//
// One goroutine, that of Load.Run, sends every packet of every Talker, each in its slot of the 20 ms, so that what is measured meets an even
// stream and not a burst. A Talker is one end of a call: it sends its Sound by a Wire and hears what comes by the same. Packets that are relayed
// carry the time of their sending in their payload; those that are encoded anew are judged by their timestamps. Figures says what is counted.
//
// All methods of Load and Talker may be called concurrently.
package load

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
)

const (
	slot      = 250 * time.Microsecond // how finely packets are spread
	frame     = 20 * time.Millisecond
	perFrame  = int(frame / slot)
	maxFrames = 3 // in a packet
	cycle     = maxFrames * perFrame
	giveUp    = time.Second // so far behind its clock, the load goes on from now
)

// A Wire is one end of a call, as RTP: OnRTP's packets are valid until its function returns, WriteRTP leaves its packet unchanged.
type Wire interface {
	OnRTP(func(*rtp.Packet))
	WriteRTP(*rtp.Packet) error
}

// Load is the traffic. Run sends it.
type Load struct {
	base   time.Time
	window atomic.Pointer[window] // nil: nothing was ever measured

	mu      sync.Mutex
	slots   [cycle][]*Talker
	weights [perFrame]int // talkers in each slot of a frame
	talkers map[*Talker]struct{}
}

// New makes a load without talkers. It starts nothing.
func New() *Load { return &Load{base: time.Now(), talkers: map[*Talker]struct{}{}} }

// Run sends until ctx ends, and returns nil then. It may be called once.
func (l *Load) Run(ctx context.Context) error {
	turn, err := newTurn()
	if err != nil {
		return fmt.Errorf("load: %w", err)
	}
	defer turn.close()
	due := l.now()
	for k := 0; ctx.Err() == nil; k = (k + 1) % cycle {
		due += slot
		for left := due - l.now(); left > 0; left = due - l.now() {
			turn.sleep(left)
		}
		l.send(k, due)
		turn.give()
		if l.now()-due > giveUp {
			due = l.now()
		}
	}
	return nil
}

// now is the time since the load was made, by a clock that only goes forward.
func (l *Load) now() time.Duration { return time.Since(l.base) }

// send sends what is due in a slot.
func (l *Load) send(k int, due time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.window.Load()
	for _, t := range l.slots[k] {
		now := l.now()
		measured := w.holds(now)
		if measured {
			w.pacing.add(now - due)
		}
		t.send(now, w, measured)
	}
}

// Join begins to send the sound by the wire, and takes over the wire's OnRTP, until the talker leaves.
func (l *Load) Join(w Wire, s Sound) *Talker { return l.join(w, s, false) }

func (l *Load) join(w Wire, s Sound, direct bool) *Talker {
	t := &Talker{load: l, wire: w, sound: s, direct: direct, heard: make(chan struct{})}
	t.packet.Version, t.packet.SequenceNumber, t.packet.Timestamp = 2, uint16(rand.Uint32()), rand.Uint32()
	t.next = rand.IntN(len(s.frames))
	l.mu.Lock()
	l.talkers[t] = struct{}{}
	t.slot = slices.Index(l.weights[:], slices.Min(l.weights[:]))
	l.weights[t.slot]++
	for _, k := range t.turns() {
		l.slots[k] = append(l.slots[k], t)
	}
	l.mu.Unlock()
	w.OnRTP(t.receive)
	return t
}

// leave takes a talker away; nothing of it is sent when it has returned.
func (l *Load) leave(t *Talker) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, here := l.talkers[t]; !here {
		return
	}
	delete(l.talkers, t)
	l.weights[t.slot]--
	for _, k := range t.turns() {
		l.slots[k] = slices.DeleteFunc(l.slots[k], func(other *Talker) bool { return other == t })
	}
}

// all are the talkers of the moment, but for those that talk to each other directly.
func (l *Load) all() (all []*Talker) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for t := range l.talkers {
		if !t.direct {
			all = append(all, t)
		}
	}
	return all
}
