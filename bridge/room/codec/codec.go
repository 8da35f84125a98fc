// Package codec turns sound into packets and back: Opus by libopus, G.711 (ITU-T G.711) and G.722 at 64 kbit/s (ITU-T G.722) by
// code of our own. It is the only package of Switchgram that needs cgo; build with the tag nolibopusfile.
//
// NewEncoder and NewDecoder are the way in. Sound is mono, 16 bits a sample. Opus works at 8, 16 and 48 kHz itself, so that sound
// between it and a telephone codec is never resampled. No Encoder or Decoder may be used by two goroutines at once.
package codec

import (
	"errors"
	"fmt"

	"gopkg.in/hraban/opus.v2"

	"switchgram/bridge/media"
)

// MaxPacket is room enough for any packet that an Encoder makes of up to 60 ms.
const MaxPacket = 1500

// MaxSamples is room enough for the sound of any packet: 120 ms of Opus at 48 kHz.
const MaxSamples = 5760

// What a Decoder or an Encoder can say against its input.
var (
	ErrEmpty = errors.New("empty packet")
	ErrShort = errors.New("buffer too short")
	ErrFrame = errors.New("no such frame size")
)

// An Encoder makes packets. Each keeps state from one packet to the next; it is not safe for concurrent use.
type Encoder interface {
	// Encode writes one packet with the sound of pcm to out and returns its length. Opus takes 10, 20, 40 or 60 ms at a time,
	// G.722 an even number of samples, G.711 any.
	Encode(pcm []int16, out []byte) (int, error)

	// ExpectLoss says which share of the packets, 0 to 1, is lost on the way. Where some are, Opus repeats their sound in those that follow
	// (in-band FEC), which takes several times as long. A new encoder expects none.
	ExpectLoss(share float64)

	// Reset forgets the past: the next packet begins a stream, as after something else was sent. That may even have been the middle of a voice:
	// the first packets of Opus ask of decoders that they know nothing before.
	Reset()
}

// A Decoder makes sound of packets, which it must be given in order. It is not safe for concurrent use.
type Decoder interface {
	// Decode writes the sound of one packet to pcm and returns the number of samples. A hostile packet gives an error and
	// leaves the decoder usable. With less room in pcm than the packet has sound it returns ErrShort.
	Decode(packet []byte, pcm []int16) (int, error)

	// Recover fills pcm with the sound of the packet before next, which was lost, using what next repeats of it (in-band
	// FEC of Opus), or else as Conceal does. Decode(next) follows.
	Recover(next []byte, pcm []int16)

	// Conceal fills pcm with sound that hides a loss, fading as losses follow one another.
	Conceal(pcm []int16)
}

// NewEncoder returns an encoder of c that takes sound at rate, in Hz: the codec's own (media.Codec.SampleRate), or for Opus also
// 8000 and 16000. Opus is mono, without DTX, and made to be cheap: 40 kbit/s at 8 kHz to 64 at 48, or 24 to 32 where packets are lost.
func NewEncoder(c media.Codec, rate int) (Encoder, error) {
	if err := check(c, rate); err != nil {
		return nil, err
	}
	switch c {
	case media.Opus:
		return newOpusEncoder(opus.AppAudio, rate, clearSpending[rate], lossySpending[rate])
	case media.PCMU:
		return g711Encoder{muLaw}, nil
	case media.PCMA:
		return g711Encoder{aLaw}, nil
	default:
		return newG722Encoder(), nil
	}
}

// NewCallerEncoder returns an encoder as they have who call through us: of Opus like that of Telegram's apps and of browsers, which made for voice is SILK or
// hybrid, of 24 to 32 kbit/s. It takes what NewEncoder takes.
func NewCallerEncoder(c media.Codec, rate int) (Encoder, error) {
	if c != media.Opus || check(c, rate) != nil {
		return NewEncoder(c, rate)
	}
	return newOpusEncoder(opus.AppVoIP, rate, lossySpending[rate], lossySpending[rate])
}

// NewDecoder returns a decoder of c that gives sound at rate, as for NewEncoder.
func NewDecoder(c media.Codec, rate int) (Decoder, error) {
	if err := check(c, rate); err != nil {
		return nil, err
	}
	switch c {
	case media.Opus:
		return newOpusDecoder(rate)
	case media.PCMU:
		return newG711Decoder(muLawToLinear()), nil
	case media.PCMA:
		return newG711Decoder(aLawToLinear()), nil
	default:
		return newG722Decoder(), nil
	}
}

func check(c media.Codec, rate int) error {
	switch {
	case c.SampleRate() == 0:
		return fmt.Errorf("codec %v: not known", c)
	case rate == c.SampleRate(), c == media.Opus && (rate == 8000 || rate == 16000):
		return nil
	default:
		return fmt.Errorf("codec %v: does not work at %d Hz", c, rate)
	}
}
