package room

import (
	"math"
	"testing"

	"switchgram/bridge/sound"
)

func sine(hz, peak float64, rate, n int) []int16 {
	pcm := make([]int16, n)
	for i := range pcm {
		pcm[i] = int16(peak * math.Sin(2*math.Pi*hz*float64(i)/float64(rate)))
	}
	return pcm
}

func floats(pcm []int16) (out []float32) {
	for _, v := range pcm {
		out = append(out, float32(v))
	}
	return out
}

func TestAFaderHasNoSteps(t *testing.T) {
	f := fader{1}
	block := floats(make([]int16, 960))
	last := float32(1)
	for _, to := range []float32{0, 0, 2, 1, 1} {
		for i := range block {
			block[i] = 1
		}
		f.scale(block, to)
		for i, v := range block {
			if d := v - last; d > 0.003 || d < -0.003 {
				t.Fatalf("to %v: sample %d jumps by %v", to, i, d)
			}
			last = v
		}
		if d := last - to; d > 1e-4 || d < -1e-4 {
			t.Errorf("ends at %v, want %v", last, to)
		}
	}
}

func TestALimiterTurnsDownAndUpAgain(t *testing.T) {
	l := newLimiter()
	tone := sine(300, 20000, 48000, 960)
	same := l.apply(floats(tone), nil)
	for i := range same {
		if same[i] != tone[i] {
			t.Fatalf("sample %d of what is not too loud is changed", i)
		}
	}
	loud := floats(tone)
	for i := range loud {
		loud[i] *= 4
	}
	for n := range 20 {
		out := l.apply(loud, nil)
		cut := 0
		for _, v := range out {
			if v > 32500 || v < -32500 {
				cut++
			}
		}
		if n > 0 && cut > 0 || cut > 120 {
			t.Errorf("block %d: %d samples are cut off", n, cut)
		}
	}
	for range 40 {
		same = l.apply(floats(tone), same[:0])
	}
	for i := range same {
		if same[i] != tone[i] {
			t.Fatalf("sample %d is changed long after", i)
		}
	}
}

func TestLevelsAreThoseOfRFC6464(t *testing.T) {
	for peak, want := range map[float64]uint8{0: 127, 32767: 3, 3277: 23} {
		if got := level(sine(400, peak, 8000, 160)); got != want {
			t.Errorf("peak %v: -%d dBov, want -%d", peak, got, want)
		}
	}
	square := []int16{32767, -32768, 32767, -32768}
	if got := level(square); got != 0 {
		t.Errorf("the loudest: -%d dBov", got)
	}
}

func TestSoundIsMadeLongerAndShorterByItsPeriods(t *testing.T) {
	for _, rate := range []int{8000, 16000, 48000} {
		for _, hz := range []float64{250, 440, 600, 811} {
			tone := sine(hz, 8000, rate, rate/20)
			shorter, p := shorten(append([]int16(nil), tone...), rate, len(tone))
			if p < samples(leastPeriod, rate) || p > samples(mostPeriod, rate) || len(shorter) != len(tone)-p {
				t.Errorf("%d Hz: %d samples left out", rate, p)
			}
			longer, q := lengthen(append([]int16(nil), tone...), rate)
			if q < samples(leastPeriod, rate) || q > samples(mostPeriod, rate) || len(longer) != len(tone)+q {
				t.Errorf("%d Hz: %d samples repeated", rate, q)
			}
			if a, b := sound.SNR(shorter, rate, hz), sound.SNR(longer, rate, hz); a < 20 || b < 20 {
				t.Errorf("%.0f Hz at %d Hz: %.1f dB shorter, %.1f dB longer", hz, rate, a, b)
			}
		}
	}
	if _, p := shorten(make([]int16, 10), 8000, 10); p != 0 {
		t.Errorf("%d samples of 10 left out", p)
	}
}

func TestAResamplerKeepsATonePure(t *testing.T) {
	for _, c := range [][2]int{{8000, 48000}, {48000, 8000}, {16000, 48000}, {48000, 16000}, {8000, 16000}, {16000, 8000}, {8000, 8000}} {
		r := NewResampler(c[0], c[1])
		var out []int16
		for pcm := sine(1000, 8000, c[0], c[0]); len(pcm) > 0; pcm = pcm[c[0]/50:] {
			out = r.Convert(pcm[:c[0]/50], out)
		}
		if len(out) != c[1] {
			t.Errorf("%v: %d samples", c, len(out))
		}
		if got := sound.SNR(out[c[1]/2:], c[1], 1000); got < 50 {
			t.Errorf("%v: %.1f dB", c, got)
		}
	}
	// What the lower rate cannot hold must not come back as something else.
	out := NewResampler(48000, 8000).Convert(sine(5000, 8000, 48000, 48000), nil)
	if l := level(out[4000:]); l < 60 {
		t.Errorf("5 kHz at 8 kHz: -%d dBov", l)
	}
}
