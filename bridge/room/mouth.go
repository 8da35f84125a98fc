package room

import (
	"time"

	"github.com/pion/rtp"
)

// lead is how far a mouth's packets may be ahead of real time, where what was relayed before was: a receiver must keep them for as long.
const lead = 2 * tick

// A mouth is the path of a seat that hears a mix. The ticks of the room bring it; its own time and packets do nothing.
type mouth struct {
	out    *output
	before *Seat // who was heard before, as packets
	shared bool  // its pen is not its own
	pen    *pen  // nil: the mixer has not begun with it
	talk   fader // of what the others say
}

func (*mouth) take(*rtp.Packet, time.Time) {}

func (*mouth) wake(time.Time) time.Duration { return formatPoll }

// speak sends packets.
func (m *mouth) speak(pages []page, now time.Time) {
	for _, p := range pages {
		wait, gap := m.out.line.due(now, catchUp)
		switch {
		case wait > lead: // what was relayed before was ahead: this is not sent, so that the rest is not late
		case p == nil:
			m.out.sendSilence(gap)
		default:
			m.out.sendNext(p, gap || m.out.rested)
			m.out.stats.Transcoded++
		}
	}
}

// mixes tells whether the seat hears a mix.
func (s *Seat) mixes() bool { return s.currentMouth() != nil }

func (s *Seat) currentMouth() *mouth {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mouth
}

// needRate is the rate of a mix in which the seat's far side misses nothing; 0: it hears none.
func (s *Seat) needRate() (rate int) {
	if !s.mixes() {
		return 0
	}
	own := s.agreed.Codec.SampleRate()
	if len(s.plays)+len(s.room.plays) > 0 {
		return own
	}
	rate = min(own, 8000)
	for _, from := range s.room.seats {
		if from.heardBy(s) {
			rate = max(rate, min(own, from.agreed.Codec.SampleRate()))
		}
	}
	return rate
}

// openMouth lets a new mouth begin where the far side has heard before, and tells how long that has enough to hear.
func (s *Seat) openMouth(m *mixer, now time.Time) (wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mouth == nil || s.mouth.pen != nil {
		return 0
	}
	var heard []int16
	if b := s.mouth.before; b != nil && b.voice.ear != nil && !b.voice.ear.dry {
		heard = b.voice.ear.recent
		s.mouth.talk.at = 1
	}
	pen, err := m.penFor(s.out.format, s.mouth.shared, heard)
	if err != nil {
		s.room.log.Error("cannot encode", "err", err)
		s.mouth, s.path = nil, quiet{&s.out}
		return 0
	}
	s.mouth.pen = pen
	if pen.writes > 0 {
		s.mouth.talk.at = 1 // others hear it already
	}
	wait, _ = s.out.line.due(now, catchUp)
	return wait
}

// serve lets the seat's mouth say what is due.
func (s *Seat) serve(m *mixer, now time.Time) {
	defer s.caught()
	mouth := s.currentMouth()
	if mouth == nil {
		return
	}
	var mix []float32
	if mouth.pen.writes != m.ticks {
		mix = m.mixFor(s, mouth)
	}
	pages := mouth.pen.write(m.ticks, mix)
	s.speak(mouth, pages, now)
}

// speak sends what a mouth says, unless packets take over.
func (s *Seat) speak(mouth *mouth, pages []page, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mouth != mouth || s.left {
		return
	}
	if s.next != nil && s.takeOver(now) {
		return
	}
	s.count()
	mouth.speak(pages, now)
	if s.next != nil && len(pages) > 0 {
		s.next.heard(pages[len(pages)-1], s.out.quiet)
	}
}

// count adds to the statistics what was missing in what the seat hears.
func (s *Seat) count() {
	st := &s.out.stats
	st.Delay = 0
	for _, from := range s.room.seats {
		if from.voice.ear == nil || !from.heardBy(s) {
			continue
		}
		c := from.voice.counts
		st.Lost, st.Concealed, st.Dropped = st.Lost+c.lost, st.Concealed+c.concealed, st.Dropped+c.dropped
		st.Delay = max(st.Delay, from.voice.ear.delay)
	}
}

// hear reads what the seat's far side says.
func (s *Seat) hear(now time.Time) {
	defer s.caught()
	s.voice.on = false
	s.voice.hear(s.loudness(), now)
}

// deafen closes the seat's ear, if it is open. The caller holds room.mu.
func (s *Seat) deafen() {
	if s.voice.ear != nil {
		s.voice.ear.close()
		s.voice = voice{level: QuietLevel}
	}
}
