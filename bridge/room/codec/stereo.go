package codec

import (
	"fmt"

	"gopkg.in/hraban/opus.v2"
)

const (
	stereoBitrate = 64000 // bit/s: enough for two who talk at once to be kept apart

	// stereoComplexity is higher than that of calls: nobody waits for it.
	stereoComplexity = 5

	// OpusLookahead is by how many samples at 48 kHz the sound of an Opus packet is late, as libopus makes it there.
	OpusLookahead = 312
)

// NewStereoEncoder returns an encoder of Opus that takes left and right samples in turn, at 48 kHz, and keeps the two apart: for recordings.
func NewStereoEncoder() (Encoder, error) {
	enc, err := opus.NewEncoder(48000, 2, opus.AppAudio)
	if err != nil {
		return nil, fmt.Errorf("opus encoder: %w", err)
	}
	for _, set := range []error{enc.SetBitrate(stereoBitrate), enc.SetComplexity(stereoComplexity), enc.SetDTX(false)} {
		if set != nil {
			return nil, fmt.Errorf("opus encoder: %w", set)
		}
	}
	return stereoEncoder{enc}, nil
}

// A stereoEncoder makes the whole of a recording, of which nothing is lost.
type stereoEncoder struct{ enc *opus.Encoder }

func (e stereoEncoder) Encode(pcm []int16, out []byte) (int, error) {
	return encodeOpus(e.enc, pcm, out)
}

func (stereoEncoder) ExpectLoss(float64) {}

func (e stereoEncoder) Reset() { _ = e.enc.Reset() }
