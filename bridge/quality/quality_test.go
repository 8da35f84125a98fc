package quality_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"switchgram/bridge/media"
	"switchgram/bridge/quality"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func near(got, want, off float64) bool { return math.Abs(got-want) <= off }

func TestNothingWrongIsTheDefaultOfG107(t *testing.T) {
	r := quality.R(0, 0)
	if !near(r, 93.2, 0.05) || !near(quality.MOS(r), 4.41, 0.005) {
		t.Errorf("R %.2f, MOS %.3f; G.107 says 93.2 and 4.41", r, quality.MOS(r))
	}
}

// TestOpinionsAreThoseOfG107 is table B.1 of G.107: the limits of its categories of satisfaction.
func TestOpinionsAreThoseOfG107(t *testing.T) {
	for r, mos := range map[float64]float64{90: 4.34, 80: 4.03, 70: 3.60, 60: 3.10, 50: 2.58, 0: 1, -5: 1, 100: 4.5, 120: 4.5} {
		if got := quality.MOS(r); !near(got, mos, 0.01) {
			t.Errorf("R %v: MOS %.3f, G.107 says %.2f", r, got, mos)
		}
	}
}

// TestDelayHurtsAsG107Says: the differences are worked out by hand from the equations of §7.4, with TELR 65 dB and WEPL 110 dB.
func TestDelayHurtsAsG107Says(t *testing.T) {
	for ms, want := range map[int]float64{0: 93.2, 50: 91.9, 100: 90.7, 150: 89.5, 200: 85.8, 300: 72.7, 400: 62.2} {
		if got := quality.R(time.Duration(ms)*time.Millisecond, 0); !near(got, want, 0.15) {
			t.Errorf("%d ms: R %.2f, want %.1f", ms, got, want)
		}
	}
}

// TestLossHurtsAsG113Says is its table for G.711 with concealment under random loss, older than Bpl, which was fitted to it.
func TestLossHurtsAsG113Says(t *testing.T) {
	for percent, want := range map[float64]float64{0: 0, 1: 5, 2: 7, 3: 10, 5: 15, 7: 20, 10: 25} {
		if got := quality.Impairment(media.PCMA, percent/100); !near(got, want, 2.1) {
			t.Errorf("%v %%: impairment %.1f, G.113 says %.0f", percent, got, want)
		}
	}
	if got := quality.R(0, quality.Impairment(media.Opus, 1)); got > 15 {
		t.Errorf("R %.1f with nothing left", got)
	}
}

func TestMoreTroubleNeverSoundsBetter(t *testing.T) {
	all := []media.Codec{media.NoCodec, media.Opus, media.PCMU, media.PCMA, media.G722}
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.SampledFrom(all).Draw(t, "codec")
		loss, more := rapid.Float64Range(-0.5, 1.5).Draw(t, "loss"), rapid.Float64Range(0, 1).Draw(t, "more loss")
		delay, longer := rapid.Int64Range(-1000, 5000).Draw(t, "ms"), rapid.Int64Range(0, 5000).Draw(t, "more ms")
		of := func(ms int64, loss float64) float64 {
			return quality.MOS(quality.R(time.Duration(ms)*time.Millisecond, quality.Impairment(c, loss)))
		}
		good := of(delay, loss)
		if good < 1 || good > 4.42 {
			t.Fatalf("MOS %v", good)
		}
		// equal but for the rounding of the sums
		if lossy := of(delay, loss+more); lossy > good+1e-9 {
			t.Fatalf("MOS %v with more loss, %v without", lossy, good)
		}
		if late := of(delay+longer, loss); late > good+1e-9 {
			t.Fatalf("MOS %v with more delay, %v without", late, good)
		}
	})
}

func Example() {
	lossy := quality.Impairment(media.Opus, 0.02) // two packets in a hundred
	r := quality.R(120*time.Millisecond, lossy)
	fmt.Printf("R %.0f, MOS %.1f\n", r, quality.MOS(r))
	// Output: R 80, MOS 4.0
}
