package sound

import (
	"math"
	"math/cmplx"
	"time"
)

// The windows in which flaws are looked for: each hopFor after the one before.
const (
	windowFor = 20 * time.Millisecond
	hopFor    = 5 * time.Millisecond
)

// Flaw is a place in the sound of a tone where it is not pure.
type Flaw struct {
	At  time.Duration // from the beginning of the sound
	For time.Duration // 0: a mere jump of the phase or the level
	SNR float64       // of the worst window there, dB
}

// Flaws are the places at which a steady tone of hz, in mono sound at rate, has less than snr dB: every window of 20 ms that touches none of
// them has more. What is no tone at all, such as silence, is a flaw.
func Flaws(pcm []int16, rate int, hz, snr float64) (all []Flaw) {
	n, hop := int(windowFor*time.Duration(rate)/time.Second), int(hopFor*time.Duration(rate)/time.Second)
	last := -1 // window of the latest flaw
	for i := 0; i*hop+n <= len(pcm); i++ {
		got := SNR(pcm[i*hop:i*hop+n], rate, hz)
		if got >= snr {
			continue
		}
		if last < 0 || i > last+1 {
			all = append(all, Flaw{At: time.Duration(i)*hopFor + windowFor - hopFor, SNR: got})
		}
		f := &all[len(all)-1]
		f.For = max(0, time.Duration(i+1)*hopFor-f.At)
		f.SNR = min(f.SNR, got)
		last = i
	}
	return all
}

// SNR is the ratio in dB of what is a tone of hz in pcm, fitted by least squares, to all the rest; -Inf without any tone.
func SNR(pcm []int16, rate int, hz float64) float64 {
	var ss, sc, cc, s, c, power float64
	turn, w := cmplx.Rect(1, 2*math.Pi*hz/float64(rate)), complex(1, 0)
	for _, v := range pcm {
		sin, cos := imag(w), real(w)
		w *= turn
		ss, sc, cc = ss+sin*sin, sc+sin*cos, cc+cos*cos
		s, c, power = s+sin*float64(v), c+cos*float64(v), power+float64(v)*float64(v)
	}
	det := ss*cc - sc*sc
	if det == 0 || power == 0 {
		return math.Inf(-1)
	}
	a, b := (s*cc-c*sc)/det, (c*ss-s*sc)/det
	tone := a*s + b*c
	return 10 * math.Log10(tone/max(power-tone, 1e-9))
}
