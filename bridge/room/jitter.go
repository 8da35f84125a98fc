package room

import (
	"slices"
	"time"

	"switchgram/bridge/room/codec"
)

// jitterPackets is how many packets wait at most; beyond that the oldest is lost. 16 of 10 ms are longer than we ever delay.
const jitterPackets = 16

// A waiting packet is one that has come and is not yet due.
type waiting struct {
	ts      uint32
	units   uint32 // how long it sounds
	arrived time.Time
	n       int
	data    [codec.MaxPacket]byte
}

func (w *waiting) payload() []byte { return w.data[:w.n] }

// A jitterBuffer puts packets in the order of their timestamps. Its zero value is empty.
type jitterBuffer struct {
	queue []*waiting // earliest first
	free  []*waiting
}

// put copies a packet in, and tells whether another was lost for it, or it is one that waits already or is too large.
func (b *jitterBuffer) put(ts, units uint32, payload []byte, now time.Time) (ok bool) {
	i := len(b.queue)
	for i > 0 && int32(b.queue[i-1].ts-ts) > 0 {
		i--
	}
	if len(payload) > codec.MaxPacket || i > 0 && b.queue[i-1].ts == ts {
		return false
	}
	ok = true
	if len(b.queue) == jitterPackets {
		b.pop()
		i, ok = max(i-1, 0), false
	}
	w := b.slot()
	w.ts, w.units, w.arrived, w.n = ts, units, now, copy(w.data[:], payload)
	b.queue = slices.Insert(b.queue, i, w)
	return ok
}

func (b *jitterBuffer) slot() *waiting {
	if n := len(b.free); n > 0 {
		w := b.free[n-1]
		b.free = b.free[:n-1]
		return w
	}
	return new(waiting)
}

// head is the earliest packet, nil when none waits.
func (b *jitterBuffer) head() *waiting {
	if len(b.queue) == 0 {
		return nil
	}
	return b.queue[0]
}

// pop frees the head, which must not be used any more.
func (b *jitterBuffer) pop() {
	b.free = append(b.free, b.queue[0])
	b.queue = slices.Delete(b.queue, 0, 1)
}

// units is how long all that waits sounds.
func (b *jitterBuffer) units() (n uint32) {
	for _, w := range b.queue {
		n += w.units
	}
	return n
}
