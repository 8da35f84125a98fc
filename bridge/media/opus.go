package media

import (
	"errors"
	"time"
)

// OpusSilence is a packet of 20 ms of silence, mono: a CELT frame that says "silent" (RFC 6716 §4.3, Table 56). Whatever was heard
// before, a decoder falls silent at once.
const OpusSilence = "\xf8\xff\xfe"

// OpusRate is the clock of Opus in RTP, whatever rate the encoder ran at (RFC 7587 §4.1).
const OpusRate = 48000

// The limits of RFC 6716 §3.
const (
	maxOpusPacket = 120 * time.Millisecond
	maxOpusFrame  = 1275 // bytes
	maxOpusFrames = 48   // 120 ms in frames of 2.5 ms
)

// ErrOpus is in every error about an Opus packet that breaks RFC 6716 §3.
var ErrOpus = errors.New("bad opus packet")

// frameDurations are those of RFC 6716 §3.1, Table 2: rows SILK, hybrid, CELT; columns the low bits of the configuration.
var frameDurations = [3][4]time.Duration{
	{10 * time.Millisecond, 20 * time.Millisecond, 40 * time.Millisecond, 60 * time.Millisecond},
	{10 * time.Millisecond, 20 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond},
	{2500 * time.Microsecond, 5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond},
}

// An OpusTOC is the first byte of an Opus packet (RFC 6716 §3.1).
type OpusTOC byte

// FrameDuration is the duration of each of the packet's frames, 2.5 to 60 ms.
func (t OpusTOC) FrameDuration() time.Duration {
	config := t >> 3
	switch {
	case config < 12:
		return frameDurations[0][config&3]
	case config < 16:
		return frameDurations[1][config&3]
	default:
		return frameDurations[2][config&3]
	}
}

// Stereo tells whether the frames have two channels.
func (t OpusTOC) Stereo() bool { return t&4 != 0 }

// code says how the frames are counted and their lengths given: 0 to 3.
func (t OpusTOC) code() byte { return byte(t & 3) }

// with is the same configuration with another code.
func (t OpusTOC) with(code byte) byte { return byte(t)&^3 | code }
