package sip

import "time"

// Stats counts a dialog's RTP packets since its start.
type Stats struct {
	Received uint64        // audio packets handed to OnRTP's function
	Lost     uint64        // packets the far end sent that never came, from sequence numbers
	Sent     uint64        // packets sent, telephone-events included
	Dropped  uint64        // packets WriteRTP could not send
	Strange  uint64        // packets not listened to: from elsewhere, of no payload type agreed on, not true (SRTP), come before
	Jitter   time.Duration // interarrival jitter, RFC 3550 §6.4.1
	RTT      time.Duration // from RTCP reports; 0: unknown

	// What the far end reports of our packets (RFC 3550 §6.4.1), some seconds old; 0 also if it never did.
	ReportedLost   uint64
	ReportedJitter time.Duration

	// When packets came and went, telephone-events and comfort noise included; zero: none yet.
	FirstReceived, FirstSent time.Time
	LastReceived, LastSent   time.Time

	// Resting: the far end has announced that it is silent (comfort noise, RFC 3389), and sends nothing until somebody speaks.
	Resting bool
}
