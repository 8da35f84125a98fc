package room

import (
	"time"

	"switchgram/bridge/room/codec"
)

// Sound is made longer or shorter by a few of its periods, so that neither a voice nor a tone breaks. What is left out or repeated lasts
// from leastPeriod to mostPeriod, and blends over during crossfade: together a little less than the usual packet.
const (
	leastPeriod = 2500 * time.Microsecond
	mostPeriod  = 10 * time.Millisecond
	crossfade   = 8 * time.Millisecond
)

// shorten leaves a period, of at most the given samples, out of the end of sound, and tells how many: 0 if that is not long enough.
func shorten(sound []int16, rate, most int) ([]int16, int) {
	n := samples(crossfade, rate)
	p := period(sound, rate, min(most, len(sound)-n))
	if p == 0 {
		return sound, 0
	}
	at := sound[len(sound)-n-p:]
	for i := range n {
		at[i] = between(at[i], at[i+p], i, n)
	}
	return sound[:len(sound)-p], p
}

// lengthen repeats a period at the end of sound, and tells how many samples: 0 if that is not long enough.
func lengthen(sound []int16, rate int) ([]int16, int) {
	n, end := samples(crossfade, rate), len(sound)
	p := period(sound, rate, end-n)
	if p == 0 {
		return sound, 0
	}
	sound = append(sound, sound[end-p:]...)
	for i := n - 1; i >= 0; i-- { // from what was the end to what comes again
		at := end - n + i
		sound[at] = between(sound[at], sound[at-p], i, n)
	}
	return sound, p
}

// period is the length in samples of what can be left out or repeated, at most so many; 0: nothing.
func period(sound []int16, rate, most int) int {
	most = min(most, samples(mostPeriod, rate))
	if most < samples(leastPeriod, rate) {
		return 0
	}
	longest := time.Duration(most) * time.Second / time.Duration(rate)
	return codec.Period(sound[len(sound)-most-samples(crossfade, rate):], rate, leastPeriod, longest)
}

// between is i parts of b and the rest of n of a.
func between(a, b int16, i, n int) int16 { return int16((int(a)*(n-i) + int(b)*i) / n) }

// fade lets the sound begin from nothing, or end in it.
func fade(pcm []int16, in bool) {
	for i := range pcm {
		k := i
		if !in {
			k = len(pcm) - 1 - i
		}
		pcm[i] = int16(int(pcm[i]) * k / len(pcm))
	}
}
