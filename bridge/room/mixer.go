package room

import (
	"time"

	"switchgram/bridge/media"
	"switchgram/bridge/room/codec"
)

// tick is how much sound a mixer makes at once.
const tick = 20 * time.Millisecond

// settle is how long after a packet is due the first tick comes, so that the packets of that time are there.
const settle = 4 * time.Millisecond

// wideband is the rate of a mix that nothing limits.
const wideband = 48000

// A mixer makes what those hear who hear more than packets: a clock ticks every 20 ms, and then each ear that somebody listens to is read and each
// mouth speaks. The mix runs at the least rate that loses nothing, so that between two telephone codecs, or one and Opus, nothing is
// converted. Everything is guarded by room.mu.
type mixer struct {
	room   *Room
	timer  *time.Timer // nil while nothing is mixed
	due    time.Time   // of the next tick
	ticks  uint64
	rate   int
	mouths int // how many hear the mix

	talk   blend // what all who talk say together
	played blend // what is played to everybody
	heard  blend // what one hears

	scratch *[codec.MaxSamples]int16 // where ears decode

	pens  map[media.Format]*pen // of those who only listen
	calls []func()              // to be made when room.mu is free

	limit  limiter // of what is tapped
	tapped []int16
}

// adjust begins to mix, goes on with whom there is now, or ends.
func (m *mixer) adjust(now time.Time) {
	rate := m.needRate()
	if rate == 0 {
		m.stop()
		return
	}
	if rate != m.rate {
		m.tune(rate)
	}
	for _, s := range m.room.seats {
		m.listen(s, now)
	}
	wait := time.Duration(0)
	m.mouths = 0
	for _, s := range m.room.seats {
		wait = max(wait, s.openMouth(m, now))
		if s.mixes() {
			m.mouths++
		}
	}
	if m.timer == nil {
		wait = min(wait, 3*tick) + settle
		m.due = now.Add(wait)
		m.timer = time.AfterFunc(wait, m.room.tick)
	}
}

// stop ends the mixing.
func (m *mixer) stop() {
	if m.timer != nil {
		m.timer.Stop()
		m.timer = nil
	}
	for _, s := range m.room.seats {
		s.deafen()
	}
	clear(m.pens)
	m.rate, m.scratch = 0, nil
	m.talk, m.played, m.heard = blend{}, blend{}, blend{}
}

// changed tells whether a mouth has fallen silent: packets have taken over.
func (m *mixer) changed() bool {
	n := 0
	for _, s := range m.room.seats {
		if s.mixes() {
			n++
		}
	}
	return n != m.mouths
}

// needRate is the rate at which nothing is lost that anybody could hear; 0: nothing has to be mixed.
func (m *mixer) needRate() (rate int) {
	if m.room.mixTapped() {
		rate = wideband
	}
	for _, s := range m.room.seats {
		if s.watch != nil {
			rate = max(rate, 8000)
		}
		rate = max(rate, s.needRate())
	}
	return rate
}

// tune lets all that runs run at another rate.
func (m *mixer) tune(rate int) {
	m.rate, m.scratch = rate, new([codec.MaxSamples]int16)
	m.talk, m.played, m.heard = newBlend(rate), newBlend(rate), newBlend(rate)
	for _, s := range m.room.seats {
		if s.voice.ear != nil && s.voice.ear.tune(rate) != nil {
			s.deafen()
		}
		if mouth := s.currentMouth(); mouth != nil && mouth.pen != nil {
			m.retune(mouth.pen)
		}
	}
	for _, p := range m.pens {
		m.retune(p)
	}
}

// retune changes a pen's rate once.
func (m *mixer) retune(p *pen) {
	if p.mix == m.rate {
		return
	}
	before := NewResampler(p.mix, m.rate).Convert(p.recent, nil)
	if err := p.tune(m.rate, before); err != nil {
		m.room.log.Error("cannot encode", "err", err)
	}
}

// listen opens the ear of a seat, or closes it.
func (m *mixer) listen(s *Seat, now time.Time) {
	f := s.agreed
	if e := s.voice.ear; e != nil && e.said != f {
		s.deafen()
	}
	switch {
	case !known(f) || !m.room.hearsSound(s):
		s.deafen()
	case s.voice.ear == nil:
		ear, err := newEar(&s.in, f, m.rate, m.scratch, now)
		if err != nil {
			m.room.log.Error("cannot decode", "err", err)
			return
		}
		s.voice = voice{ear: ear, gain: fader{s.loudness()}, level: QuietLevel}
	}
}

// penFor is the pen of a seat's mouth: its own, or for those who only listen one for all who speak the same format. before is what the far side has
// heard.
func (m *mixer) penFor(f media.Format, shared bool, before []int16) (*pen, error) {
	if p, ok := m.pens[f]; ok && shared {
		return p, nil
	}
	p, err := newPen(f, m.rate, before)
	if err == nil && shared {
		m.pens[f] = p
	}
	return p, err
}

// run makes 20 ms of sound.
func (m *mixer) run(now time.Time) {
	if m.ticks%lossEvery == 0 {
		m.expectLoss()
	}
	m.ticks++
	m.sum(now)
	for _, s := range m.room.seats {
		s.serve(m, now)
	}
	m.room.tapMix(now)
}

// sum adds up what all who talk say, and what is played to everybody.
func (m *mixer) sum(now time.Time) {
	m.talk.clear()
	m.played.clear()
	for _, s := range m.room.seats {
		if s.voice.ear == nil {
			s.voice.rest()
			continue
		}
		s.hear(now)
		if s.voice.on && s.watch != nil {
			m.calls = s.watch.look(s.voice.pcm, m.rate, m.calls)
		}
		if s.voice.on && s.role == Talk {
			m.talk.add(s.voice.sound)
		}
	}
	m.played.play(m.room.plays, m.rate)
}

// mixFor is what a seat hears, nil for silence: what all say but itself, what is whispered to it, and what is played.
func (m *mixer) mixFor(s *Seat, mouth *mouth) []float32 {
	own := s.role == Talk && s.voice.on
	m.heard.clear()
	if m.talk.n > 1 || m.talk.n == 1 && !own {
		m.heard.add(m.talk.sum)
	}
	if m.heard.n > 0 && own {
		subtract(m.heard.sum, s.voice.sound)
	}
	for _, w := range m.room.seats {
		if w.voice.on && w.whispersTo(s) {
			m.heard.add(w.voice.sound)
		}
	}
	if to := m.room.talkGain(s); m.heard.n > 0 {
		mouth.talk.scale(m.heard.sum, to)
	} else {
		mouth.talk.at = to
	}
	if m.played.n > 0 {
		m.heard.add(m.played.sum)
	}
	m.heard.play(s.plays, m.rate)
	if m.heard.n == 0 {
		return nil
	}
	return m.heard.sum
}

// A blend is a block of sounds on top of each other.
type blend struct {
	sum []float32
	n   int // how many sounds are in it
}

func newBlend(rate int) blend { return blend{sum: make([]float32, samples(tick, rate))} }

func (b *blend) clear() {
	b.n = 0
	clear(b.sum)
}

func (b *blend) add(block []float32) {
	add(b.sum, block)
	b.n++
}

// play adds what is played.
func (b *blend) play(all []*Playback, rate int) {
	for _, p := range all {
		if block := p.next(rate); block != nil {
			b.add(block)
		}
	}
}
