package codec

import (
	"fmt"
	"testing"

	"switchgram/bridge/media"
)

// voiceLike is two seconds of a tone that glides, with overtones, in frames of 20 ms.
func voiceLike(rate int) (frames [][]int16) {
	phase := 0.0
	for i := range 100 {
		pcm := make([]int16, rate/50)
		for k := range pcm {
			phase += (120 + 60*float64(i%25)/25) / float64(rate)
			pcm[k] = int16(12000 * (phase - float64(int(phase)) - 0.5))
		}
		frames = append(frames, pcm)
	}
	return frames
}

// BenchmarkBare is 20 ms by a codec alone: what a transcoder costs more than this is its own.
func BenchmarkBare(b *testing.B) {
	for _, c := range []media.Codec{media.Opus, media.PCMU, media.G722} {
		for _, rate := range []int{8000, 16000, 48000} {
			if check(c, rate) == nil {
				b.Run(fmt.Sprint("encode ", c, rate), func(b *testing.B) { benchEncode(b, c, rate, 0) })
				b.Run(fmt.Sprint("encode with FEC ", c, rate), func(b *testing.B) { benchEncode(b, c, rate, 0.1) })
				b.Run(fmt.Sprint("decode ", c, rate), func(b *testing.B) { benchDecode(b, c, rate) })
			}
		}
	}
}

func benchEncode(b *testing.B, c media.Codec, rate int, loss float64) {
	enc, err := NewEncoder(c, rate)
	if err != nil {
		b.Fatal(err)
	}
	enc.ExpectLoss(loss)
	frames, out := voiceLike(rate), make([]byte, MaxPacket)
	b.ReportAllocs()
	for i := range b.N {
		if _, err := enc.Encode(frames[i%len(frames)], out); err != nil {
			b.Fatal(err)
		}
	}
}

// benchDecode gives sound at rate of packets that were made at the codec's own.
func benchDecode(b *testing.B, c media.Codec, rate int) {
	enc, err := NewCallerEncoder(c, c.SampleRate())
	if err != nil {
		b.Fatal(err)
	}
	dec, err := NewDecoder(c, rate)
	if err != nil {
		b.Fatal(err)
	}
	var packets [][]byte
	for _, f := range voiceLike(c.SampleRate()) {
		out := make([]byte, MaxPacket)
		n, err := enc.Encode(f, out)
		if err != nil {
			b.Fatal(err)
		}
		packets = append(packets, out[:n])
	}
	pcm := make([]int16, MaxSamples)
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		if _, err := dec.Decode(packets[i%len(packets)], pcm); err != nil {
			b.Fatal(err)
		}
	}
}
