package room

import (
	"slices"
	"sync"
	"time"

	"github.com/pion/rtp"

	"switchgram/bridge/media"
)

// MixRate is the rate in Hz of a tap's mix.
const MixRate = wideband

// TapOptions say what a Tap gives, and how much of it may wait; 0: nothing of the kind. A second of a call is 100 packets of 20 ms, 50 both ways,
// and 50 blocks of the mix.
type TapOptions struct {
	Packets int
	Mix     int
}

// TapPacket is a packet that a far side sent, as it came: late, twice or out of order if it did. It belongs to whoever receives it.
type TapPacket struct {
	Seat   *Seat        // whose far side said it: one that talks
	Format media.Format // of that
	Packet *rtp.Packet  // payload and all
	At     time.Time    // when it came
	Missed uint64       // how many packets before it found no room
	Part   int          // how many pauses of the tap came before it
}

// TapSound is 20 ms of what somebody hears who only listens, mono, 960 samples at MixRate. It belongs to whoever receives it.
type TapSound struct {
	PCM    []int16
	At     time.Time // when it was mixed
	Missed uint64    // how many blocks before it found no room
}

// Tap gives a room's packets, or its sound, to a recorder. The room never waits for it: what finds no room is dropped, counted, and told with
// the next that does. Its methods may be called from several goroutines at once.
type Tap struct {
	room *Room

	mu      sync.Mutex
	closed  bool
	paused  bool
	part    int // of the next packet
	packets chan TapPacket
	mix     chan TapSound
	missed  TapMissed
	untold  TapMissed
}

// TapMissed counts what a Tap dropped because nobody read it in time.
type TapMissed struct{ Packets, Mix uint64 }

// Tap gives what is said from now on, until the Tap or the room is closed. Packets cost no decoding, while a mix has everybody's sound decoded;
// what the far sides hear is relayed as before.
func (r *Room) Tap(o TapOptions) *Tap {
	t := &Tap{room: r}
	if o.Packets > 0 {
		t.packets = make(chan TapPacket, o.Packets)
	}
	if o.Mix > 0 {
		t.mix = make(chan TapSound, o.Mix)
	}
	r.reconnect(func() { r.setTaps(append(slices.Clone(r.taps()), t)) })
	return t
}

// Packets are those of all seats, in order of arrival for each. The channel is closed with the tap; nil without TapOptions.Packets.
func (t *Tap) Packets() <-chan TapPacket { return t.packets }

// Mix is the sound of the room without a gap, silence included, for as long as anybody has a seat. The channel is closed with the tap; nil without
// TapOptions.Mix.
func (t *Tap) Mix() <-chan TapSound { return t.mix }

// Missed is how much was dropped so far.
func (t *Tap) Missed() TapMissed {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.missed
}

// Pause drops uncounted what is said from now on (on), or gives it again: what is said after Pause has returned. What waits can still be read.
func (t *Tap) Pause(on bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.paused && !on {
		t.part++
	}
	t.paused = on
}

// Close ends the tap and closes its channels; what waits in them can still be read. Safe to repeat.
func (t *Tap) Close() {
	t.room.reconnect(func() {
		t.room.setTaps(slices.DeleteFunc(slices.Clone(t.room.taps()), func(other *Tap) bool { return other == t }))
	})
	t.end()
}

func (t *Tap) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return
	}
	t.closed = true
	if t.packets != nil {
		close(t.packets)
	}
	if t.mix != nil {
		close(t.mix)
	}
}

// packet offers a copy of a packet.
func (t *Tap) packet(s *Seat, f media.Format, p *rtp.Packet, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed || t.paused || t.packets == nil {
		return
	}
	if len(t.packets) == cap(t.packets) {
		t.missed.Packets++
		t.untold.Packets++
		return
	}
	t.packets <- TapPacket{Seat: s, Format: f, Packet: p.Clone(), At: now, Missed: t.untold.Packets, Part: t.part}
	t.untold.Packets = 0
}

// sound offers a block of the mix.
func (t *Tap) sound(pcm []int16, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed || t.paused || t.mix == nil {
		return
	}
	if len(t.mix) == cap(t.mix) {
		t.missed.Mix++
		t.untold.Mix++
		return
	}
	t.mix <- TapSound{PCM: slices.Clone(pcm), At: now, Missed: t.untold.Mix}
	t.untold.Mix = 0
}

// taps are read by whoever brings a packet, without a lock; they change under r.mu.
func (r *Room) taps() []*Tap {
	if all := r.tapped.Load(); all != nil {
		return *all
	}
	return nil
}

func (r *Room) setTaps(all []*Tap) { r.tapped.Store(&all) }

// mixTapped tells whether anybody wants the mix. The caller holds r.mu.
func (r *Room) mixTapped() bool {
	return len(r.seats) > 0 && slices.ContainsFunc(r.taps(), func(t *Tap) bool { return t.mix != nil })
}

// tapMix gives a tick's mix to who wants it. The caller holds r.mu.
func (r *Room) tapMix(now time.Time) {
	if !r.mixTapped() {
		return
	}
	m := &r.mixer
	m.heard.clear()
	m.heard.add(m.talk.sum)
	m.heard.add(m.played.sum)
	m.tapped = m.limit.apply(m.heard.sum, m.tapped[:0])
	for _, t := range r.taps() {
		t.sound(m.tapped, now)
	}
}
