// Package room is where the streams of a call meet: each leg's media.Stream takes a Seat in the call's Room, which carries what one
// far side says to what the other hears.
//
// The Room alone decides how: packets are relayed undecoded while both sides speak the same codec, and transcoded otherwise. Each
// Seat owns what its far side sees: sequence numbers without a break but for what was lost, and timestamps that follow real time
// (RFC 3550 §5.1), whatever the source does, with silence where it sends nothing. All methods of Room and Seat may be called from
// several goroutines at once.
package room

import (
	"log/slog"
	"slices"
	"sync"

	"switchgram/bridge/media"
)

// Role says what a seat does in the conversation.
type Role uint8

// Talk is the role of a party that speaks and is spoken to.
const Talk Role = iota

// Options configure a Room. The zero value is usable.
type Options struct {
	Log *slog.Logger // nil: nothing is logged
}

// Room joins the seats of one call. It has no goroutine of its own: a relayed packet travels on the goroutine that read it, and a
// timer wakes each seat only to send what no packet brings.
type Room struct {
	log *slog.Logger

	mu    sync.Mutex // taken before any Seat's
	seats []*Seat    // in order of arrival
}

// New returns an empty room.
func New(o Options) *Room {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Room{log: o.Log}
}

// Add gives the stream a seat and takes over its OnRTP until the seat is left. The two seats that came first talk to each other; a
// seat alone, or one too many, is fed silence until its turn comes.
func (r *Room) Add(s media.Stream, as Role) *Seat {
	seat := newSeat(r, s, as)
	r.mu.Lock()
	r.seats = append(r.seats, seat)
	r.connect()
	r.mu.Unlock()
	s.OnRTP(seat.receive)
	return seat
}

// connect decides who hears whom. The caller holds r.mu.
func (r *Room) connect() {
	for i, s := range r.seats {
		var from *Seat
		if i < 2 && len(r.seats) > 1 {
			from = r.seats[1-i]
			from.audience.Store(s)
		} else {
			s.audience.Store(nil)
		}
		if from != nil && (from.muted || s.held) {
			from = nil
		}
		s.listen(from)
	}
}

// reconnect decides again, after change was made.
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
	s.audience.Store(nil)
	r.connect()
	return true
}

// Path says how sound goes from the first seat to the second: "relay opus", "transcode opus>PCMU"; "silence" without both.
func (r *Room) Path() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.seats) < 2 {
		return pathSilence
	}
	return r.seats[1].Stats().Path
}

// Close empties the room: every seat is left.
func (r *Room) Close() {
	r.mu.Lock()
	seats := slices.Clone(r.seats)
	r.mu.Unlock()
	for _, s := range seats {
		s.Leave()
	}
}
