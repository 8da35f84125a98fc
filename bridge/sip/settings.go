package sip

import (
	"log/slog"

	"github.com/emiago/sipgo/sip"
)

// sipgo keeps two things in package variables that its connections read without a lock: how large a datagram may be, and where to
// log what belongs to no agent. The only time to set them is before anything runs.
//
// Its limit of 1300 bytes refuses to send what RFC 3261 §18.1.1 would send over TCP. An INVITE with our headers, an offer of four
// codecs and credentials is larger, switches that listen on UDP alone are common, and IP fragments datagrams well.
var _ = settle()

func settle() struct{} {
	sip.UDPMTUSize = 65535
	sip.SetDefaultLogger(slog.New(slog.DiscardHandler))
	return struct{}{}
}
