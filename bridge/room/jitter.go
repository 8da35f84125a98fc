package room

import (
	"slices"
	"time"

	"github.com/pion/rtp"
)

// jitterPackets is how many packets wait at most; beyond that the oldest is lost. 24 of 10 ms are longer than we ever delay.
const jitterPackets = 24

// A waiting packet is a copy of one that came.
type waiting struct {
	ssrc    uint32
	seq     uint16
	sent    uint32 // its timestamp
	ts      uint32 // the same, placed in the source's time
	arrived time.Time
	units   uint32 // how long it sounds
	payload []byte
}

// keep copies a packet.
func (w *waiting) keep(p *rtp.Packet, now time.Time) {
	w.ssrc, w.seq, w.sent, w.arrived = p.SSRC, p.SequenceNumber, p.Timestamp, now
	w.payload = append(w.payload[:0], p.Payload...)
}

// A jitterBuffer puts packets in the order of their timestamps. Its zero value is empty.
type jitterBuffer struct {
	queue []*waiting // earliest first
}

// put takes a packet, unless one with its timestamp waits already. When there are too many the caller pops the first.
func (b *jitterBuffer) put(w *waiting) bool {
	i := len(b.queue)
	for i > 0 && int32(b.queue[i-1].ts-w.ts) > 0 {
		i--
	}
	if i > 0 && b.queue[i-1].ts == w.ts {
		return false
	}
	b.queue = slices.Insert(b.queue, i, w)
	return true
}

// head is the earliest packet, nil when none waits.
func (b *jitterBuffer) head() *waiting {
	if len(b.queue) == 0 {
		return nil
	}
	return b.queue[0]
}

// pop takes the head out.
func (b *jitterBuffer) pop() *waiting {
	w := b.queue[0]
	b.queue = slices.Delete(b.queue, 0, 1)
	return w
}

// units is how long all that waits sounds.
func (b *jitterBuffer) units() (n uint32) {
	for _, w := range b.queue {
		n += w.units
	}
	return n
}
