package room

import "github.com/pion/rtp"

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

// follow tells where p stands and, if that is in its turn, how many are missing before it. As RFC 3550 Appendix A.1 advises, it takes two
// packets in a row to begin another stream, so that no single packet can end one.
func (s *sequence) follow(p *rtp.Packet) (o order, missing int) {
	switch step := int16(p.SequenceNumber - s.highest); {
	case !s.started:
		s.begin(p)
		return fresh, 0
	case p.SSRC != s.ssrc || step > maxDropout || step < -maxMisorder:
		return s.meet(p), 0
	case step > 0:
		s.stranger, s.highest = false, p.SequenceNumber
		return inTurn, int(step) - 1
	case step == 0:
		return unwanted, 0
	default:
		return tardy, 0
	}
}

func (s *sequence) begin(p *rtp.Packet) {
	*s = sequence{started: true, ssrc: p.SSRC, highest: p.SequenceNumber}
}

func (s *sequence) meet(p *rtp.Packet) order {
	if s.stranger && p.SSRC == s.strangerSSRC && p.SequenceNumber == s.strangerNext {
		s.begin(p)
		return fresh
	}
	s.stranger, s.strangerSSRC, s.strangerNext = true, p.SSRC, p.SequenceNumber+1
	return unwanted
}
