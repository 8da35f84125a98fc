package recording

import (
	"slices"
	"time"

	"switchgram/bridge/media"
	"switchgram/bridge/room"
	"switchgram/bridge/room/codec"
)

const (
	// hold is how long packets wait for those that they have overtaken.
	hold = 100 * time.Millisecond

	// astray is how far the times that packets came may be from their timestamps before these are taken for another clock's.
	astray = 250 * time.Millisecond

	// Timestamps drift from real time as clocks do. The packet that was quickest, of those in a watch, tells by how much; what is more than
	// slack is put right.
	watched = 2 * time.Second
	slack   = 20 * time.Millisecond

	// hidden is how much lost sound in a row is made up.
	hidden = 60 * time.Millisecond

	// crowd is how many packets wait at most; then the first waits no longer.
	crowd = 100
)

// A voice is a source being decoded: its packets in order, each put where it was heard in time.
type voice struct {
	side  Side
	dec   codec.Decoder
	rates *room.Resampler
	scale int64 // samples of ours per unit of its timestamps
	pcm   []int16
	sound []int16

	waiting []packet // earliest timestamp first
	started bool
	last    packet // played last; without its payload
	due     int64  // where last belongs by its timestamp
	end     int64  // of the sound so far

	since time.Duration // of the watch
	least int64         // by how much its quickest packet was late
}

func newVoice(on Side, c media.Codec) (*voice, error) {
	dec, err := codec.NewDecoder(c, c.SampleRate())
	if err != nil {
		return nil, err
	}
	v := &voice{side: on, dec: dec, rates: room.NewResampler(c.SampleRate(), rate), scale: 1, pcm: make([]int16, codec.MaxSamples)}
	if c != media.Opus {
		v.scale = rate / 8000 // the clock of all others, RFC 3551 §4.5
	}
	return v, nil
}

// take takes a packet as it came.
func (v *voice) take(p packet, to *canvas) {
	if n := len(v.waiting); n > 0 && v.strange(v.waiting[n-1], p) {
		v.play(to, p.at+hold)
	}
	p.payload = slices.Clone(p.payload)
	i := len(v.waiting)
	for i > 0 && int32(v.waiting[i-1].ts-p.ts) > 0 {
		i--
	}
	if i == 0 || v.waiting[i-1].ts != p.ts {
		v.waiting = slices.Insert(v.waiting, i, p)
	}
	if len(v.waiting) > crowd {
		v.playFirst(to)
	}
}

// strange tells whether two packets do not belong to one stream.
func (v *voice) strange(a, b packet) bool {
	far := int64(int32(b.ts-a.ts)) * v.scale
	return a.ssrc != b.ssrc || max(far, -far) > samples(hold+10*time.Second)
}

// play plays what has waited long enough.
func (v *voice) play(to *canvas, now time.Duration) {
	for len(v.waiting) > 0 && v.waiting[0].at+hold <= now {
		v.playFirst(to)
	}
}

func (v *voice) playFirst(to *canvas) {
	p := v.waiting[0]
	v.waiting = slices.Delete(v.waiting, 0, 1)
	v.put(p, to)
}

// put decodes a packet to its place.
func (v *voice) put(p packet, to *canvas) {
	if v.started && !v.strange(v.last, p) && int32(p.ts-v.last.ts) <= 0 {
		return // too late, or twice
	}
	at := v.place(p)
	n, lost := v.length(p), 0
	if gap := at - v.end; v.started && n > 0 && gap > 0 && gap <= samples(hidden) && p.ssrc == v.last.ssrc {
		lost = min(int(gap/n), int(int16(p.seq-v.last.seq))-1)
	}
	for i := lost; i > 0; i-- {
		v.hide(p, i == 1, n, at-int64(i)*n, to)
	}
	v.started, v.last, v.due = true, p, at
	v.last.payload = nil
	got, err := v.dec.Decode(p.payload, v.pcm)
	if err != nil {
		return
	}
	v.write(at, got, to)
}

// length is how long a packet sounds, in our samples; 0: it is not Opus.
func (v *voice) length(p packet) int64 {
	if v.scale != 1 {
		return int64(len(p.payload)) * v.scale // a byte for each tick of the clock
	}
	var o media.OpusPacket
	if o.Parse(p.payload) != nil {
		return 0
	}
	return samples(o.Duration())
}

// hide makes up for a lost packet of n samples, at the one before next if that repeats it.
func (v *voice) hide(next packet, repeated bool, n, at int64, to *canvas) {
	ratio := int64(v.rates.Ratio())
	if n/ratio > int64(len(v.pcm)) {
		return
	}
	pcm := v.pcm[:n/ratio]
	if repeated {
		v.dec.Recover(next.payload, pcm)
	} else {
		v.dec.Conceal(pcm)
	}
	v.write(at, len(pcm), to)
}

// write puts n decoded samples to the canvas, but for what overlaps with the sound before.
func (v *voice) write(at int64, n int, to *canvas) {
	v.sound = v.rates.Convert(v.pcm[:n], v.sound[:0])
	sound := v.sound
	if over := v.end - at; over > 0 && over <= samples(astray) {
		sound = sound[min(over, int64(len(sound))):]
		at = v.end
	}
	to.add(v.side, at, sound)
	v.end = at + int64(len(sound))
}

// place finds where a packet belongs.
func (v *voice) place(p packet) int64 {
	came := samples(p.at)
	if !v.started || v.strange(v.last, p) {
		return v.anchor(p, came)
	}
	at := v.due + int64(int32(p.ts-v.last.ts))*v.scale
	late := came - at
	if late > samples(astray) || late < -samples(astray) {
		return v.anchor(p, came)
	}
	v.least = min(v.least, late)
	if p.at-v.since < watched {
		return at
	}
	if v.least > samples(slack) || v.least < -samples(slack) {
		at += v.least
	}
	v.watch(p)
	return at
}

// anchor puts a packet where it came.
func (v *voice) anchor(p packet, came int64) int64 {
	v.watch(p)
	return came
}

func (v *voice) watch(p packet) { v.since, v.least = p.at, samples(astray) }
