package room

import (
	"slices"
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

	// hideStep is how much is concealed at once, and opusStep the finest that Opus can conceal.
	hideStep = 20 * time.Millisecond
	opusStep = 2500 * time.Microsecond

	// fadeIn is how long sound after a silence takes to be as loud as it is.
	fadeIn = 2500 * time.Microsecond

	// recall is how much of what was heard is remembered for who begins to listen, and compared how much of what was decoded for who tries a takeover.
	recall   = 60 * time.Millisecond
	compared = 120 * time.Millisecond

	// resting is the loudest sample of what may be left out as it is.
	resting = 64
)

// An ear turns the packets of a seat's far side, which come when they like, into sound that is read at a steady pace. It hides losses,
// lengthens its delay when packets are late, and shortens it when they no longer are. One goroutine uses it.
type ear struct {
	in    *intake
	said  media.Format
	rate  int // of the decoder
	dec   codec.Decoder
	rates *Resampler // from the decoder's rate to the mix's

	meter meter
	seq   sequence
	line  timeline // of the source, in its own units
	buf   jitterBuffer
	pace  pace

	pos     uint32                   // timestamp of what is played next
	ends    uint32                   // timestamp after the last packet decoded
	last    uint16                   // sequence number of that
	sound   []int16                  // decoded and not yet read
	dry     bool                     // nothing is being played: waiting for a first packet and its firstDelay
	hidden  time.Duration            // concealed in a row
	scratch *[codec.MaxSamples]int16 // that of all ears of a mixer: nothing stays in it

	inbox, played, useless []*waiting

	compare bool    // somebody tries a takeover: decoded is kept
	decoded []int16 // the last of the packets that followed on one another, as they are, at the decoder's rate; it ends at ends
	recent  []int16 // the last that was given out, at the mix's rate
	counts  counts  // since the caller set them to zero
	delay   time.Duration
}

// counts are of an ear's packets.
type counts struct{ lost, concealed, dropped uint64 }

// newEar begins to listen. If the far side is talking, its sound goes on where the packets that came so far have ended.
func newEar(in *intake, said media.Format, mixRate int, scratch *[codec.MaxSamples]int16, now time.Time) (*ear, error) {
	past, begun := in.listen(), now
	if len(past) > 0 {
		begun = past[0].arrived
	}
	e := &ear{
		in: in, said: said, meter: meter{format: said}, line: newTimeline(said.ClockRate, 0, begun),
		pace: newPace(), dry: true, scratch: scratch,
	}
	if err := e.setRate(mixRate); err != nil {
		return nil, err
	}
	for _, w := range past {
		if e.accept(w) && e.catchUp(w) {
			e.pos, e.ends, e.last = w.ts+w.units, w.ts+w.units, w.seq
			e.dry = now.Sub(w.arrived) > quietAfter+e.meter.time(w.units)
		}
	}
	e.sound = e.sound[:0]
	return e, nil
}

// tune makes the ear give sound at another rate, going on with what it has not given out yet.
func (e *ear) tune(mixRate int) error {
	unread, was := len(e.sound), e.rate
	if err := e.setRate(mixRate); err != nil {
		return err
	}
	if e.rate == was {
		return nil // only a resampler was changed
	}
	e.sound = e.sound[:0]
	for _, w := range append(slices.Clone(e.in.listen()), e.played...) {
		e.catchUp(w)
	}
	unread = min(unread*e.rate/was, len(e.sound))
	e.sound = append(e.sound[:0], e.sound[len(e.sound)-unread:]...)
	return nil
}

func (e *ear) setRate(mixRate int) (err error) {
	if rate := workRate(e.said.Codec, mixRate); rate != e.rate {
		if e.dec, err = codec.NewDecoder(e.said.Codec, rate); err != nil {
			return err
		}
		e.rate, e.decoded = rate, e.decoded[:0]
	}
	e.rates = NewResampler(e.rate, mixRate)
	e.recent = e.recent[:0]
	return nil
}

// workRate is the rate at which a codec works for a mix of the given rate: Opus at the same, the others have their own.
func workRate(c media.Codec, mixRate int) int {
	if c == media.Opus {
		return mixRate
	}
	return c.SampleRate()
}

func samples(d time.Duration, rate int) int { return int(d * time.Duration(rate) / time.Second) }

// catchUp decodes a packet that was heard already; false: it cannot be decoded.
func (e *ear) catchUp(w *waiting) bool {
	n, err := e.dec.Decode(w.payload, e.scratch[:])
	if err != nil {
		return false
	}
	e.sound = last(append(e.sound, e.scratch[:n]...), samples(recall, e.rate))
	e.recent = e.rates.Convert(e.scratch[:n], e.recent)
	e.forget()
	return true
}

// forget keeps of what was given out only the last.
func (e *ear) forget() {
	e.recent = last(e.recent, samples(recall, e.rate)*e.rates.up/e.rates.down)
}

// last is at most so many samples of the end of sound, moved to its beginning.
func last(sound []int16, most int) []int16 {
	return append(sound[:0], sound[max(0, len(sound)-most):]...)
}

// collect takes what has come since it was last called.
func (e *ear) collect(now time.Time) {
	inbox, dropped := e.in.collect(e.inbox[:0], e.played, e.useless)
	e.inbox, e.played, e.useless = inbox, e.played[:0], e.useless[:0]
	e.counts.dropped += dropped
	for _, w := range inbox {
		if !e.accept(w) || !e.buf.put(w) {
			e.counts.dropped++
			e.useless = append(e.useless, w)
			continue
		}
		e.limit()
	}
}

// accept places a packet in the source's time; false: it is of no use.
func (e *ear) accept(w *waiting) bool {
	d, err := e.meter.units(w.payload)
	if err != nil {
		return false
	}
	w.units = d
	order, _ := e.seq.follow(w.ssrc, w.seq)
	switch order {
	case unwanted:
		return false
	case tardy:
		w.ts = w.sent + e.line.offset
		return e.wants(w.ts)
	case fresh:
		e.line.loose = true
	}
	ts, how := e.line.place(w.sent, w.arrived)
	if how == early {
		e.line.skip(d)
		return false
	}
	w.ts, e.line.next = ts, ts+d
	return true
}

// wants tells whether an overtaken packet is still of use: its time has not come, and those that overtook it have not been played.
func (e *ear) wants(ts uint32) bool {
	if e.dry {
		return e.buf.head() != nil
	}
	return int32(ts-e.pos) >= 0
}

// limit pushes out the oldest of what would wait for too long.
func (e *ear) limit() {
	for len(e.buf.queue) > 1 && (len(e.buf.queue) > jitterPackets || e.waits() > mostDelay) {
		e.useless = append(e.useless, e.buf.pop())
		e.pos = e.buf.head().ts
	}
}

// waits is how long all the sound is that has come and was not read.
func (e *ear) waits() time.Duration { return e.meter.time(e.buf.units()) + e.unread() }

func (e *ear) unread() time.Duration {
	return time.Duration(len(e.sound)) * time.Second / time.Duration(e.rate)
}

// unheard is the packets that a far side can hear instead of the sound that was read last, those that wait included: what it has heard before, in the
// same codec, ends where the first of them begins, give or take half a tick. There may be none.
func (e *ear) unheard() []*waiting {
	heard := e.pos - e.said.Timestamp(e.unread()+tick)
	if e.said.Codec == media.Opus {
		heard -= e.said.Timestamp(opusDelay)
	}
	all := append(slices.Clone(e.in.listen()), e.buf.queue...)
	half := int32(e.said.Timestamp(tick / 2))
	for i, w := range all {
		if d := int32(w.ts - heard); d >= -half && d < half {
			return all[i:]
		}
	}
	return nil
}

// close ends listening. What has come and was not played counts as heard.
func (e *ear) close() {
	inbox, _ := e.in.collect(e.inbox[:0], e.played, e.useless)
	e.in.close(append(e.buf.queue, inbox...))
}
