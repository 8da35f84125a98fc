package codec

import (
	"fmt"
	"math"
	"testing"

	"switchgram/bridge/media"
)

// barks are frequencies in Hz in the middle of the critical bands of hearing (Zwicker), from 150 Hz.
var barks = []float64{150, 250, 350, 450, 570, 700, 840, 1000, 1170, 1370, 1600, 1850, 2150, 2500, 2900, 3400, 4000, 4800, 5800, 7000}

// TestAVoiceIsCodedWell: our settings give a voice that is as near to the true one, band by band, as a caller's encoder does at the highest complexity of
// libopus, while it protects against losses or without.
func TestAVoiceIsCodedWell(t *testing.T) {
	for _, rate := range []int{8000, 16000, 48000} {
		t.Run(fmt.Sprint(rate), func(t *testing.T) {
			ours := distortion(t, rate, NewEncoder, func(*opusEncoder) {})
			best := distortion(t, rate, NewCallerEncoder, func(e *opusEncoder) { _ = e.enc.SetComplexity(10) })
			safe := distortion(t, rate, NewCallerEncoder, func(e *opusEncoder) { e.ExpectLoss(0.1); _ = e.enc.SetComplexity(10) })
			t.Logf("ours %.2f dB, complexity 10 %.2f dB, with FEC for 10 %% of loss %.2f dB", ours, best, safe)
			if ours > min(best, safe)+0.25 {
				t.Errorf("%.2f dB from the true voice; complexity 10 %.2f dB, with FEC %.2f dB", ours, best, safe)
			}
		})
	}
}

// distortion is how far a voice that went through Opus is from the true one: the root mean square of the difference in dB, in all bands, on average.
func distortion(t *testing.T, rate int, of func(media.Codec, int) (Encoder, error), set func(*opusEncoder)) float64 {
	t.Helper()
	enc, err := of(media.Opus, rate)
	if err != nil {
		t.Fatal(err)
	}
	dec, err := NewDecoder(media.Opus, rate)
	if err != nil {
		t.Fatal(err)
	}
	set(enc.(*opusEncoder))
	var said, heard []int16
	for _, f := range voiceLike(rate) {
		said, heard = append(said, f...), append(heard, decode(t, dec, encode(t, enc, f))...)
	}
	heard = heard[OpusLookahead*rate/48000:]
	sum, frames := 0.0, 0
	for at, n := 0, rate/50; at+n <= len(heard); at += 7 * n {
		sum += apart(said[at:at+n], heard[at:at+n], rate)
		frames++
	}
	return sum / float64(frames)
}

// apart is the difference of two frames.
func apart(a, b []int16, rate int) float64 {
	sum, n := 0.0, 0
	for _, hz := range barks {
		if hz < 0.45*float64(rate) {
			d := loudness(a, hz, rate) - loudness(b, hz, rate)
			sum, n = sum+d*d, n+1
		}
	}
	return math.Sqrt(sum / float64(n))
}

// loudness is that of a band in dB, by three frequencies of it; what is quieter than a whisper counts as one.
func loudness(pcm []int16, hz float64, rate int) float64 {
	power := 100.0
	for _, f := range []float64{0.94 * hz, hz, 1.06 * hz} {
		var sin, cos float64
		for i, s := range pcm {
			window := 0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/float64(len(pcm)))
			a := 2 * math.Pi * f * float64(i) / float64(rate)
			sin, cos = sin+window*float64(s)*math.Sin(a), cos+window*float64(s)*math.Cos(a)
		}
		power += (sin*sin + cos*cos) / float64(len(pcm))
	}
	return 10 * math.Log10(power)
}
