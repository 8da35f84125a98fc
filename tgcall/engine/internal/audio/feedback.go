package audio

import (
	"encoding/binary"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// feedbackInterval is how often the peer hears when its packets came. It is told from its own packets' arrival, so that a silent
// call costs no timer.
const feedbackInterval = instant(100 * time.Millisecond)

// record notes the arrival of a packet that carries a transport-wide sequence number.
func (i *incoming) record(p *rtp.Packet, now instant) {
	if i.format.TransportCC == 0 {
		return
	}
	if x := p.GetExtension(i.format.TransportCC); len(x) == 2 {
		i.feedback.Record(p.SSRC, binary.BigEndian.Uint16(x), time.Duration(now).Microseconds())
		i.feedbackDue = true
	}
}

// dueFeedback is the feedback about everything that came since the last one, if that is long enough ago.
func (i *incoming) dueFeedback(now, interval instant) []rtcp.Packet {
	i.mu.Lock()
	defer i.mu.Unlock()
	if !i.feedbackDue || now-i.feedbackSent < interval {
		return nil
	}
	i.feedbackDue, i.feedbackSent = false, now
	return i.feedback.BuildFeedbackPacket()
}

func (s *Stream) feedBack(now, interval instant) {
	for _, p := range s.in.dueFeedback(now, interval) {
		s.out.writeRTCP(p)
	}
}
