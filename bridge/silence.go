package bridge

import "time"

const (
	// silentAfter is how long no packet may pass, though one should, before a direction counts as silent. Discontinuous transmission
	// of Opus sends one every 400 ms.
	silentAfter = 2 * time.Second

	// lookEvery is how often that is looked at, so that silence is told of within 3 s.
	lookEvery = 500 * time.Millisecond

	// showEvery is how many looks there are for one that others are shown.
	showEvery = 10
)

// Direction is one of the two ways of a leg's sound.
type Direction string

// In is from the far end to us, Out from us to the far end.
const (
	In  Direction = "in"
	Out Direction = "out"
)

// Silence tells of a direction of a leg's sound in which no packet passes though it should: the far end is neither muted nor on hold,
// and has not announced silence.
type Silence struct {
	Direction Direction `json:"direction"`
	Text      string    `json:"text"`                // for people: "callee cannot be heard", "caller hears nothing"
	Lasted    Millis    `json:"lasted_ms,omitempty"` // once it is over
}

// turn is a change in what can be heard.
type turn uint8

const (
	unturned turn = iota
	fell          // silent, for silentAfter by now
	rose          // sounds again
)

// listener watches one direction of a leg's sound. Its zero value expects none.
type listener struct {
	since  time.Time // of the last packet, or since when packets are expected; zero: none are
	silent bool
	count  int           // silences
	total  time.Duration // of silences that are over
}

// look takes what is known now: whether packets are expected, and when the last one passed. lasted is how long a silence was that is
// over. A silence also ends, without a word, when it is no longer one: the far end mutes itself.
func (l *listener) look(expected bool, last, now time.Time) (t turn, lasted time.Duration) {
	if !expected {
		l.stop(now)
		return unturned, 0
	}
	if l.since.IsZero() {
		l.since = now
	}
	if last.After(l.since) {
		lasted, l.since = last.Sub(l.since), last
		if !l.silent {
			return unturned, 0
		}
		l.silent, l.total = false, l.total+lasted
		return rose, lasted
	}
	if l.silent || now.Sub(l.since) < silentAfter {
		return unturned, 0
	}
	l.silent = true
	l.count++
	return fell, 0
}

// stop expects no packets any longer.
func (l *listener) stop(now time.Time) {
	if l.silent {
		l.total += now.Sub(l.since)
	}
	l.silent, l.since = false, time.Time{}
}
