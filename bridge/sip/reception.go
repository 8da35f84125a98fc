package sip

import "time"

// reception counts what arrives from one source after another, as RFC 3550 appendix A does.
type reception struct {
	window
	ssrc     uint32
	started  bool
	base     uint16 // first sequence number of this source
	cycles   uint32 // of the sequence number, shifted by 16
	received uint32 // packets of this source
	settled  uint64 // lost packets of the sources before

	stranger     bool // the last packet fitted not; another that follows it begins a source
	strangerSSRC uint32
	strangerNext uint16

	measured bool // transit is known
	transit  time.Duration
	jitter   float64 // in ns, smoothed
	expected uint32  // at the last report
	reported uint32  // received at the last report
}

// restartGap is a jump of the sequence number that no loss explains (MAX_DROPOUT of RFC 3550 A.1).
const restartGap = 3000

// arrive counts a packet; at is its arrival on any steady clock, clock that of the timestamp in Hz, or 0 where the timestamp does not
// follow the time of sending, as with telephone-events. Two packets in a row make another source, so that no single one ends the counts
// of the present one. It is false for a packet that has come before, or
// is more than 64 late.
func (r *reception) arrive(ssrc uint32, seq uint16, timestamp uint32, at time.Duration, clock int) (fresh bool) {
	ahead := int16(seq - r.highest)
	switch {
	case !r.started:
		r.begin(ssrc, seq)
	case ssrc != r.ssrc || ahead > restartGap || ahead < -restartGap:
		if !r.follows(ssrc, seq) {
			return true
		}
		r.begin(ssrc, seq)
	case !r.count(seq):
		return false
	}
	if clock != 0 {
		r.measure(at - stamp(timestamp, clock))
	}
	return true
}

func (r *reception) begin(ssrc uint32, seq uint16) {
	*r = reception{window: window{highest: seq, seen: 1}, started: true, ssrc: ssrc, base: seq, received: 1, settled: r.lost(), jitter: r.jitter}
}

// follows tells whether a packet that does not fit comes right after another that did not.
func (r *reception) follows(ssrc uint32, seq uint16) bool {
	if r.stranger && ssrc == r.strangerSSRC && seq == r.strangerNext {
		return true
	}
	r.stranger, r.strangerSSRC, r.strangerNext = true, ssrc, seq+1
	return false
}

// count is false for a packet that has come before, or comes much too late.
func (r *reception) count(seq uint16) bool {
	before := r.highest
	if !r.mark(seq) {
		return false
	}
	if r.highest < before {
		r.cycles += 1 << 16
	}
	if r.highest == seq {
		r.stranger = false
	}
	r.received++
	return true
}

func stamp(timestamp uint32, clock int) time.Duration {
	return time.Duration(timestamp) * time.Second / time.Duration(clock)
}

// measure is RFC 3550 A.8. A timestamp that wraps or jumps by more than a second says nothing about jitter.
func (r *reception) measure(transit time.Duration) {
	d := (transit - r.transit).Abs()
	known := r.measured
	r.transit, r.measured = transit, true
	if known && d < time.Second {
		r.jitter += (float64(d) - r.jitter) / 16
	}
}

// extended is the highest sequence number with its cycles.
func (r *reception) extended() uint32 { return r.cycles | uint32(r.highest) }

// lost is how many packets never came, of all sources.
func (r *reception) lost() uint64 {
	if !r.started {
		return r.settled
	}
	return r.settled + uint64(r.missing())
}

// missing is how many packets of this source never came.
func (r *reception) missing() uint32 {
	expected := r.extended() - uint32(r.base) + 1
	if expected <= r.received { // duplicates
		return 0
	}
	return expected - r.received
}

// fraction is the loss since the last call, in 256ths (RFC 3550 A.3).
func (r *reception) fraction() uint8 {
	expected := r.extended() - uint32(r.base) + 1
	e, got := expected-r.expected, r.received-r.reported
	r.expected, r.reported = expected, r.received
	if e == 0 || got >= e {
		return 0
	}
	return uint8(min((e-got)*256/e, 255))
}
