package room

import (
	"time"

	"switchgram/bridge/room/dtmf"
)

// A voice is what a seat's far side says, as sound.
type voice struct {
	ear    *ear
	gain   fader
	pcm    []int16   // of this tick, as it was said
	sound  []float32 // the same with its gain
	on     bool      // there is sound
	level  uint8
	counts counts // of this tick
}

// hear reads the sound of a tick; it ends at the given gain.
func (v *voice) hear(gain float32, now time.Time) {
	v.pcm, v.on = v.ear.read(v.pcm[:0], now)
	v.counts, v.ear.counts = v.ear.counts, counts{}
	if !v.on {
		v.level, v.gain.at = QuietLevel, gain
		return
	}
	v.level = level(v.pcm)
	v.sound = v.sound[:0]
	for _, s := range v.pcm {
		v.sound = append(v.sound, float32(s))
	}
	v.gain.scale(v.sound, gain)
}

// rest takes note that there is nothing to hear.
func (v *voice) rest() { v.on, v.pcm, v.level, v.counts = false, v.pcm[:0], QuietLevel, counts{} }

// A watch looks for digits in what a far side says.
type watch struct {
	found    func(digit byte)
	detector *dtmf.Detector
	rates    *Resampler // to the detector's rate
	rate     int        // of the mix
	pcm      []int16
}

// look appends a call of found for each digit that has ended.
func (w *watch) look(pcm []int16, rate int, calls []func()) []func() {
	if rate != w.rate {
		w.rate, w.rates, w.detector = rate, NewResampler(rate, dtmf.Rate), dtmf.NewDetector()
	}
	w.pcm = w.rates.Convert(pcm, w.pcm[:0])
	for _, digit := range w.detector.Write(w.pcm) {
		calls = append(calls, func() { w.found(digit) })
	}
	return calls
}
