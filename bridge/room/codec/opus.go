package codec

import (
	"fmt"

	"gopkg.in/hraban/opus.v2"
)

// complexity 4 costs half of 10 and is hardly told apart at these rates; TestAVoiceIsCodedWell listens.
const complexity = 4

// The loss in per cent that libopus is told of. Where it expects less it hardly repeats anything, and more would spend most bits on what was said
// before.
const leastLoss, mostLoss = 10, 25

// After a Reset a stream begins with packets of so high a bitrate that libopus makes them without SILK (RFC 6716 §2.1): a decoder that has heard another encoder
// until now follows them after 10 ms. What SILK writes refers to what it wrote before, and took decoders up to 160 ms.
const (
	openingPackets = 2
	openingBitrate = 96000
)

type opusEncoder struct {
	enc     *opus.Encoder
	bitrate int // after the opening
	opened  int // packets of it that were made
	loss    int // expected, in per cent
}

func newOpusEncoder(rate int) (*opusEncoder, error) {
	enc, err := opus.NewEncoder(rate, 1, opus.AppVoIP)
	if err != nil {
		return nil, fmt.Errorf("opus encoder: %w", err)
	}
	for _, set := range []error{
		enc.SetBitrate(bitrate(rate)), enc.SetComplexity(complexity), enc.SetInBandFEC(false), enc.SetDTX(false),
	} {
		if set != nil {
			return nil, fmt.Errorf("opus encoder: %w", set)
		}
	}
	return &opusEncoder{enc: enc, bitrate: bitrate(rate), opened: openingPackets}, nil
}

// ExpectLoss changes what libopus is told, which costs nothing while it stays the same. In an opening there is no FEC, which only SILK has.
func (e *opusEncoder) ExpectLoss(share float64) {
	loss := 0
	if share > 0 {
		loss = min(max(int(share*100), leastLoss), mostLoss)
	}
	if loss == e.loss {
		return
	}
	if e.loss = loss; e.opened == openingPackets {
		e.settle()
	}
}

// settle ends an opening. These settings cannot be refused.
func (e *opusEncoder) settle() {
	_ = e.enc.SetBitrate(e.bitrate)
	_ = e.enc.SetInBandFEC(e.loss > 0)
	_ = e.enc.SetPacketLossPerc(e.loss)
}

// bitrate is in bit/s: 32 kbit/s is what Telegram's own engine spends at most; a telephone's band needs less.
func bitrate(rate int) int {
	if rate == 48000 {
		return 32000
	}
	return 24000
}

func (e *opusEncoder) Encode(pcm []int16, out []byte) (int, error) {
	n, err := encodeOpus(e.enc, pcm, out)
	if err == nil && e.opened < openingPackets {
		if e.opened++; e.opened == openingPackets {
			e.settle()
		}
	}
	return n, err
}

func encodeOpus(enc *opus.Encoder, pcm []int16, out []byte) (int, error) {
	n, err := enc.Encode(pcm, out[:len(out):len(out)]) // the binding goes by capacity
	if err != nil {
		return 0, fmt.Errorf("opus encode: %w", err)
	}
	return n, nil
}

func (e *opusEncoder) Reset() {
	e.opened = 0
	_ = e.enc.Reset()
	_ = e.enc.SetInBandFEC(false)
	_ = e.enc.SetBitrate(openingBitrate)
}

type opusDecoder struct{ dec *opus.Decoder }

func newOpusDecoder(rate int) (*opusDecoder, error) {
	dec, err := opus.NewDecoder(rate, 1)
	if err != nil {
		return nil, fmt.Errorf("opus decoder: %w", err)
	}
	return &opusDecoder{dec}, nil
}

func (d *opusDecoder) Decode(packet []byte, pcm []int16) (int, error) {
	if len(packet) == 0 {
		return 0, ErrEmpty // libopus would take it for a loss
	}
	n, err := d.dec.Decode(packet, pcm[:len(pcm):len(pcm)])
	if err != nil {
		return 0, fmt.Errorf("opus decode: %w", err)
	}
	return n, nil
}

func (d *opusDecoder) Recover(next []byte, pcm []int16) {
	if len(next) == 0 || d.dec.DecodeFEC(next, pcm[:len(pcm):len(pcm)]) != nil {
		d.Conceal(pcm)
	}
}

func (d *opusDecoder) Conceal(pcm []int16) {
	if d.dec.DecodePLC(pcm[:len(pcm):len(pcm)]) != nil {
		clear(pcm)
	}
}
