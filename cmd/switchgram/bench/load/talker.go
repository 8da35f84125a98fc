package load

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
)

// Talker is one end of a call.
type Talker struct {
	load   *Load
	wire   Wire
	sound  Sound
	direct bool // talks to another of this process, with nothing in between
	slot   int  // of the frame, in which it sends

	packet rtp.Packet // the next to be sent; like the following, of Load.Run alone
	next   int        // frame of the sound

	once  sync.Once
	heard chan struct{} // closed with the first packet
	clock atomic.Pointer[clock]
}

// Leave stops talking and listening. Safe to repeat.
func (t *Talker) Leave() {
	t.load.leave(t)
	t.wire.OnRTP(nil)
}

// Heard is closed when the first packet has come.
func (t *Talker) Heard() <-chan struct{} { return t.heard }

// turns are the slots of the cycle in which it sends.
func (t *Talker) turns() (all []int) {
	for k := t.slot; k < cycle; k += t.sound.perPacket * perFrame {
		all = append(all, k)
	}
	return all
}

// send sends the next packet. What the wire refuses counts as sent, so that it is found lost.
func (t *Talker) send(now time.Duration, w *window, measured bool) {
	t.packet.Payload = t.sound.next(&t.next, now)
	_ = t.wire.WriteRTP(&t.packet)
	t.packet.SequenceNumber++
	t.packet.Timestamp += t.sound.step * uint32(t.sound.perPacket)
	if measured && t.sound.stamped && !t.direct {
		w.sent.Add(uint64(t.sound.perPacket))
	}
}

// receive takes what the other end said, or what was made of it.
func (t *Talker) receive(p *rtp.Packet) {
	now := t.load.now()
	t.once.Do(func() { close(t.heard) })
	w := t.load.window.Load()
	if w == nil {
		return
	}
	if sent, ok := readStamp(p.Payload); ok {
		w.relayed(sent, now, t.direct)
		return
	}
	if c := t.clock.Load(); c != nil {
		c.tick(p.Timestamp, now)
	}
}
