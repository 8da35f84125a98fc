package room

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"switchgram/bridge/media"
)

// ErrPanic is in the error of a seat that ended because handling its sound panicked.
var ErrPanic = errors.New("room: panic")

// Seat is one stream's place in a Room. Its far side sees one stream of packets, unbroken from Add to Leave.
type Seat struct {
	room     *Room
	stream   media.Stream
	in       intake
	audience atomic.Pointer[[]*Seat] // to whom packets of this far side are relayed
	fault    atomic.Pointer[error]   // why the seat must end
	private  atomic.Bool             // it is not heard by all: taps must not have its packets
	done     chan struct{}
	err      error // set before done is closed

	// What the room decides by; guarded by room.mu.
	role        Role
	whispered   *Seat // who hears it, if it whispers
	held, muted bool
	gain        float32
	agreed      media.Format
	plays       []*Playback
	watch       *watch // nil: nobody wants digits
	voice       voice
	losses      lossMeter
	gone        bool

	// What the far side hears; guarded by mu.
	mu     sync.Mutex
	course course
	name   string // of the course
	out    output
	path   path
	mouth  *mouth    // the path, if it is a mix
	next   *takeover // from the mouth by packets, as soon as they fit; nil: the mouth speaks on
	timer  *time.Timer
	left   bool
}

// A path is the way from what others say to what a seat's far side hears. The seat's mu is held.
type path interface {
	// take carries a packet of the seat that is relayed.
	take(p *rtp.Packet, now time.Time)
	// wake does what time asks for, and returns after how long to be called again.
	wake(now time.Time) time.Duration
}

func newSeat(r *Room, stream media.Stream, as Role) *Seat {
	s := &Seat{room: r, stream: stream, role: as, gain: 1, path: none{}, name: pathSilence, done: make(chan struct{})}
	s.private.Store(as != Talk)
	s.out = newOutput(stream, time.Now())
	s.timer = time.AfterFunc(formatPoll, s.wake)
	return s
}

// receive is given what this seat's far side sends.
func (s *Seat) receive(p *rtp.Packet) {
	defer s.caught()
	s.carry(p, time.Now())
}

// carry brings a packet to who hears it.
func (s *Seat) carry(p *rtp.Packet, now time.Time) {
	s.in.note(p, now)
	s.tap(p, now)
	if all := s.audience.Load(); all != nil {
		for _, to := range *all {
			to.take(s, p, now)
		}
	}
}

// tap gives a packet to recorders, if all hear it.
func (s *Seat) tap(p *rtp.Packet, now time.Time) {
	taps := s.room.taps()
	if len(taps) == 0 || s.private.Load() {
		return
	}
	for _, t := range taps {
		t.packet(s, s.stream.Format(), p, now)
	}
}

// take is given a packet of a seat that was, a moment ago, relayed to this one.
func (s *Seat) take(from *Seat, p *rtp.Packet, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.course.from != from || s.left {
		return
	}
	s.path.take(p, now)
}

// caught, deferred, keeps a panic to this seat.
func (s *Seat) caught() {
	if r := recover(); r != nil {
		err := fmt.Errorf("%w: %v", ErrPanic, r)
		s.fault.Store(&err)
		s.timer.Reset(0)
	}
}

// wake runs on the timer's goroutine.
func (s *Seat) wake() {
	if err := s.fault.Load(); err != nil {
		s.room.log.Error("seat ended", "err", *err)
		if s.leave(*err) {
			s.room.failed(s, *err)
		}
		return
	}
	if s.outdated() {
		s.FormatChanged()
	}
	if p := s.wakePath(); p != nil {
		s.room.reconnect(func() {
			p.whole = true
			p.end()
			s.room.reap()
		})
	}
}

// wakePath returns what has just been played to its end.
func (s *Seat) wakePath() *Playback {
	defer s.caught()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left {
		return nil
	}
	s.timer.Reset(s.path.wake(time.Now()))
	if p, ok := s.path.(*prompt); ok && p.over {
		return p.play
	}
	return nil
}

// outdated tells whether the stream speaks another format than the far side is fed.
func (s *Seat) outdated() bool {
	s.mu.Lock()
	f := s.out.format
	s.mu.Unlock()
	return f != s.stream.Format()
}

// learnFormat reads what the stream speaks now.
func (s *Seat) learnFormat() {
	if f := s.stream.Format(); f != s.agreed {
		s.agreed = f
		s.in.forget()
	}
}

// setAudience names those to whom the seat's packets are relayed.
func (s *Seat) setAudience(seats []*Seat, courses []course) {
	var all []*Seat
	for i, to := range seats {
		if courses[i].from == s {
			all = append(all, to)
		}
	}
	if was := s.audience.Load(); was == nil || !slices.Equal(*was, all) {
		s.audience.Store(&all)
	}
}

// Done is closed when the seat has been left, or has ended by itself: see Err.
func (s *Seat) Done() <-chan struct{} { return s.done }

// Err is why the seat ended by itself, ErrPanic; nil before Done is closed, and for one that was left.
func (s *Seat) Err() error {
	select {
	case <-s.done:
		return s.err
	default:
		return nil
	}
}

// Leave gives up the seat and the stream's OnRTP. When it has returned nothing more is written to the stream. Safe to repeat.
func (s *Seat) Leave() { s.leave(nil) }

// leave tells whether the seat was not left before.
func (s *Seat) leave(err error) bool {
	if !s.room.remove(s) {
		return false
	}
	s.stream.OnRTP(nil)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left, s.course, s.name, s.mouth = true, course{}, pathSilence, nil
	s.timer.Stop()
	s.err = err
	close(s.done)
	return true
}

// vacate ends what the room does for the seat. The caller holds room.mu.
func (s *Seat) vacate() {
	s.gone = true
	s.audience.Store(nil)
	s.deafen()
	for _, p := range s.plays {
		p.end()
	}
	s.plays = nil
}

// Stats are the counts so far; they stay readable after Leave.
func (s *Seat) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.out.stats
	st.Path = s.name
	return st
}
