package codec

import (
	"math"
	"time"
)

// Period is the distance in samples, from shortest to longest, at which the end of sound is most like what came before it: a period of a
// voice, or a few of them. rate is in Hz. All of the sound beyond longest is compared: give some 10 ms more than that.
func Period(sound []int16, rate int, shortest, longest time.Duration) int {
	from, to, rough := inSamples(shortest, rate), inSamples(longest, rate), max(1, rate/8000)
	window := len(sound) - to
	p := likest(sound, window, from, to, rough) // roughly, at 8 kHz
	return likest(sound, window, max(from, p-rough+1), min(to, p+rough-1), 1)
}

func inSamples(d time.Duration, rate int) int { return int(d * time.Duration(rate) / time.Second) }

// likest looks at every step-th distance, and every step-th sample.
func likest(sound []int16, window, from, to, step int) int {
	end := len(sound)
	recent := sound[end-window:]
	best, period := math.Inf(-1), to
	for p := from; p <= to; p += step {
		if like := likeness(recent, sound[end-window-p:end-p], step); like > best {
			best, period = like, p
		}
	}
	return period
}

func likeness(a, b []int16, step int) float64 {
	var cross, power float64
	for i := 0; i < len(a); i += step {
		cross += float64(a[i]) * float64(b[i])
		power += float64(b[i]) * float64(b[i])
	}
	return cross / math.Sqrt(power+1)
}
