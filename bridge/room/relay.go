package room

import (
	"time"

	"github.com/pion/rtp"
)

// quietAfter is how long after the end of the last sound silence begins: Telegram's engine sends nothing while muted, FreeSWITCH
// nothing while a channel is parked, and a far end without packets takes the call for dead.
const quietAfter = 60 * time.Millisecond

// A relay passes packets on undecoded, renumbered, and if they are Opus cut to the target's ptime, as far as that goes without decoding:
// frames of 40 and 60 ms, which only SILK has, stay whole, as RFC 7587 §4.2 lets them.
type relay struct {
	out   *output
	cut   cutter
	seq   sequence
	holes holes
	ends  time.Time // of the last sound
	quiet bool      // silence is being sent
}

func newRelay(o *output) *relay {
	return &relay{out: o, cut: newCutter(o.format), quiet: true}
}

func (r *relay) take(p *rtp.Packet, now time.Time) {
	c, err := r.cut.measure(p.Payload)
	if err != nil {
		r.out.stats.Dropped++
		return
	}
	switch order, missing := r.seq.follow(p.SSRC, p.SequenceNumber); order {
	case fresh:
		r.out.line.loose = true
		r.pass(p, c, 0, now)
	case inTurn:
		r.pass(p, c, missing, now)
	case tardy:
		r.passTardy(p, c)
	default:
		r.out.stats.Dropped++
	}
}

// pass sends a packet that came in order after missing ones.
func (r *relay) pass(p *rtp.Packet, c cutting, missing int, now time.Time) {
	line := &r.out.line
	ts, how := line.place(p.Timestamp, now)
	switch how {
	case early:
		line.skip(c.total)
		r.holes = holes{}
		r.out.stats.Dropped++
		return
	case moved:
		r.holes = holes{}
		missing = 0
	}
	marker := r.keepRoom(ts-line.next, c, missing) || p.Marker
	for i := range c.pieces {
		r.out.send(r.cut.piece(p.Payload, c, i), ts+uint32(i)*c.step, marker && i == 0)
		r.out.stats.Relayed++
	}
	line.next = ts + c.total
	r.ends, r.quiet = now.Add(line.duration(int32(c.total))), false
}

// keepRoom leaves out the sequence numbers of lost packets, so that the far end knows and hides the loss, and packets that were only
// overtaken find their place. Timestamps decide what was lost: Telegram's engine sends probes without sound that have sequence
// numbers of their own, and so do digits. It tells whether a gap in time remains that is no loss: sound begins after a pause.
func (r *relay) keepRoom(gap uint32, c cutting, missing int) (pause bool) {
	lost := min(int(gap/c.step), missing*c.pieces)
	if lost == 0 {
		return gap > 0 || r.quiet
	}
	r.holes.add(r.out.seq, r.out.line.next, c.step, lost)
	r.out.seq += uint16(lost)
	r.out.stats.Lost += uint64(lost)
	return false
}

// passTardy sends a packet that was overtaken, if its place has been kept free.
func (r *relay) passTardy(p *rtp.Packet, c cutting) {
	ts, after := p.Timestamp+r.out.line.offset, r.out.seq
	for i := range c.pieces {
		at := ts + uint32(i)*c.step
		seq, ok := r.holes.fill(at)
		if !ok {
			r.out.stats.Dropped++
			continue
		}
		r.out.seq = seq
		r.out.send(r.cut.piece(p.Payload, c, i), at, false)
		r.out.stats.Relayed++
		r.out.stats.Lost--
	}
	r.out.seq = after
}

// wake sends silence when the source has been quiet for long enough. While packets flow it has nothing to do but to look again later.
func (r *relay) wake(now time.Time) time.Duration {
	if wait := r.ends.Add(quietAfter).Sub(now); !r.quiet && wait > 0 {
		return wait
	}
	late := catchUp
	if !r.quiet {
		late = 0 // begin with what is due now: the time that passed was the source's
		r.quiet, r.holes = true, holes{}
	}
	return r.out.fill(now, late)
}
