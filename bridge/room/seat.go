package room

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"switchgram/bridge/media"
)

// Seat is one stream's place in a Room. Its far side sees one stream of packets, unbroken from Add to Leave.
type Seat struct {
	room   *Room
	stream media.Stream
	role   Role

	held, muted bool                 // guarded by room.mu
	audience    atomic.Pointer[Seat] // who hears this seat's far side

	mu     sync.Mutex // guards what the far side hears, all below
	source *Seat      // who is heard; nil: nobody
	said   media.Format
	out    output
	path   path
	timer  *time.Timer
	left   bool
}

// A path is the way from what a source says to what a seat's far side hears. The seat's mu is held.
type path interface {
	// take carries a packet of the source.
	take(p *rtp.Packet, now time.Time)
	// wake does what time asks for, and returns after how long to be called again.
	wake(now time.Time) time.Duration
	// name is for tables.
	name() string
}

func newSeat(r *Room, stream media.Stream, as Role) *Seat {
	s := &Seat{room: r, stream: stream, role: as, path: none{}}
	s.out = newOutput(stream, time.Now())
	s.timer = time.AfterFunc(formatPoll, s.wake)
	return s
}

// receive carries a packet of this seat's far side to who hears it.
func (s *Seat) receive(p *rtp.Packet) {
	if to := s.audience.Load(); to != nil {
		to.hear(s, p, time.Now())
	}
}

func (s *Seat) hear(from *Seat, p *rtp.Packet, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.source == from && !s.left {
		s.path.take(p, now)
	}
}

// wake runs on the timer's goroutine.
func (s *Seat) wake() {
	if s.formatsChanged() {
		s.FormatChanged()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.left {
		s.timer.Reset(s.path.wake(time.Now()))
	}
}

func (s *Seat) formatsChanged() bool {
	s.mu.Lock()
	source, said, heard := s.source, s.said, s.out.format
	s.mu.Unlock()
	return heard != s.stream.Format() || source != nil && said != source.stream.Format()
}

// listen makes source the one who is heard, nil for nobody. The caller holds room.mu.
func (s *Seat) listen(source *Seat) {
	heard, said := s.stream.Format(), media.Format{}
	if source != nil {
		said = source.stream.Format()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if source == s.source && said == s.said && heard == s.out.format {
		return
	}
	s.source, s.said = source, said
	s.out.setFormat(heard, time.Now())
	s.out.stats.Delay = 0
	s.path = s.choosePath()
	s.timer.Reset(0)
	s.room.log.Debug("sound path", slog.String("path", s.path.name()))
}

func (s *Seat) choosePath() path {
	heard := s.out.format
	switch {
	case !known(heard):
		return none{}
	case !known(s.said):
		return newQuiet(&s.out)
	case s.said.Codec == heard.Codec && s.said.ClockRate == heard.ClockRate:
		return newRelay(&s.out)
	}
	t, err := newTranscoder(s.said, &s.out, time.Now())
	if err != nil {
		s.room.log.Error("no way between codecs", slog.Any("err", err))
		return newQuiet(&s.out)
	}
	return t
}

// known tells whether both ends have agreed on a format, one that can be: no codec's clock is slower than 8 kHz.
func known(f media.Format) bool { return f.Codec != media.NoCodec && f.ClockRate >= 8000 }

// FormatChanged makes the room read the formats of its streams again. Call it on the leg's FormatChanged event; without it a change
// is found when the seat next wakes, which takes 100 ms or less.
func (s *Seat) FormatChanged() { s.room.reconnect(func() {}) }

// Hold lets the far side hear silence instead of the others (on), or the others again.
func (s *Seat) Hold(on bool) { s.room.reconnect(func() { s.held = on }) }

// Mute keeps what the far side says from the others (on), who hear silence from it.
func (s *Seat) Mute(on bool) { s.room.reconnect(func() { s.muted = on }) }

// Leave gives up the seat and the stream's OnRTP. When it has returned nothing more is written to the stream. Safe to repeat.
func (s *Seat) Leave() {
	if !s.room.remove(s) {
		return
	}
	s.stream.OnRTP(nil)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left, s.source = true, nil
	s.timer.Stop()
}

// Stats are the counts so far; they stay readable after Leave.
func (s *Seat) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.out.stats
	st.Path = s.path.name()
	return st
}
