package room

import (
	"sync"
	"time"

	"github.com/pion/rtp"

	"switchgram/bridge/room/codec"
)

const (
	// inboxPackets is how many packets wait for the next tick; beyond that the oldest is dropped. It is more than a network may
	// bring at once of what we do not give up.
	inboxPackets = 32

	// pastPackets is how many of the last packets are remembered, 0.6 s of them. A decoder that has heard them knows the sound, even if that is a tone of
	// 1545 Hz, which SILK needs as long for.
	pastPackets = 32
)

// An intake is where the packets of a seat's far side come in. It remembers the last ones, so that a decoder can begin in the middle of
// the talk, and keeps them for the mixer while an ear listens. Safe for concurrent use; no lock is taken while it is locked.
type intake struct {
	mu      sync.Mutex
	open    bool       // an ear listens: packets go to the inbox
	past    []*waiting // that were heard, newest last
	inbox   []*waiting // that came since the last tick
	free    []*waiting
	dropped uint64 // since they were last collected
}

// note takes a copy of a packet.
func (in *intake) note(p *rtp.Packet, now time.Time) {
	in.mu.Lock()
	defer in.mu.Unlock()
	switch {
	case len(p.Payload) == 0 || len(p.Payload) > codec.MaxPacket:
		if in.open {
			in.dropped++
		}
	case in.open:
		in.deliver(p, now)
	default:
		w := in.slot()
		w.keep(p, now)
		in.remember(w)
	}
}

func (in *intake) deliver(p *rtp.Packet, now time.Time) {
	if len(in.inbox) == inboxPackets {
		in.free = append(in.free, in.inbox[0])
		in.inbox = append(in.inbox[:0], in.inbox[1:]...)
		in.dropped++
	}
	w := in.slot()
	w.keep(p, now)
	in.inbox = append(in.inbox, w)
}

func (in *intake) slot() *waiting {
	if n := len(in.free); n > 0 {
		w := in.free[n-1]
		in.free = in.free[:n-1]
		return w
	}
	return new(waiting)
}

func (in *intake) remember(w *waiting) {
	if len(in.past) == pastPackets {
		in.free = append(in.free, in.past[0])
		in.past = append(in.past[:0], in.past[1:]...)
	}
	in.past = append(in.past, w)
}

// listen opens the inbox and returns what was heard before; the packets stay the intake's, and unchanged until the next collect.
func (in *intake) listen() []*waiting {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.open = true
	return in.past
}

// collect appends what has come to inbox, in order of arrival. It takes back those that were played, and those that are of no use.
func (in *intake) collect(inbox, played, useless []*waiting) (all []*waiting, dropped uint64) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, w := range played {
		in.remember(w)
	}
	in.free = append(in.free, useless...)
	inbox = append(inbox, in.inbox...)
	in.inbox = in.inbox[:0]
	dropped, in.dropped = in.dropped, 0
	return inbox, dropped
}

// close ends listening. What has come and was not played counts as heard; unplayed came before what is in the inbox.
func (in *intake) close(unplayed []*waiting) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.open = false
	for _, w := range append(unplayed, in.inbox...) {
		in.remember(w)
	}
	in.inbox = in.inbox[:0]
}

// forget is for a change of format: what was heard is of no use to another decoder.
func (in *intake) forget() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.free = append(append(in.free, in.past...), in.inbox...)
	in.past, in.inbox = in.past[:0], in.inbox[:0]
}
