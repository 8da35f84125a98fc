package room

import (
	"fmt"
	"log/slog"
	"time"

	"switchgram/bridge/media"
)

// A way is how sound comes to a far side.
type way uint8

const (
	noWay  way = iota // it has agreed on no codec
	silent            // nobody is heard
	relayed
	mixed
	prompted
)

// A course is how sound comes to one seat's far side, and from where.
type course struct {
	way    way
	heard  media.Format // what the far side speaks
	from   *Seat        // if relayed
	said   media.Format // what that one speaks
	play   *Playback    // if prompted
	shared bool         // if mixed: it hears what others hear
}

// connect decides who hears whom, and how. The caller holds r.mu.
func (r *Room) connect() {
	now := time.Now()
	for _, s := range r.seats {
		s.learnFormat()
	}
	courses := make([]course, len(r.seats))
	for i, s := range r.seats {
		courses[i] = r.courseOf(s)
	}
	for _, s := range r.seats {
		s.setAudience(r.seats, courses)
	}
	for i, s := range r.seats {
		s.follow(courses[i], r.nameOf(s, courses[i]), now)
	}
	r.mixer.adjust(now)
}

// courseOf decides how sound comes to a seat.
func (r *Room) courseOf(s *Seat) course {
	c := course{heard: s.agreed}
	sources := r.sourcesOf(s)
	alone := len(sources) == 1 && sources[0].relaysTo(s)
	switch plays := len(s.plays) + len(r.plays); {
	case !known(s.agreed):
		c.way = noWay
	case plays == 1 && len(s.plays) == 1 && s.plays[0].packets(s.agreed):
		c.way, c.play = prompted, s.plays[0]
	case plays > 0:
		c.way = mixed
	case len(sources) == 0 || alone && (s.held || sources[0].muted):
		c.way = silent
	case alone:
		c.way, c.from, c.said = relayed, sources[0], sources[0].agreed
	default:
		c.way, c.shared = mixed, s.role == Listen && !s.held
	}
	return c
}

// nameOf is what a course is called in tables.
func (r *Room) nameOf(s *Seat, c course) string {
	switch c.way {
	case relayed:
		return "relay " + c.heard.Codec.String()
	case prompted:
		return pathPrompt
	case mixed:
		if all := r.sourcesOf(s); len(all) == 1 && len(s.plays)+len(r.plays) == 0 {
			return fmt.Sprintf("transcode %v>%v", all[0].agreed.Codec, c.heard.Codec)
		}
		return pathMix
	default:
		return pathSilence
	}
}

// sourcesOf are the seats that a seat hears, as far as it is known what they speak.
func (r *Room) sourcesOf(s *Seat) (all []*Seat) {
	for _, from := range r.seats {
		if from.heardBy(s) {
			all = append(all, from)
		}
	}
	return all
}

func (s *Seat) heardBy(to *Seat) bool {
	return s != to && known(s.agreed) && (s.role == Talk || s.whispersTo(to))
}

// relaysTo tells whether packets of s need no decoding to be heard by to.
func (s *Seat) relaysTo(to *Seat) bool {
	return s.gain == 1 && s.agreed.Codec == to.agreed.Codec && s.agreed.ClockRate == to.agreed.ClockRate
}

// known tells whether both ends have agreed on a format, one that can be: no codec's clock is slower than 8 kHz.
func known(f media.Format) bool { return f.Codec != media.NoCodec && f.ClockRate >= 8000 }

// hearsSound tells whether anybody wants the sound of what a seat's far side says.
func (r *Room) hearsSound(from *Seat) bool {
	if from.watch != nil || from.role == Talk && r.mixTapped() {
		return true
	}
	for _, s := range r.seats {
		if from.heardBy(s) && s.mixes() {
			return true
		}
	}
	return false
}

// follow makes a course the seat's. Who comes from a mix to a relay hears the mix until packets can take over. The caller holds room.mu.
func (s *Seat) follow(c course, name string, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.name = name
	if c == s.course {
		return
	}
	was := s.course
	s.course = c
	s.out.setFormat(c.heard, now)
	s.out.stats.Delay = 0
	s.room.log.Debug("sound path", slog.String("path", name))
	s.next = nil
	if s.mouth != nil && was.heard == c.heard {
		if c.way == relayed {
			s.next = &takeover{relay: newRelay(&s.out), from: c.from}
			return
		}
		if c.way == mixed && c.shared == s.mouth.shared {
			return
		}
	}
	s.mouth = nil
	s.path = s.newPath(c, was.from)
	s.timer.Reset(0)
}

// newPath makes the path of a course. before is who was heard so far as packets.
func (s *Seat) newPath(c course, before *Seat) path {
	switch c.way {
	case relayed:
		return newRelay(&s.out)
	case mixed:
		s.mouth = &mouth{out: &s.out, before: before, shared: c.shared}
		return s.mouth
	case prompted:
		return newPrompt(&s.out, c.play)
	case silent:
		return quiet{&s.out}
	default:
		return none{}
	}
}
