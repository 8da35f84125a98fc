package media

import (
	"fmt"
	"time"
)

// Codec names an audio codec that a leg can speak.
type Codec uint8

// The codecs of telephone legs. Opus is what Telegram and browsers speak; the others are for telephones.
const (
	NoCodec Codec = iota
	Opus          // RFC 7587, always 48 kHz on the wire
	PCMU          // RFC 3551, 8 kHz
	PCMA          // RFC 3551, 8 kHz
	G722          // RFC 3551: 16 kHz sound, but an RTP clock of 8 kHz
)

// String returns the codec's name as SDP spells it.
func (c Codec) String() string {
	switch c {
	case Opus:
		return "opus"
	case PCMU:
		return "PCMU"
	case PCMA:
		return "PCMA"
	case G722:
		return "G722"
	default:
		return "none"
	}
}

// SampleRate is the rate of the sound itself in Hz; it differs from the RTP clock for G722 (RFC 3551 §4.5.2).
func (c Codec) SampleRate() int {
	switch c {
	case Opus:
		return 48000
	case G722:
		return 16000
	case PCMU, PCMA:
		return 8000
	default:
		return 0
	}
}

// Format is what a stream carries, as agreed with the far end.
type Format struct {
	Codec           Codec
	ClockRate       int           // of RTP timestamps, Hz
	Channels        int           // 1, or 2 for Opus as its payload format always says
	PayloadType     uint8         // of what we send
	DTMFPayloadType uint8         // of the telephone-events we send; 0: none agreed
	DTMFClockRate   int           // of those, Hz
	PTime           time.Duration // of the packets we send
}

// Timestamp is d in units of the RTP clock.
func (f Format) Timestamp(d time.Duration) uint32 {
	return uint32(d * time.Duration(f.ClockRate) / time.Second)
}

// PacketTime is PTime where packets of the codec can be made so long, otherwise the usual 20 ms (RFC 3551 §4.2). Whole tens of
// milliseconds up to 60 can be; of Opus, which has no other frames, 10, 20, 40 and 60.
func (f Format) PacketTime() time.Duration {
	const ten, most = 10 * time.Millisecond, 60 * time.Millisecond
	odd := f.PTime == 3*ten || f.PTime == 5*ten
	if f.PTime <= 0 || f.PTime > most || f.PTime%ten != 0 || f.Codec == Opus && odd {
		return 2 * ten
	}
	return f.PTime
}

// String is for logs and tables: "opus/48000 20ms".
func (f Format) String() string {
	return fmt.Sprintf("%s/%d %s", f.Codec, f.ClockRate, f.PTime)
}
