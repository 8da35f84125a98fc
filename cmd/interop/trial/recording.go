package trial

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"

	"switchgram/bridge/sound"
)

// Recordings are 48 kHz, mono, 16 bits, after a header of 44 bytes, as docs/peer.md wants them.
const (
	rate   = 48000
	header = 44
)

// measure looks for the best second among the last three of a recording.
func measure(name string) (Tone, error) {
	pcm, err := read(name)
	if err != nil {
		return Tone{}, err
	}
	if len(pcm) < rate {
		return Tone{}, fmt.Errorf("%.1f s long", float64(len(pcm))/rate)
	}
	var best sound.Heard
	for from := max(0, len(pcm)-3*rate); from+rate <= len(pcm); from += rate / 4 {
		if h := sound.Measure(pcm[from:from+rate], rate); h.Share > best.Share {
			best = h
		}
	}
	return Tone{Hz: best.Hz, Share: best.Share}, nil
}

func read(name string) ([]int16, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var pcm []int16
	for b = b[min(header, len(b)):]; len(b) >= 2; b = b[2:] {
		pcm = append(pcm, int16(binary.LittleEndian.Uint16(b)))
	}
	return pcm, nil
}

// What must be heard of a tone. Who conceals lost packets may stretch what is left, and is not quite in tune then.
const (
	nearHz, damagedNearHz    = 3, 20
	cleanShare, damagedShare = 0.8, 0.5
)

// judge says what is wrong with what was heard.
func judge(heard Tone, want float64, t Trouble) error {
	near, least := float64(nearHz), cleanShare
	if t.Weather.Loss > 0 {
		near, least = damagedNearHz, damagedShare
	}
	switch {
	case math.Abs(heard.Hz-want) > near:
		return fmt.Errorf("heard %.0f Hz, not %.0f", heard.Hz, want)
	case heard.Share < least:
		return fmt.Errorf("heard the tone with a share of %.2f, less than %.2f", heard.Share, least)
	}
	return nil
}
