package room

import (
	"time"

	"switchgram/bridge/media"
	"switchgram/bridge/room/codec"
)

const (
	// firstDelay is how long the first packet after a pause waits for those behind it: two of the usual size, so that one may be
	// overtaken, or repeated in the next (in-band FEC of Opus).
	firstDelay = 40 * time.Millisecond

	// mostDelay is where a late packet is given up rather than everything after it delayed.
	mostDelay = 200 * time.Millisecond

	// hideFor is how long concealment goes on; silence follows.
	hideFor = 60 * time.Millisecond

	// spare is how much may wait beyond what is played next. If it was more all through a window of playing, the delay has
	// become longer than the network needs, or the source's clock is faster than ours: a little is left out.
	spare       = 30 * time.Millisecond
	spareWindow = 2 * time.Second

	// opusStep is the finest that Opus can conceal.
	opusStep = 2500 * time.Microsecond
)

// A playout turns packets that come when they like into sound that is read at a steady pace. It hides losses, lengthens its delay when
// packets are late, and shortens it when they no longer are.
type playout struct {
	said  media.Format
	rate  int // of the sound
	dec   codec.Decoder
	buf   jitterBuffer
	pos   uint32  // timestamp of what is decoded next
	sound []int16 // decoded and not yet read
	dry   bool    // nothing is being played: waiting for a first packet and its firstDelay

	hidden   time.Duration // concealed in a row
	least    time.Duration // of what was spare, in the window
	measured time.Duration // of the window
	scratch  [codec.MaxSamples]int16

	lost, concealed uint64 // packets since the caller set them to zero
	delay           time.Duration
}

func newPlayout(said media.Format, rate int, dec codec.Decoder) *playout {
	return &playout{said: said, rate: rate, dec: dec, dry: true, sound: make([]int16, 0, 2*codec.MaxSamples), least: mostDelay}
}

// wants tells whether an overtaken packet is still of use: its time has not come, and those that overtook it have not been played.
func (p *playout) wants(ts uint32) bool {
	if p.dry {
		return p.buf.head() != nil
	}
	return int32(ts-p.pos) >= 0
}

// put takes a packet of d timestamps. What would wait for too long pushes out the oldest.
func (p *playout) put(ts, d uint32, payload []byte, now time.Time) bool {
	ok := p.buf.put(ts, d, payload, now)
	for p.waits() > mostDelay && len(p.buf.queue) > 1 {
		p.buf.pop()
		p.pos = p.buf.head().ts
		p.lost++
	}
	return ok
}

// waits is how long all the sound is that has come and was not read.
func (p *playout) waits() time.Duration {
	return p.time(int32(p.buf.units())) + time.Duration(len(p.sound))*time.Second/time.Duration(p.rate)
}

// read fills pcm with what is due; false: nothing is, and pcm is not touched.
func (p *playout) read(pcm []int16, now time.Time) bool {
	if p.dry && !p.begin(now) {
		return false
	}
	for len(p.sound) < len(pcm) {
		if !p.more(now) {
			p.dry, p.sound = true, p.sound[:0]
			return false
		}
	}
	p.shorten(len(pcm), now)
	copy(pcm, p.sound)
	p.sound = append(p.sound[:0], p.sound[len(pcm):]...)
	return true
}

// begin tells whether the first packet after a pause is due.
func (p *playout) begin(now time.Time) bool {
	head := p.buf.head()
	if head == nil || now.Sub(head.arrived) < firstDelay {
		return false
	}
	p.dry, p.pos, p.hidden = false, head.ts, 0
	p.least, p.measured = mostDelay, 0
	return true
}

// more decodes or hides a packet.
func (p *playout) more(now time.Time) bool {
	head := p.buf.head()
	if head == nil {
		return p.hide(20 * time.Millisecond)
	}
	gap := p.time(int32(head.ts - p.pos))
	switch frame := p.frame(head); {
	case gap < opusStep:
		return p.decode(head, now)
	case gap <= frame:
		p.recover(head, gap)
		return true
	default:
		p.lost++
		return p.hide(min(gap-frame, 20*time.Millisecond))
	}
}

// frame is how much of what came before it a packet can tell.
func (p *playout) frame(w *waiting) time.Duration {
	if p.said.Codec == media.Opus && w.n > 0 {
		return media.OpusTOC(w.data[0]).FrameDuration()
	}
	return 20 * time.Millisecond
}

func (p *playout) time(units int32) time.Duration {
	return time.Duration(units) * time.Second / time.Duration(p.said.ClockRate)
}

// decode plays the head. If it comes after its time, what was hidden has lengthened the delay by as much.
func (p *playout) decode(head *waiting, now time.Time) bool {
	waited := now.Sub(head.arrived) + time.Duration(len(p.sound))*time.Second/time.Duration(p.rate)
	n, err := p.dec.Decode(head.payload(), p.scratch[:])
	ends := head.ts + head.units
	p.buf.pop()
	if err != nil {
		p.lost++
		return p.hide(20 * time.Millisecond)
	}
	p.pos, p.hidden = ends, 0
	p.delay += (waited - p.delay) / 16
	p.sound = append(p.sound, p.scratch[:n]...)
	return true
}

// recover fills the gap just before the head with what the head repeats of it.
func (p *playout) recover(head *waiting, gap time.Duration) {
	gap = gap / opusStep * opusStep
	pcm := p.scratch[:samples(gap, p.rate)]
	p.dec.Recover(head.payload(), pcm)
	p.lost++
	p.made(pcm, gap)
}

// hide conceals d, unless enough has been concealed.
func (p *playout) hide(d time.Duration) bool {
	if p.hidden >= hideFor {
		return false
	}
	d = max(d/opusStep*opusStep, opusStep)
	pcm := p.scratch[:samples(d, p.rate)]
	p.dec.Conceal(pcm)
	p.made(pcm, d)
	return true
}

func (p *playout) made(pcm []int16, d time.Duration) {
	p.sound = append(p.sound, pcm...)
	p.pos += p.said.Timestamp(d)
	p.hidden += d
	p.concealed++
}

// shorten leaves out a little sound, blended over, if there has been too much of it for a while. n samples are read next.
func (p *playout) shorten(n int, now time.Time) {
	read := time.Duration(n) * time.Second / time.Duration(p.rate)
	p.least = min(p.least, p.waits()-read)
	if p.measured += read; p.measured < spareWindow {
		return
	}
	long := p.least > spare
	p.least, p.measured = mostDelay, 0
	cut := samples(10*time.Millisecond, p.rate)
	if !long || len(p.sound) < n+cut && !p.more(now) || len(p.sound) < n+cut {
		return
	}
	for i := range cut {
		p.sound[cut+i] = int16((int(p.sound[i])*(cut-i) + int(p.sound[cut+i])*i) / cut)
	}
	p.sound = append(p.sound[:0], p.sound[cut:]...)
}
