// Package room is where the streams of a call meet: each leg's media.Stream takes a Seat in the call's Room, which carries what the far
// sides say to those who hear it.
//
// The Room alone decides how, for each far side by itself. Who hears just one other that speaks the same codec is relayed its packets,
// undecoded. Who hears more than that, such as another codec, a third party, a tone, a changed gain, hears a mix, for as long as that is
// so: of all who talk but itself. A seat may talk, only listen, or whisper to one other. Recorders tap the packets, the mix or both.
//
// Each Seat owns what its far side sees: sequence numbers without a break but for what was lost, and timestamps that follow real time
// (RFC 3550 §5.1), whatever the sources do and however often the way of the sound changes, with silence where there is none. All methods
// of Room, Seat, Playback and Tap may be called from several goroutines at once.
package room

import (
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"switchgram/bridge/media"
)

// Role says what a seat does in the conversation.
type Role uint8

const (
	Talk    Role = iota // is heard by all, and hears all
	Listen              // hears all who talk, and is not heard
	Whisper             // hears all who talk, and is heard by one seat only: see Seat.Become
)

// String is the role in lower case: "talk", "listen", "whisper".
func (r Role) String() string { return [...]string{"talk", "listen", "whisper"}[min(r, Whisper)] }

// MarshalText writes what String says.
func (r Role) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// Options configure a Room. The zero value is usable.
type Options struct {
	Log *slog.Logger // nil: nothing is logged

	// Failed is told of each seat that ends by itself, and why (Seat.Err), on a goroutine of the room; nil: nobody is.
	Failed func(*Seat, error)
}

// Room joins the seats of one call. It has no goroutine of its own: a relayed packet travels on the goroutine that read it, one timer
// is the clock of a mix while there is one, and another wakes each seat to send what no packet brings.
type Room struct {
	log    *slog.Logger
	failed func(*Seat, error)
	tapped atomic.Pointer[[]*Tap] // changed under mu

	mu    sync.Mutex // taken before any Seat's
	seats []*Seat    // in order of arrival
	plays []*Playback
	mixer mixer
}

// New returns an empty room.
func New(o Options) *Room {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Failed == nil {
		o.Failed = func(*Seat, error) {}
	}
	r := &Room{log: o.Log, failed: o.Failed}
	r.mixer = mixer{room: r, pens: map[media.Format]*pen{}, limit: newLimiter()}
	return r
}

// Add gives the stream a seat and takes over its OnRTP until the seat is left. A seat that hears nobody is fed silence.
func (r *Room) Add(s media.Stream, as Role) *Seat { return r.enter(newSeat(r, s, as)) }

// Take gives the stream of a seat that has been left, in another room perhaps, a seat here. Its far side sees one stream go on: a jump of
// sequence numbers would lose a receiver of SRTP (RFC 3711 §3.3.1).
func (r *Room) Take(from *Seat, as Role) *Seat {
	seat := newSeat(r, from.stream, as)
	from.mu.Lock()
	seat.out.seq, seat.out.line.next = from.out.seq, from.out.line.next
	from.mu.Unlock()
	return r.enter(seat)
}

func (r *Room) enter(s *Seat) *Seat {
	r.reconnect(func() { r.seats = append(r.seats, s) })
	s.stream.OnRTP(s.receive)
	return s
}

// reconnect decides again who hears whom, after change was made.
func (r *Room) reconnect(change func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change()
	r.connect()
}

// remove takes a seat away, and tells whether it was there.
func (r *Room) remove(s *Seat) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.Index(r.seats, s)
	if i < 0 {
		return false
	}
	r.seats = slices.Delete(r.seats, i, i+1)
	s.vacate()
	r.connect()
	return true
}

// tick is the clock of a mix.
func (r *Room) tick() {
	for _, call := range r.advance() {
		call()
	}
}

// advance makes what is due, and returns calls to be made without the room's lock.
func (r *Room) advance() []func() {
	r.mu.Lock()
	defer r.mu.Unlock()
	m, now := &r.mixer, time.Now()
	if m.timer == nil || now.Before(m.due) {
		return nil // this clock was stopped as it ticked
	}
	if now.Sub(m.due) > catchUp {
		m.due = now // what is later is given up
	}
	m.run(now)
	m.due = m.due.Add(tick)
	if !r.reap() && m.changed() {
		m.adjust(now)
	}
	if m.timer != nil {
		m.timer.Reset(time.Until(m.due))
	}
	calls := m.calls
	m.calls = nil
	return calls
}

// Path says how sound goes from the first seat to the second: "relay opus", "transcode opus>PCMU", "mix"; "silence" without both.
func (r *Room) Path() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.seats) < 2 {
		return pathSilence
	}
	return r.seats[1].Stats().Path
}

// Close empties the room: every seat is left, and nothing is played or tapped any more.
func (r *Room) Close() {
	r.mu.Lock()
	seats, taps := slices.Clone(r.seats), r.taps()
	for _, p := range r.plays {
		p.end()
	}
	r.reap()
	r.mu.Unlock()
	for _, s := range seats {
		s.Leave()
	}
	for _, t := range taps {
		t.Close()
	}
}
