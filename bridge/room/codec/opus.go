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

type opusEncoder struct {
	enc  *opus.Encoder
	loss int // expected, in per cent
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
	return &opusEncoder{enc: enc}, nil
}

// ExpectLoss changes what libopus is told, which costs nothing while it stays the same.
func (e *opusEncoder) ExpectLoss(share float64) {
	loss := 0
	if share > 0 {
		loss = min(max(int(share*100), leastLoss), mostLoss)
	}
	if loss == e.loss {
		return
	}
	e.loss = loss
	_ = e.enc.SetInBandFEC(loss > 0) // these settings cannot be refused
	_ = e.enc.SetPacketLossPerc(loss)
}

// bitrate is in bit/s: 32 kbit/s is what Telegram's own engine spends at most; a telephone's band needs less.
func bitrate(rate int) int {
	if rate == 48000 {
		return 32000
	}
	return 24000
}

func (e *opusEncoder) Encode(pcm []int16, out []byte) (int, error) {
	n, err := e.enc.Encode(pcm, out[:len(out):len(out)]) // the binding goes by capacity
	if err != nil {
		return 0, fmt.Errorf("opus encode: %w", err)
	}
	return n, nil
}

func (e *opusEncoder) Reset() { _ = e.enc.Reset() }

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
