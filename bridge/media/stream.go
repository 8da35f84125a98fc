// Package media says what the sound of a leg is: the Format both ends agreed on and the Stream of RTP packets that carries it.
// It knows how Opus packets are cut and counted (RFC 6716 §3) and needs neither a codec nor cgo.
//
// A Stream is safe for concurrent use; the other types are values.
package media

import (
	"time"

	"github.com/pion/rtp"
)

// Stream is the sound of one leg, as RTP packets in both directions (RFC 3550). All methods may be called at once from several
// goroutines, and before the media runs or after it has ended.
type Stream interface {
	// Format is what the stream carries now. It changes only with a FormatChanged event of its leg.
	Format() Format

	// OnRTP sets who receives the packets of the far end; nil discards them. The function is called from one goroutine at a
	// time, in order of arrival, with padding removed and never with an empty payload or a telephone-event (digits are events
	// of the leg). The packet and its payload are valid only until the function returns, and it must not block.
	OnRTP(func(*rtp.Packet))

	// WriteRTP sends a packet to the far end and leaves it unchanged. Sequence number, timestamp, marker and payload are the
	// caller's; SSRC, payload type and header extensions are set by the stream, which agreed on them with the far end. A packet
	// that cannot be sent yet, or no longer, is dropped and counted; the error says so and is no reason to stop.
	WriteRTP(*rtp.Packet) error

	// Stats are the counts since the start.
	Stats() Stats
}

// Stats counts one stream's packets.
type Stats struct {
	Received uint64        // audio packets handed to OnRTP's function
	Lost     uint64        // packets the far end sent that never came, from sequence numbers; probes without sound excepted
	Sent     uint64        // packets sent
	Dropped  uint64        // packets WriteRTP could not send
	Jitter   time.Duration // interarrival jitter, RFC 3550 §6.4.1
	RTT      time.Duration // from RTCP reports; 0: unknown

	// What the far end reports of our packets (RFC 3550 §6.4.1), some seconds old; 0 also if it never did.
	ReportedLost   uint64
	ReportedJitter time.Duration

	LastReceived, LastSent time.Time // last packet with sound, a digit or comfort noise in it; zero: none yet

	// Resting: the far end has announced that it is silent (comfort noise, RFC 3389), and sends nothing until somebody speaks.
	Resting bool
}
