package audio

// reorder is how many packets late one may come and still be sent.
const reorder = 64

// leap is the longest gap that is taken for lost packets. A longer one, forward or back, is another stream on the same wire.
const leap = 1000

// sequence turns the caller's sequence numbers into those on the wire. They are the same until the caller pauses, jumps or
// starts anew: then the wire goes on without a gap. It never gives a number twice, which would encrypt two packets with one
// keystream (RFC 7714 §8.4, RFC 3711 §9.1), and never leaps so far that the peer's guess of the rollover counter goes wrong
// (RFC 3711 §3.3.1).
type sequence struct {
	started bool
	resume  bool   // the next packet follows the last one, whatever its number
	last    uint16 // the highest of the caller's numbers
	wire    uint16 // that number on the wire
	used    uint64 // bit n: wire-n was given
}

// restart makes the next packet follow the last one without a gap.
func (s *sequence) restart() { s.resume = true }

// next is the number on the wire. A spurt is the first packet after a pause or jump.
func (s *sequence) next(n uint16) (wire uint16, spurt, ok bool) {
	if !s.started {
		*s = sequence{started: true, last: n, wire: n, used: ^uint64(0)} // nothing before the first was ever sent, nor will be
		return n, false, true
	}
	ahead := int(int16(n - s.last))
	switch {
	case s.resume || ahead > leap || ahead <= -leap:
		s.resume = false
		s.advance(n, 1)
		return s.wire, true, true
	case ahead > 0:
		s.advance(n, ahead)
		return s.wire, false, true
	default:
		return s.late(-ahead)
	}
}

func (s *sequence) advance(n uint16, by int) {
	s.last = n
	s.wire += uint16(by)
	s.used = s.used<<by | 1 // a shift by 64 or more leaves nothing
}

func (s *sequence) late(by int) (wire uint16, spurt, ok bool) {
	if by >= reorder || s.used&(1<<by) != 0 {
		return 0, false, false
	}
	s.used |= 1 << by
	return s.wire - uint16(by), false, true
}
