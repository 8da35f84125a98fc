package dtmf

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// dial is the sound of digits at Rate, with 50 ms of silence around it.
func dial(t *testing.T, digits string, on, off time.Duration) []int16 {
	t.Helper()
	tones, err := New(digits, on, off)
	if err != nil {
		t.Fatal(err)
	}
	pcm := make([]int16, Rate/20+len(digits)*int((on+off)*Rate/time.Second)+Rate/10)
	tones.Fill(pcm[Rate/20:], Rate)
	return pcm
}

// tones is d of two sines with their peaks, as shares of full scale.
func tones(d time.Duration, low, lowPeak, high, highPeak float64) []int16 {
	pcm := make([]int16, int(d*Rate/time.Second))
	for i := range pcm {
		a := 2 * math.Pi * float64(i) / Rate
		pcm[i] = int16(math.MaxInt16 * (lowPeak*math.Sin(low*a) + highPeak*math.Sin(high*a+1)))
	}
	return append(append(make([]int16, Rate/20), pcm...), make([]int16, Rate/10)...)
}

// noisy adds white noise so many dB below the two tones of a digit as we make them.
func noisy(pcm []int16, snr float64) []int16 {
	r := rand.New(rand.NewPCG(1, 2))
	sigma := math.MaxInt16 * math.Sqrt((low*low+high*high)/2) * math.Pow(10, -snr/20)
	out := make([]int16, len(pcm))
	for i, v := range pcm {
		out[i] = int16(min(max(float64(v)+sigma*r.NormFloat64(), math.MinInt16), math.MaxInt16))
	}
	return out
}
