package engine

import "time"

// Stats counts the packets of one call since its start.
type Stats struct {
	Received uint64        // audio packets handed to OnRTP's function
	Lost     uint64        // packets the peer sent that never came, from sequence numbers
	Sent     uint64        // packets sent
	Dropped  uint64        // packets WriteRTP could not send: no path yet, muted, too long
	Probes   uint64        // packets without sound, which Telegram sends to measure the path; counted, and never handed on
	Refused  uint64        // packets of another SSRC, or that did not decrypt
	Jitter   time.Duration // interarrival jitter of what we receive, RFC 3550 §6.4.1
	RTT      time.Duration // round trip from RTCP reports; 0: not known yet
}
