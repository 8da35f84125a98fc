package bench

import (
	"fmt"
	"math"

	"switchgram/bridge/media"
	"switchgram/bridge/room/codec"
	"switchgram/bridge/sip/sdp"
	"switchgram/cmd/switchgram/bench/load"
)

const voiceSeconds = 4

// codecs are those of telephones, in the words of package media.
var codecs = map[sdp.Codec]media.Codec{sdp.Opus: media.Opus, sdp.PCMU: media.PCMU, sdp.PCMA: media.PCMA, sdp.G722: media.G722}

// spoken is a voice in a codec.
func spoken(c media.Codec) (load.Sound, error) {
	rate := c.SampleRate()
	e, err := codec.NewCallerEncoder(c, rate)
	if err != nil {
		return load.Sound{}, fmt.Errorf("voice: %w", err)
	}
	pcm, out := voice(rate), make([]byte, 1500)
	var frames [][]byte
	for n := rate / 50; len(pcm) >= n; pcm = pcm[n:] {
		size, err := e.Encode(pcm[:n], out)
		if err != nil {
			return load.Sound{}, fmt.Errorf("voice: %w", err)
		}
		frames = append(frames, append([]byte(nil), out[:size]...))
	}
	return load.Spoken(c, frames), nil
}

// voice is some seconds of what keeps a codec as busy as somebody who speaks does: the harmonics of a pitch that glides, up to 4 kHz, three
// syllables a second, and a hiss at the end of each.
func voice(rate int) []int16 {
	pcm := make([]int16, voiceSeconds*rate)
	hiss, phase := uint32(1), 0.0
	for i := range pcm {
		t := float64(i) / float64(rate)
		pitch := 130 + 30*math.Sin(2*math.Pi*0.5*t)
		phase += 2 * math.Pi * pitch / float64(rate)
		syllable := math.Mod(3*t, 1)
		v := 0.0
		for h := 1.0; h*pitch < min(4000, float64(rate)/2); h++ {
			v += math.Sin(h*phase) / h
		}
		v *= math.Sin(math.Pi * syllable)
		if syllable > 0.85 {
			hiss = hiss*1664525 + 1013904223
			v += 0.3 * (float64(hiss)/math.MaxUint32 - 0.5)
		}
		pcm[i] = int16(6000 * v)
	}
	return pcm
}
