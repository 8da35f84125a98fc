package room

import "math"

// QuietLevel is the level of silence.
const QuietLevel = 127

// level is how loud sound is in -dBov, as RFC 6464 §3 counts: 0 is the loudest, QuietLevel silence.
func level(pcm []int16) uint8 {
	var power float64
	for _, s := range pcm {
		power += float64(s) * float64(s)
	}
	if power == 0 {
		return QuietLevel
	}
	rms := math.Sqrt(power/float64(len(pcm))) / 32768
	return uint8(min(max(math.Round(-20*math.Log10(rms)), 0), QuietLevel))
}
