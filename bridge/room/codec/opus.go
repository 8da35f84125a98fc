package codec

import (
	"fmt"

	"gopkg.in/hraban/opus.v2"
)

// complexity 5 costs half of 10 and is not told apart at these rates.
const complexity = 5

// expectedLoss is in per cent: libopus spends bits on FEC only where loss is expected.
const expectedLoss = 10

type opusEncoder struct{ enc *opus.Encoder }

func newOpusEncoder(rate int) (*opusEncoder, error) {
	enc, err := opus.NewEncoder(rate, 1, opus.AppVoIP)
	if err != nil {
		return nil, fmt.Errorf("opus encoder: %w", err)
	}
	for _, set := range []error{
		enc.SetBitrate(bitrate(rate)), enc.SetComplexity(complexity), enc.SetInBandFEC(true),
		enc.SetPacketLossPerc(expectedLoss), enc.SetDTX(false),
	} {
		if set != nil {
			return nil, fmt.Errorf("opus encoder: %w", set)
		}
	}
	return &opusEncoder{enc}, nil
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
