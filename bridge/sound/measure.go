package sound

import (
	"context"
	"fmt"
	"math"
	"math/bits"
	"math/cmplx"
	"time"
)

const (
	lowestHz  = 20.0
	aroundHz  = 20.0  // what counts as the tone, on each side
	quietest  = -70.0 // dBFS; below there is no tone
	onsetWind = 10 * time.Millisecond
	onsetMin  = 0.05 // of full scale: a tone quieter than this has not begun
)

// Heard is what was made of some sound.
type Heard struct {
	Hz    float64 // strongest frequency; 0: silence
	Level float64 // of all, in dB below the loudest sine (dBFS); -Inf for digital silence
	Share float64 // of the energy that is within 20 Hz of Hz: 1 is a pure tone
	RMS   float64 // of all, 0 to 1
}

// String is for tables: "440.0 Hz -13.2 dB 99%".
func (h Heard) String() string {
	if h.Hz == 0 {
		return "silence"
	}
	return fmt.Sprintf("%.1f Hz %.1f dB %.0f%%", h.Hz, h.Level, 100*h.Share)
}

// Measure says what mono sound at rate is. With one second of it Hz is true to a tenth.
func Measure(pcm []int16, rate int) Heard {
	var power float64
	for _, s := range pcm {
		power += float64(s) * float64(s)
	}
	h := Heard{Level: math.Inf(-1)}
	if power > 0 {
		h.RMS = math.Sqrt(power/float64(len(pcm))) / 32768
		h.Level = 20 * math.Log10(h.RMS*math.Sqrt2)
	}
	if h.Level > quietest && len(pcm) > 16 {
		h.Hz, h.Share = strongest(spectrum(pcm), rate)
	}
	return h
}

// spectrum is the power of the lower half of the frequencies, under a Hann window.
func spectrum(pcm []int16) []float64 {
	x := make([]complex128, 1<<bits.Len(uint(len(pcm)-1)))
	for i, s := range pcm {
		x[i] = complex(float64(s)*(1-math.Cos(2*math.Pi*float64(i)/float64(len(pcm)))), 0)
	}
	fft(x)
	power := make([]float64, len(x)/2)
	for i := range power {
		power[i] = real(x[i])*real(x[i]) + imag(x[i])*imag(x[i])
	}
	return power
}

// strongest finds the peak between the bins by the parabola through the logarithms around it.
func strongest(power []float64, rate int) (hz, share float64) {
	width := float64(rate) / float64(2*len(power))
	peak, total := 0, 0.0
	for i := max(1, int(lowestHz/width)); i < len(power)-1; i++ {
		if total += power[i]; power[i] > power[peak] || peak == 0 {
			peak = i
		}
	}
	if peak == 0 || total == 0 {
		return 0, 0
	}
	a, b, c := math.Log(power[peak-1]+1e-9), math.Log(power[peak]+1e-9), math.Log(power[peak+1]+1e-9)
	if bend := a - 2*b + c; bend < 0 {
		hz = (a - c) / bend / 2
	}
	hz = (hz + float64(peak)) * width
	near := 0.0
	for i := max(1, int((hz-aroundHz)/width)); i <= min(len(power)-1, int((hz+aroundHz)/width)); i++ {
		near += power[i]
	}
	return hz, min(near/total, 1)
}

// fft transforms x in place; its length is a power of two.
func fft(x []complex128) {
	shift := 64 - bits.TrailingZeros(uint(len(x)))
	for i := range x {
		if j := int(bits.Reverse64(uint64(i)) >> shift); j > i && len(x) > 1 {
			x[i], x[j] = x[j], x[i]
		}
	}
	for size := 2; size <= len(x); size *= 2 {
		turn := cmplx.Rect(1, -2*math.Pi/float64(size))
		for start := 0; start < len(x); start += size {
			butterflies(x[start:start+size], turn)
		}
	}
}

func butterflies(x []complex128, turn complex128) {
	w, half := complex(1, 0), len(x)/2
	for i := range half {
		a, b := x[i], x[i+half]*w
		x[i], x[i+half] = a+b, a-b
		w *= turn
	}
}

// onset finds the first sample of a tone of hz: where half of a sliding window is full of it.
func onset(pcm []int16, rate int, hz float64) (int, bool) {
	n := int(onsetWind * time.Duration(rate) / time.Second)
	if n == 0 || len(pcm) < 2*n {
		return 0, false
	}
	level := envelope(pcm, rate, hz, n)
	most := 0.0
	for _, v := range level {
		most = max(most, v)
	}
	if most < onsetMin {
		return 0, false
	}
	for i, v := range level {
		if v >= most/2 {
			return max(0, i-n/2), true
		}
	}
	return 0, false
}

// envelope is the amplitude of hz, 0 to 1, in the n samples before each.
func envelope(pcm []int16, rate int, hz float64, n int) []float64 {
	level, mixed := make([]float64, len(pcm)), make([]complex128, len(pcm))
	turn, w, sum := cmplx.Rect(1, -2*math.Pi*hz/float64(rate)), complex(1, 0), complex(0, 0)
	for i, s := range pcm {
		mixed[i] = w * complex(float64(s)/32768, 0)
		w *= turn
		if sum += mixed[i]; i >= n {
			sum -= mixed[i-n]
		}
		level[i] = 2 * cmplx.Abs(sum) / float64(n)
	}
	return level
}

// Delay marks the player's sound with a tone of hz and returns how long that took to reach the listener; both are in this program. The way
// includes what codecs delay by themselves. It fails when ctx ends before the tone was heard.
func Delay(ctx context.Context, p *Player, l *Listener, hz float64) (time.Duration, error) {
	sent, err := p.Mark(ctx, hz)
	if err != nil {
		return 0, fmt.Errorf("measure delay: %w", err)
	}
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for {
		if at, ok := l.Onset(hz, sent); ok && time.Since(at) > markFor { // the whole tone is there to be judged by
			return at.Sub(sent), nil
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return 0, fmt.Errorf("measure delay: %w", ctx.Err())
		}
	}
}
