package room

import (
	"fmt"

	"switchgram/bridge/media"
)

// Source is sound that can be played: tones, files. Package sound has them.
type Source interface {
	// Fill writes the next samples, mono, at rate in Hz, to pcm, and returns how many: fewer than len(pcm) at the end of the sound,
	// after which it is not called again. It must not block. The rate may change from one call to the next.
	Fill(pcm []int16, rate int) int
}

// PacketSource is a Source that has its sound as Opus packets, too.
type PacketSource interface {
	Source

	// NextPacket returns the next Opus packet of any frame size, valid until the next call; false: that was the last.
	NextPacket() (packet []byte, ok bool)
}

// PlayOptions say how a Source is played. The zero value plays it in place of the talk.
type PlayOptions struct {
	Under bool    // the talk goes on, on top of it
	Gain  float64 // dB, -60 to 20
}

// Playback is a Source that is being played. Its methods may be called from several goroutines at once.
type Playback struct {
	room *Room
	seat *Seat // who hears it; nil: everybody
	src  Source
	done chan struct{}

	// Guarded by room.mu.
	under bool
	gain  float32
	fade  fader
	stop  bool // it is to end
	over  bool // it has ended
	whole bool // with its last sample
	pcm   []int16
	block []float32
}

// Play plays src to the far side of the seat, until it ends or is stopped, or the seat is left; what the far side says is heard as before. Several
// are heard together. An Opus prompt for a seat that speaks Opus goes out as its own packets, undecoded, if it is played alone, in place
// of the talk, and as loud as it is.
func (s *Seat) Play(src Source, o PlayOptions) *Playback {
	p := newPlayback(s.room, s, src, o)
	s.room.reconnect(func() {
		if s.gone {
			p.end()
			return
		}
		s.plays = append(s.plays, p)
	})
	return p
}

// Play plays src to everybody in the room, until it ends or is stopped, or the room is closed. While nobody has a seat it stands still.
func (r *Room) Play(src Source, o PlayOptions) *Playback {
	p := newPlayback(r, nil, src, o)
	r.reconnect(func() { r.plays = append(r.plays, p) })
	return p
}

func newPlayback(r *Room, s *Seat, src Source, o PlayOptions) *Playback {
	return &Playback{room: r, seat: s, src: src, done: make(chan struct{}), under: o.Under, gain: factor(o.Gain), fade: fader{1}}
}

// Done is closed when nothing more of it is played.
func (p *Playback) Done() <-chan struct{} { return p.done }

// Finished tells whether it was played to its end.
func (p *Playback) Finished() bool {
	p.room.mu.Lock()
	defer p.room.mu.Unlock()
	return p.whole
}

// Stop ends it, without a click: Done tells when. Safe to repeat.
func (p *Playback) Stop() {
	p.room.mu.Lock()
	defer p.room.mu.Unlock()
	if p.stop = true; p.room.mixer.timer == nil || p.seat != nil && !p.seat.mixes() {
		p.end()
		p.room.reap()
	}
}

// end closes done. The caller holds room.mu.
func (p *Playback) end() {
	if !p.over {
		p.over = true
		close(p.done)
	}
}

// packets tells whether it can be heard as packets by a far side that speaks f.
func (p *Playback) packets(f media.Format) bool {
	_, ok := p.src.(PacketSource)
	return ok && f.Codec == media.Opus && !p.under && p.gain == 1
}

// next is the next 20 ms of it, nil when it has ended. A Source that panics ends.
func (p *Playback) next(rate int) []float32 {
	if p.over {
		return nil
	}
	defer func() {
		if r := recover(); r != nil {
			p.room.log.Error("cannot play", "err", fmt.Errorf("%w: %v", ErrPanic, r))
			p.end()
		}
	}()
	if n := samples(tick, rate); len(p.pcm) != n {
		p.pcm, p.block = make([]int16, n), make([]float32, n)
	}
	n := p.src.Fill(p.pcm, rate)
	clear(p.pcm[n:])
	for i, v := range p.pcm {
		p.block[i] = float32(v) * p.gain
	}
	if p.stop {
		p.fade.scale(p.block, 0)
	}
	p.whole = n < len(p.pcm)
	if p.stop || p.whole {
		p.end()
	}
	return p.block
}

// reap forgets what has ended, and tells whether anything has. The caller holds r.mu.
func (r *Room) reap() (any bool) {
	reap := func(all []*Playback) (left []*Playback) {
		for _, p := range all {
			if any = any || p.over; !p.over {
				left = append(left, p)
			}
		}
		return left
	}
	r.plays = reap(r.plays)
	for _, s := range r.seats {
		s.plays = reap(s.plays)
	}
	if any {
		r.connect()
	}
	return any
}

// talkGain is how loud a seat hears the talk: not at all while it is held or something is played in place of it.
func (r *Room) talkGain(s *Seat) float32 {
	if s.held {
		return 0
	}
	for _, all := range [][]*Playback{r.plays, s.plays} {
		for _, p := range all {
			if !p.under && !p.over && !p.stop {
				return 0
			}
		}
	}
	return 1
}
