package engine

import "time"

// Stats counts the packets of one call since its start.
type Stats struct {
	Received uint64        // audio packets of the peer
	Lost     uint64        // packets the peer sent that never came, from sequence numbers
	Probes   uint64        // packets without sound, which Telegram sends to measure the path; counted, and never handed on
	Refused  uint64        // packets that came before the keys, are of another SSRC, or did not decrypt
	Sent     uint64        // packets sent
	Dropped  uint64        // packets WriteRTP could not send
	Jitter   time.Duration // interarrival jitter of what we receive, RFC 3550 §6.4.1
	RTT      time.Duration // round trip from RTCP reports; 0: not known yet

	// What the peer reports of our packets (RFC 3550 §6.4.1), some seconds old; 0 also if it never did.
	ReportedLost   uint64
	ReportedJitter time.Duration

	LastReceived, LastSent time.Time // last audio packet of each direction; zero: none yet
}

// Stats are the counts since the start. It is cheap enough to be asked several times a second.
func (e *Engine) Stats() Stats { return Stats(e.stream.Stats()) }
