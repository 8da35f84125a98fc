package codec

import (
	"fmt"
	"math"
	"testing"

	"switchgram/bridge/media"
)

type kind struct {
	codec media.Codec
	rate  int
}

// kinds is every pair that NewEncoder and NewDecoder take, with the purity that a tone of 1000 Hz keeps.
func kinds() map[kind]float64 {
	return map[kind]float64{
		{media.Opus, 8000}: 25, {media.Opus, 16000}: 25, {media.Opus, 48000}: 25,
		{media.PCMU, 8000}: 35, {media.PCMA, 8000}: 35, {media.G722, 16000}: 35,
	}
}

func TestAToneComesThroughEveryCodec(t *testing.T) {
	for k, want := range kinds() {
		t.Run(fmt.Sprint(k.codec, k.rate), func(t *testing.T) {
			enc, dec := pair(t, k)
			var heard []int16
			for _, f := range cut(tone(1000, k.rate, k.rate), k.rate/50) {
				heard = append(heard, decode(t, dec, encode(t, enc, f))...)
			}
			if got := purity(heard[k.rate/2:], 1000, k.rate); got < want {
				t.Errorf("purity %.1f dB, want %.0f", got, want)
			}
		})
	}
}

func TestALostPacketIsHidden(t *testing.T) {
	for k := range kinds() {
		t.Run(fmt.Sprint(k.codec, k.rate), func(t *testing.T) {
			// given: a second of a tone
			enc, dec := pair(t, k)
			frames := cut(tone(400, k.rate, k.rate), k.rate/50)
			for _, f := range frames[:40] {
				decode(t, dec, encode(t, enc, f))
			}
			// when: one packet does not come
			encode(t, enc, frames[40])
			hidden := make([]int16, k.rate/50)
			dec.Conceal(hidden)
			// then: the tone goes on, and is true again soon after
			if got := purity(hidden, 400, k.rate); got < 3 {
				t.Errorf("concealment has a purity of %.1f dB", got)
			}
			var after []int16
			for _, f := range frames[41:] {
				after = append(after, decode(t, dec, encode(t, enc, f))...)
			}
			if got := purity(after[k.rate/10:], 400, k.rate); got < 20 {
				t.Errorf("purity after the loss %.1f dB", got)
			}
		})
	}
}

func TestALongLossFadesToSilence(t *testing.T) {
	for k := range kinds() {
		enc, dec := pair(t, k)
		for _, f := range cut(tone(400, k.rate, k.rate/5), k.rate/50) {
			decode(t, dec, encode(t, enc, f))
		}
		hidden := make([]int16, k.rate/50)
		for range 25 {
			dec.Conceal(hidden)
		}
		if level := rms(hidden); level > 700 { // a tenth of the tone
			t.Errorf("%v at %d: level %.0f half a second after the last packet", k.codec, k.rate, level)
		}
	}
}

func TestTheNextOpusPacketRepeatsALostOne(t *testing.T) {
	// given: speech-like sound that concealment cannot guess: a step from one tone to another, in packets with FEC
	enc, dec := pair(t, kind{media.Opus, 16000})
	enc.ExpectLoss(0.1)
	sound := append(tone(250, 16000, 16000), tone(620, 16000, 6400)...)
	var packets [][]byte
	for _, f := range cut(sound, 320) {
		packets = append(packets, encode(t, enc, f))
	}
	for _, p := range packets[:54] {
		decode(t, dec, p)
	}
	// when: a packet well within the second tone is lost
	got := make([]int16, 320)
	dec.Recover(packets[55], got)
	// then
	if p := purity(got, 620, 16000); p < 6 {
		t.Errorf("purity of what was recovered %.1f dB", p)
	}
}

func TestResetBeginsAStream(t *testing.T) {
	for k, want := range kinds() {
		// given: an encoder with a past
		enc, dec := pair(t, k)
		for _, f := range cut(tone(700, k.rate, k.rate), k.rate/50) {
			encode(t, enc, f)
		}
		// when
		enc.Reset()
		// then: a new decoder follows it
		var heard []int16
		for _, f := range cut(tone(1000, k.rate, k.rate/2), k.rate/50) {
			heard = append(heard, decode(t, dec, encode(t, enc, f))...)
		}
		if got := purity(heard[k.rate/5:], 1000, k.rate); got < want-5 {
			t.Errorf("%v at %d: purity %.1f dB, want %.0f", k.codec, k.rate, got, want-5)
		}
	}
}

func TestRatesACodecDoesNotHaveAreRefused(t *testing.T) {
	for _, k := range []kind{{media.NoCodec, 8000}, {media.PCMU, 16000}, {media.G722, 8000}, {media.Opus, 44100}, {99, 0}} {
		if _, err := NewEncoder(k.codec, k.rate); err == nil {
			t.Errorf("an encoder of %v at %d Hz", k.codec, k.rate)
		}
		if _, err := NewDecoder(k.codec, k.rate); err == nil {
			t.Errorf("a decoder of %v at %d Hz", k.codec, k.rate)
		}
	}
}

func TestTooLittleRoomIsAnError(t *testing.T) {
	for k := range kinds() {
		enc, dec := pair(t, k)
		f := tone(300, k.rate, k.rate/50)
		if n, err := enc.Encode(f, make([]byte, 1)[:0:1]); err == nil {
			t.Errorf("%v encodes %d bytes into none", k.codec, n)
		}
		if n, err := dec.Decode(encode(t, enc, f), make([]int16, 8)); err == nil {
			t.Errorf("%v decodes %d samples into 8", k.codec, n)
		}
	}
}

func TestNothingIsAllocatedPerPacket(t *testing.T) {
	for k := range kinds() {
		enc, dec := pair(t, k)
		f, out, pcm := tone(300, k.rate, k.rate/50), make([]byte, MaxPacket), make([]int16, MaxSamples)
		if a := testing.AllocsPerRun(50, func() {
			n, _ := enc.Encode(f, out)
			_, _ = dec.Decode(out[:n], pcm)
			dec.Conceal(pcm[:k.rate/50])
		}); a != 0 {
			t.Errorf("%v at %d: %v allocations", k.codec, k.rate, a)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(media.OpusSilence), []byte("\x7b\x83\x01\x02abbccc"))
	f.Add([]byte{0xff}, []byte{})
	f.Fuzz(func(t *testing.T, first, second []byte) {
		pcm := make([]int16, MaxSamples)
		for k := range kinds() {
			dec, err := NewDecoder(k.codec, k.rate)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = dec.Decode(first, pcm)
			dec.Recover(second, pcm[:k.rate/50])
			if n, err := dec.Decode(second, pcm); err != nil && n != 0 {
				t.Errorf("%v: %d samples and %v", k.codec, n, err)
			}
			dec.Conceal(pcm[:k.rate/50])
		}
	})
}

func ExampleNewEncoder() {
	enc, err := NewEncoder(media.Opus, 8000) // a telephone's sound, as Telegram wants it
	if err != nil {
		fmt.Println(err)
		return
	}
	packet := make([]byte, MaxPacket)
	n, err := enc.Encode(make([]int16, 160), packet)
	fmt.Println(n > 0, err)
	// Output: true <nil>
}

func pair(t *testing.T, k kind) (Encoder, Decoder) {
	t.Helper()
	enc, err := NewEncoder(k.codec, k.rate)
	if err != nil {
		t.Fatal(err)
	}
	dec, err := NewDecoder(k.codec, k.rate)
	if err != nil {
		t.Fatal(err)
	}
	return enc, dec
}

func encode(t *testing.T, enc Encoder, pcm []int16) []byte {
	t.Helper()
	out := make([]byte, MaxPacket)
	n, err := enc.Encode(pcm, out)
	if err != nil {
		t.Fatal(err)
	}
	return out[:n]
}

func decode(t *testing.T, dec Decoder, packet []byte) []int16 {
	t.Helper()
	pcm := make([]int16, MaxSamples)
	n, err := dec.Decode(packet, pcm)
	if err != nil {
		t.Fatal(err)
	}
	return pcm[:n]
}

func cut(pcm []int16, n int) (frames [][]int16) {
	for ; len(pcm) >= n; pcm = pcm[n:] {
		frames = append(frames, pcm[:n])
	}
	return frames
}

func rms(pcm []int16) float64 {
	var all float64
	for _, s := range pcm {
		all += float64(s) * float64(s)
	}
	return math.Sqrt(all / float64(len(pcm)))
}
