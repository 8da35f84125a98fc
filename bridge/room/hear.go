package room

import "time"

// read appends the next 20 ms to out, at the mix's rate; false: there is nothing to hear.
func (e *ear) read(out []int16, now time.Time) ([]int16, bool) {
	e.collect(now)
	if e.dry && !e.begin(now) {
		return out, false
	}
	n := samples(tick, e.rate)
	for len(e.sound) < n {
		if !e.more(now) {
			e.dry, e.sound = true, e.sound[:0]
			return out, false
		}
	}
	e.keepPace(n, now)
	before := len(out)
	out = e.rates.Convert(e.sound[:n], out)
	e.sound = append(e.sound[:0], e.sound[n:]...)
	e.recent = append(e.recent, out[before:]...)
	e.forget()
	return out, true
}

// begin tells whether the first packet after a pause is due, and plays it.
func (e *ear) begin(now time.Time) bool {
	head := e.buf.head()
	if head == nil || now.Sub(head.arrived) < firstDelay {
		return false
	}
	e.dry, e.pos, e.hidden = false, head.ts, 0
	e.ends, e.last = head.ts, head.seq-1
	e.pace.begin()
	e.more(now)
	fade(e.sound[:min(len(e.sound), samples(fadeIn, e.rate))], true)
	return true
}

// more decodes or hides a packet.
func (e *ear) more(now time.Time) bool {
	head := e.buf.head()
	if head == nil {
		return e.hide(hideStep)
	}
	gap := max(0, time.Duration(int32(head.ts-e.pos))*time.Second/time.Duration(e.said.ClockRate))
	switch frame := e.meter.frame(head.payload); {
	case gap < opusStep:
		return e.decode(now)
	case gap <= frame:
		e.recover(head, gap)
		return true
	default:
		return e.hide(min(gap-frame, hideStep))
	}
}

// decode plays the head. If it comes after its time, what was hidden has lengthened the delay by as much.
func (e *ear) decode(now time.Time) bool {
	w := e.buf.pop()
	e.played = append(e.played, w)
	e.miss(w)
	waited := now.Sub(w.arrived) + e.unread()
	n, err := e.dec.Decode(w.payload, e.scratch[:])
	if err != nil {
		e.counts.lost++
		e.decoded = e.decoded[:0]
		return e.hide(hideStep)
	}
	e.pos, e.hidden = w.ts+w.units, 0
	if e.compare {
		e.decoded = last(append(e.decoded, e.scratch[:n]...), samples(compared, e.rate))
	}
	e.pace.waited(now.Sub(w.arrived))
	e.delay += (waited - e.delay) / 16
	e.sound = append(e.sound, e.scratch[:n]...)
	return true
}

// miss counts what never came between the last packet and w. Timestamps decide, since probes without sound have sequence numbers too; and
// a pause without a missing number is none.
func (e *ear) miss(w *waiting) {
	gap, missing := int32(w.ts-e.ends), int(int16(w.seq-e.last))-1
	e.ends, e.last = w.ts+w.units, w.seq
	if gap != 0 {
		e.decoded = e.decoded[:0]
	}
	if lost := min(int(gap/int32(w.units)), missing); lost > 0 {
		e.counts.lost += uint64(lost)
		e.pace.lost()
	}
}

// recover fills the gap just before the head with what the head repeats of it.
func (e *ear) recover(head *waiting, gap time.Duration) {
	gap = gap / opusStep * opusStep
	pcm := e.scratch[:samples(gap, e.rate)]
	e.dec.Recover(head.payload, pcm)
	e.made(pcm, gap)
}

// hide conceals d, unless enough has been concealed. The last of it ends in silence.
func (e *ear) hide(d time.Duration) bool {
	if e.hidden >= hideFor {
		return false
	}
	d = max(d/opusStep*opusStep, opusStep)
	pcm := e.scratch[:samples(d, e.rate)]
	e.dec.Conceal(pcm)
	if e.hidden+d >= hideFor {
		fade(pcm, false)
	}
	e.made(pcm, d)
	return true
}

func (e *ear) made(pcm []int16, d time.Duration) {
	e.sound = append(e.sound, pcm...)
	e.pos += e.said.Timestamp(d)
	e.hidden += d
	e.counts.concealed++
}

// keepPace makes the sound a little longer or shorter, if the delay should be. The first n samples are read next.
func (e *ear) keepPace(n int, now time.Time) {
	p := 0
	switch {
	case e.pace.change > 0:
		e.sound, p = lengthen(e.sound, e.rate)
	case e.pace.change < 0:
		p = -e.shrink(n, now)
	}
	e.pace.changed(time.Duration(p) * time.Second / time.Duration(e.rate))
	e.pace.played(e.meter.time(e.meter.last), time.Duration(len(e.sound)-n)*time.Second/time.Duration(e.rate))
}

// shrink leaves out some of the sound, if there is enough without hiding any, and tells how many samples: many at once while it is silent.
func (e *ear) shrink(n int, now time.Time) int {
	for e.buf.head() != nil && len(e.sound) < n+samples(mostPeriod, e.rate) && e.inTime() {
		e.decode(now)
	}
	most := min(len(e.sound)-n, samples(-e.pace.change, e.rate))
	if quietest(e.sound) {
		e.sound = e.sound[:len(e.sound)-most]
		return most
	}
	sound, p := shorten(e.sound, e.rate, most)
	e.sound = sound
	return p
}

// inTime tells whether the head follows on what was played.
func (e *ear) inTime() bool { return int32(e.buf.head().ts-e.pos) <= 0 }

// quietest tells whether there is nothing to hear.
func quietest(pcm []int16) bool {
	for _, s := range pcm {
		if s > resting || s < -resting {
			return false
		}
	}
	return true
}
