package sound

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestATonesFrequencyAndLevelAreFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.SampledFrom([]int{8000, 16000}).Draw(t, "rate")
		hz := rapid.Float64Range(60, float64(rate)/2-200).Draw(t, "hz")
		amplitude := rapid.Float64Range(0.01, 1).Draw(t, "amplitude")
		pcm := make([]int16, rate)
		NewTone(hz, amplitude).Fill(pcm, rate)
		h := Measure(pcm, rate)
		if math.Abs(h.Hz-hz) > 0.1 || math.Abs(h.Level-20*math.Log10(amplitude)) > 0.1 || h.Share < 0.98 {
			t.Fatalf("%v, want %.1f Hz at %.1f dB", h, hz, 20*math.Log10(amplitude))
		}
	})
}

func TestNoiseHasNoTone(t *testing.T) {
	pcm := make([]int16, 48000)
	for i := range pcm {
		pcm[i] = int16(rand.IntN(20000) - 10000)
	}
	if h := Measure(pcm, 48000); h.Share > 0.05 {
		t.Errorf("noise is %v", h)
	}
}

func TestSilenceIsSilence(t *testing.T) {
	for _, pcm := range [][]int16{nil, make([]int16, 8000), {1}} {
		if h := Measure(pcm, 8000); h.Hz != 0 {
			t.Errorf("%d samples of silence are %v", len(pcm), h)
		}
	}
}

func TestASwellingToneKeepsItsFrequency(t *testing.T) {
	pcm := make([]int16, 48000)
	NewTone(440, 0.5).Swell(500*time.Millisecond).Fill(pcm, 48000)
	if h := Measure(pcm, 48000); math.Abs(h.Hz-440) > 0.5 || h.Share < 0.98 {
		t.Errorf("heard %v", h)
	}
}

func ExampleMeasure() {
	pcm := make([]int16, 8000)
	NewTone(440, 0.3).Fill(pcm, 8000)
	fmt.Println(Measure(pcm, 8000))
	// Output: 440.0 Hz -10.5 dB 100%
}
