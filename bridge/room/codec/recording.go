package codec

import (
	"fmt"

	"gopkg.in/hraban/opus.v2"
)

const (
	recordingBitrate = 32000 // bit/s, a channel: enough for two who talk at once to be kept apart

	// recordingComplexity is higher than that of calls: nobody waits for it.
	recordingComplexity = 5

	// OpusLookahead is by how many samples at 48 kHz the sound of an Opus packet is late, as libopus makes it there.
	OpusLookahead = 312
)

// NewRecordingEncoder returns an encoder of Opus, at 48 kHz, for recordings. With two channels it takes left and right samples in turn, and keeps them
// apart.
func NewRecordingEncoder(channels int) (Encoder, error) {
	enc, err := opus.NewEncoder(48000, channels, opus.AppAudio)
	if err != nil {
		return nil, fmt.Errorf("opus encoder: %w", err)
	}
	for _, set := range []error{enc.SetBitrate(recordingBitrate * channels), enc.SetComplexity(recordingComplexity), enc.SetDTX(false)} {
		if set != nil {
			return nil, fmt.Errorf("opus encoder: %w", set)
		}
	}
	return recordingEncoder{enc}, nil
}

// A recordingEncoder makes the whole of a recording, of which nothing is lost.
type recordingEncoder struct{ enc *opus.Encoder }

func (e recordingEncoder) Encode(pcm []int16, out []byte) (int, error) {
	return encodeOpus(e.enc, pcm, out)
}

func (recordingEncoder) ExpectLoss(float64) {}

func (e recordingEncoder) Reset() { _ = e.enc.Reset() }
