// Package room is where the streams of a call meet: each leg's media.Stream takes a Seat in the call's Room, which carries what one
// far side says to what the other hears.
//
// The Room alone decides how: packets are relayed undecoded while both sides speak the same codec, and transcoded otherwise. Each
// Seat owns what its far side sees: sequence numbers without a break and timestamps that follow real time (RFC 3550 §5.1), whatever
// the source does, with silence where it sends nothing. All methods of Room and Seat may be called from several goroutines at once.
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

// Room joins the seats of one call. It has no goroutine of its own: packets travel on the goroutine that read them, and a timer wakes
// each seat only to send what no packet brings.
type Room struct {
	log *slog.Logger

	mu    sync.Mutex
	seats []*Seat // in order of arrival
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

	r.mu.Unlock()
	s.OnRTP(seat.receive)
	return seat
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
