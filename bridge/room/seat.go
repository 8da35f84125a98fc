package room

import (
	"time"

	"github.com/pion/rtp"

	"switchgram/bridge/media"
)

const pathSilence = "silence"

// Stats counts what a seat was given to hear.
type Stats struct {
	Path       string        // how sound comes to it now: "relay opus", "transcode opus>PCMU", "silence"
	Relayed    uint64        // packets passed on undecoded
	Transcoded uint64        // packets encoded for it
	Concealed  uint64        // packets' worth of sound made up for what was lost
	Silence    uint64        // packets of silence sent where nothing came
	Dropped    uint64        // packets not passed on: twice the same, too late, or of a broken stream
	Delay      time.Duration // added between arrival and departure of a sound, now; 0 when relayed
}

// Seat is one stream's place in a Room. Its far side sees one stream of packets, unbroken from Add to Leave.
type Seat struct {
	room   *Room
	stream media.Stream
	role   Role
}

func newSeat(r *Room, s media.Stream, as Role) *Seat { return &Seat{room: r, stream: s, role: as} }

func (s *Seat) receive(*rtp.Packet) {}

// FormatChanged makes the seat read its stream's Format again. Call it on the leg's FormatChanged event.
func (s *Seat) FormatChanged() {}

// Hold lets the far side hear silence instead of the others (on), or the others again.
func (s *Seat) Hold(on bool) {}

// Mute keeps what the far side says from the others (on), who hear silence from it.
func (s *Seat) Mute(on bool) {}

// Leave gives up the seat and the stream's OnRTP. When it has returned nothing more is written to the stream. Safe to repeat.
func (s *Seat) Leave() {}

// Stats are the counts so far; they stay readable after Leave.
func (s *Seat) Stats() Stats { return Stats{Path: pathSilence} }
