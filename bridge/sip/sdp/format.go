package sdp

import (
	"fmt"
	"time"
)

// Codec names an audio codec. This package carries codecs' packets and decodes none.
type Codec uint8

// The codecs that can be agreed on.
const (
	NoCodec Codec = iota
	Opus          // RFC 7587
	PCMU          // RFC 3551
	PCMA          // RFC 3551
	G722          // RFC 3551: 16 kHz sound, RTP clock 8 kHz
)

// String is the codec's name in SDP.
func (c Codec) String() string {
	if s, ok := specs[c]; ok {
		return s.name
	}
	return "none"
}

// Known tells whether it is one of those above.
func (c Codec) Known() bool { return specs[c].clock > 0 }

// Channels is how many SDP says it has; 0: it is not known.
func (c Codec) Channels() int { return specs[c].channels }

// spec is what SDP and RTP say of a codec.
type spec struct {
	name     string
	clock    int
	channels int
	offerPT  uint8  // the payload type of our own offers; FreeSWITCH uses the same for Opus
	fmtp     string // of our offers and answers
}

var specs = map[Codec]spec{
	Opus: {name: "opus", clock: 48000, channels: 2, offerPT: 102, fmtp: "useinbandfec=1; minptime=10"},
	PCMU: {name: "PCMU", clock: 8000, channels: 1, offerPT: 0},
	PCMA: {name: "PCMA", clock: 8000, channels: 1, offerPT: 8},
	G722: {name: "G722", clock: 8000, channels: 1, offerPT: 9},
}

// Format is what a dialog's RTP carries, as agreed with the far end. The zero Format: nothing agreed yet.
type Format struct {
	Codec           Codec
	ClockRate       int           // of RTP timestamps, Hz
	Channels        int           // 1, or 2 for Opus as RFC 7587 always says
	PayloadType     uint8         // of what we send
	DTMFPayloadType uint8         // of the telephone-events we send; 0: none agreed
	DTMFClockRate   int           // of those as SDP says it, Hz
	PTime           time.Duration // of the packets we send
}

// String is for logs: "opus/48000 20ms".
func (f Format) String() string {
	return fmt.Sprintf("%s/%d %s", f.Codec, f.ClockRate, f.PTime)
}
