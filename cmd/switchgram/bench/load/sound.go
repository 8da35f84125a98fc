package load

import (
	"encoding/binary"
	"slices"
	"time"

	"switchgram/bridge/media"
)

// Sound is what a talker says.
type Sound struct {
	frames    [][]byte // payloads of 20 ms, said over and over
	perPacket int      // frames in a packet
	step      uint32   // of the timestamp, for a frame
	stamped   bool     // each frame is to carry the time
}

// opusClock is the step of Opus timestamps, and that of G.711 and G.722, for 20 ms (RFC 7587 §4.1, RFC 3551 §4.5).
const (
	opusStep  = 960
	phoneStep = 160
)

// A frame that carries a time is one of Opus for who does not decode it: 80 bytes in 20 ms, the 32 kbit/s of a Telegram call.
const (
	stampedFrame = 80
	stampMagic   = 0x5367_4265 // "SgBe"
	stampSize    = 4 + 8
	hybrid20     = 15 << 3 // the TOC byte: configuration 15 (hybrid, fullband, 20 ms), mono, one frame (RFC 6716 §3.1)
	countedCode  = 3       // more than two frames (RFC 6716 §3.2.5)
)

// Stamped is a sound whose frames carry the time at which they are sent, one or three to a packet. It may be relayed, not decoded: it is noise.
func Stamped(perPacket int) Sound {
	one := make([]byte, stampedFrame)
	one[0] = hybrid20
	if perPacket > 1 {
		frame := one[1:]
		one = slices.Concat([]byte{hybrid20 | countedCode, byte(perPacket)}, slices.Repeat(frame, perPacket))
	}
	return Sound{frames: [][]byte{one}, perPacket: perPacket, step: opusStep, stamped: true}
}

// Spoken is a sound encoded before, in payloads of 20 ms of the codec.
func Spoken(c media.Codec, frames [][]byte) Sound {
	s := Sound{frames: frames, perPacket: 1, step: phoneStep}
	if c == media.Opus {
		s.step = opusStep
	}
	return s
}

// next is the payload of the next packet. It is valid until the next call for any talker with the sound.
func (s *Sound) next(at *int, now time.Duration) []byte {
	payload := s.frames[*at]
	*at = (*at + 1) % len(s.frames)
	if s.stamped {
		first := len(payload) - s.perPacket*(stampedFrame-1)
		for i := range s.perPacket {
			writeStamp(payload[first+i*(stampedFrame-1):], now)
		}
	}
	return payload
}

func writeStamp(b []byte, now time.Duration) {
	binary.BigEndian.PutUint32(b, stampMagic)
	binary.BigEndian.PutUint64(b[4:], uint64(now))
}

// readStamp finds the time in a packet of one frame.
func readStamp(payload []byte) (sent time.Duration, ok bool) {
	if len(payload) < 1+stampSize || binary.BigEndian.Uint32(payload[1:]) != stampMagic {
		return 0, false
	}
	return time.Duration(binary.BigEndian.Uint64(payload[5:])), true
}
