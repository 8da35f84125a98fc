// Package quality estimates how good a telephone connection sounds, from what was measured of its packets: the E-model of ITU-T
// Recommendation G.107, on its narrow-band scale.
//
// Impairment says what codec and loss take away, R what is left of a perfect connection after delay and impairment, and MOS what
// people would say of that, from 1 (bad) to 4.5. What cannot be measured from packets (loudness, noise in the room, echo) has the
// default values of G.107 table 2. Everything here is a pure function.
package quality

import (
	"math"
	"time"
)

// What is constant when all but delay, codec and loss has its default value (G.107 §7.2 to §7.4).
const (
	noise    = -61.18 // No, of all sources together, dBm0p
	signal   = 94.77  // Ro, the basic signal-to-noise ratio
	together = 1.41   // Is, what comes with the voice: loudness, sidetone, quantization

	receiving = 2.0   // RLR, loudness rating of the receiver, dB
	talker    = 65.0  // TELR, loudness rating of the talker's echo, dB
	listener  = 110.0 // WEPL, weighted loss of the listener's echo, dB
)

// R is the transmission rating factor of a connection: 93.2 at its best, 0 when it is of no use. delay is one way, from mouth to
// ear; impairment is what Impairment says, of several codecs in a row their sum.
func R(delay time.Duration, impairment float64) float64 {
	ms := max(0, delay.Seconds()*1000)
	return max(0, signal-together-talkerEcho(ms)-listenerEcho(2*ms)-distance(ms)-max(0, impairment))
}

// talkerEcho is Idte (G.107 §7.4): the longer the way, the more a talker minds the own echo. Below 10 ms, where an echo is no echo,
// the equation falls a little under 0.
func talkerEcho(ms float64) float64 {
	loudness := talker - 40*math.Log10((1+ms/10)/(1+ms/150)) + 6*math.Exp(-0.3*ms*ms)
	difference := -1.5*(noise-receiving) - (80 + 2.5*(loudness-14))
	return max(0, difference/2+math.Sqrt(difference*difference/4+100)-1) * (1 - math.Exp(-ms))
}

// listenerEcho is Idle; ms is there and back.
func listenerEcho(ms float64) float64 {
	difference := signal - 10.5*(listener+7)*math.Pow(ms+1, -0.25)
	return difference/2 + math.Sqrt(difference*difference/4+169)
}

// distance is Idd: two who talk get into each other's way once the sound takes longer than 100 ms.
func distance(ms float64) float64 {
	if ms <= 100 {
		return 0
	}
	x := math.Log2(ms / 100)
	return 25 * (math.Pow(1+math.Pow(x, 6), 1.0/6) - 3*math.Pow(1+math.Pow(x/3, 6), 1.0/6) + 2)
}

// MOS is the mean opinion score that people give a connection of rating r (G.107 Annex B): 4.41 at 93.2, 1 at 0.
func MOS(r float64) float64 {
	r = min(max(r, 0), 100)
	return max(1, 1+0.035*r+r*(r-60)*(100-r)*7e-6)
}
