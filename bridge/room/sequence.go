package room

// Limits of RFC 3550 Appendix A.1: what is further ahead, or further behind, is another stream.
const (
	maxDropout  = 3000
	maxMisorder = 100
)

// An order is where a packet stands among those before it.
type order uint8

const (
	inTurn   order = iota // the one after the last, or one after a gap
	fresh                 // the first of a stream
	tardy                 // overtaken by others
	unwanted              // seen before, or a stranger
)

// A sequence follows the sequence numbers of a source.
type sequence struct {
	started bool
	ssrc    uint32
	highest uint16

	stranger     bool // the last packet fitted no stream; another that follows it begins one
	strangerSSRC uint32
	strangerNext uint16
}

// follow tells where a packet stands and, if that is in its turn, how many are missing before it. As RFC 3550 Appendix A.1 advises, it takes two
// packets in a row to begin another stream, so that no single packet can end one.
func (s *sequence) follow(ssrc uint32, seq uint16) (o order, missing int) {
	switch step := int16(seq - s.highest); {
	case !s.started:
		s.begin(ssrc, seq)
		return fresh, 0
	case ssrc != s.ssrc || step > maxDropout || step < -maxMisorder:
		return s.meet(ssrc, seq), 0
	case step > 0:
		s.stranger, s.highest = false, seq
		return inTurn, int(step) - 1
	case step == 0:
		return unwanted, 0
	default:
		return tardy, 0
	}
}

func (s *sequence) begin(ssrc uint32, seq uint16) {
	*s = sequence{started: true, ssrc: ssrc, highest: seq}
}

func (s *sequence) meet(ssrc uint32, seq uint16) order {
	if s.stranger && ssrc == s.strangerSSRC && seq == s.strangerNext {
		s.begin(ssrc, seq)
		return fresh
	}
	s.stranger, s.strangerSSRC, s.strangerNext = true, ssrc, seq+1
	return unwanted
}
