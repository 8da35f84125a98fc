package trial

import (
	"slices"
	"time"
)

// said is what a peer has said so far.
type said struct {
	versions    []string
	without     []Ability
	established time.Time // when first; zero: not yet
	failed      bool
	remote      string // the other side's microphone: active, muted
	stopped     bool
	errors      []string
	heard       []moment
}

// moment is how loud it was between the moment before and this.
type moment struct {
	at  time.Time
	rms float64
}

// note takes a line.
func (s *said) note(l line, now time.Time) {
	switch {
	case l.Versions != nil:
		s.versions, s.without = l.Versions, l.Without
	case l.State == "Established" && s.established.IsZero():
		s.established = now
	case l.State == "Failed":
		s.failed = true
	case l.Remote != nil:
		s.remote = l.Remote.Audio
	case l.Audio != nil:
		s.heard = append(s.heard, moment{now, l.Audio.HeardRMS})
	case l.Stopped != nil:
		s.stopped = true
	case l.Error != "":
		s.errors = append(s.errors, l.Error)
	}
}

// Loudness, as RMS. What is played has 0.21; Telegram's engine takes a tone for noise and has it down to 0.03 within seconds.
const (
	loudFrom = 0.01
	silentTo = 0.002
	steady   = 3 * time.Second
)

func (s *said) ready() bool { return len(s.versions) > 0 }

func (s *said) loud() bool { return len(s.heard) > 0 && s.heard[len(s.heard)-1].rms > loudFrom }

func (s *said) silent() bool { return len(s.heard) > 0 && s.heard[len(s.heard)-1].rms < silentTo }

// loudFor tells whether it has been loud for a share of the last d, all of it after from.
func (s *said) loudFor(d time.Duration, from time.Time, share float64) bool {
	loud, all := time.Duration(0), time.Duration(0)
	for i, m := range slices.Backward(s.heard) {
		if all >= d {
			return !m.at.Before(from) && float64(loud) >= share*float64(all)
		}
		if i == 0 {
			break
		}
		length := m.at.Sub(s.heard[i-1].at)
		all += length
		if m.rms >= loudFrom && length < longestMoment {
			loud += length
		}
	}
	return false
}

// longestMoment is one of a program that reports each second, on a busy machine. A longer one has a gap in it that nobody knows about.
const longestMoment = 1500 * time.Millisecond

// silence is the longest time after from in which the other was not heard.
func (s *said) silence(from time.Time) (longest time.Duration) {
	full, current := 0.0, time.Duration(0)
	for i, m := range s.heard {
		if m.at.Before(from) || i == 0 {
			full = m.rms
			continue
		}
		length := m.at.Sub(s.heard[i-1].at)
		missing := m.missing(length, full)
		if missing < length/20 {
			current = 0
			continue
		}
		current += missing
		longest = max(longest, current)
	}
	return longest
}

// shortMoment is one that is wholly loud or wholly silent.
const shortMoment = 250 * time.Millisecond

// missing is how much of a moment was silent. A long one in which the other was heard half of the time has half the energy.
func (m moment) missing(length time.Duration, full float64) time.Duration {
	switch {
	case m.rms < loudFrom:
		return length
	case length <= shortMoment || m.rms >= full:
		return 0
	}
	return time.Duration((1 - m.rms*m.rms/(full*full)) * float64(length))
}
