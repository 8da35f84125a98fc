package room

import "time"

const (
	// maxAhead is how far a source's timestamps may run ahead of real time. A receiver must keep what comes early, so what a
	// network has held up and then lets go at once is cut to this.
	maxAhead = 120 * time.Millisecond

	// maxBehind is how far they may fall behind.
	maxBehind = 500 * time.Millisecond

	// seam is how far behind real time a new source may begin: right after the one before it, so that there is no gap where one packet
	// just follows another.
	seam = 60 * time.Millisecond

	// The clock of a timeline follows the packets that come earliest, quickly towards earlier ones and slowly back: that is
	// 1000 millionths, ten times the drift of a bad crystal, for packets of 20 ms.
	clockUp   = time.Millisecond
	clockDown = 20 * time.Microsecond
)

// A timeline maps a source's timestamps to timestamps that follow real time, whatever the source does: it may begin anew, jump ahead,
// or, as FreeSWITCH when it changes the packet size in mid-call, jump back.
type timeline struct {
	rate   int
	next   uint32 // timestamp after all that was placed
	offset uint32 // from the source's timestamps to ours
	loose  bool   // offset says nothing: the source is new

	epoch   time.Time // when epochTS was due
	epochTS uint32
}

func newTimeline(rate int, first uint32, now time.Time) timeline {
	return timeline{rate: rate, next: first, loose: true, epoch: now, epochTS: first}
}

// units is d in timestamps.
func (t *timeline) units(d time.Duration) int32 {
	return int32(d * time.Duration(t.rate) / time.Second)
}

// duration is of n timestamps.
func (t *timeline) duration(n int32) time.Duration {
	return time.Duration(n) * time.Second / time.Duration(t.rate)
}

// now is the timestamp that is due.
func (t *timeline) now(at time.Time) uint32 {
	if t.rate == 0 {
		return t.epochTS
	}
	if minutes := at.Sub(t.epoch) / time.Minute; minutes > 0 { // keeps the product below small
		t.epoch = t.epoch.Add(minutes * time.Minute)
		t.epochTS += uint32(minutes) * 60 * uint32(t.rate)
	}
	return t.epochTS + uint32(int64(at.Sub(t.epoch))*int64(t.rate)/int64(time.Second))
}

// A placing says what place did to a packet's timestamp.
type placing uint8

const (
	kept  placing = iota // its distance to the one before is the source's
	moved                // it has been set to what is due
	early                // the packet is one too many
)

// place tells which timestamp a packet in order gets. The caller sets next to the packet's end when it has
// sent it, or drops an early one and calls skip.
func (t *timeline) place(ts uint32, at time.Time) (uint32, placing) {
	want, now, how := ts+t.offset, t.now(at), kept
	ahead := int32(want - now)
	jumped := ahead < -t.units(maxBehind) || ahead > t.units(maxAhead) && want != t.next
	if t.loose || jumped || int32(want-t.next) < 0 {
		want, how = later(t.next, now), moved
		if t.loose && int32(now-t.next) < t.units(seam) {
			want = t.next
		}
	}
	if int32(want-now) > t.units(maxAhead) {
		return want, early
	}
	t.loose, t.offset = false, want-ts
	t.follow(want, at)
	return want, how
}

// skip makes up for a packet of n timestamps that was early and is dropped: what comes after it takes its place.
func (t *timeline) skip(n uint32) { t.offset -= n }

// follow sets the clock by a packet.
func (t *timeline) follow(ts uint32, at time.Time) {
	if d := t.duration(int32(ts - t.now(at))); d > 0 {
		t.epoch = t.epoch.Add(-min(d, clockUp))
	} else {
		t.epoch = t.epoch.Add(min(-d, clockDown))
	}
}

// due tells how long until next is due; 0: now. What should have gone out longer ago than catchUp is given up, which leaves a gap.
func (t *timeline) due(at time.Time, catchUp time.Duration) (wait time.Duration, gap bool) {
	now := t.now(at)
	d := t.duration(int32(t.next - now))
	if d > 0 {
		return d, false
	}
	if -d > catchUp {
		t.next = now
		return 0, true
	}
	return 0, false
}

func later(a, b uint32) uint32 {
	if int32(a-b) > 0 {
		return a
	}
	return b
}
