package room

import "switchgram/bridge/media"

const (
	// lossEvery is after how many ticks we look again how many packets are lost: two seconds.
	lossEvery = 100

	// leastLoss is below what a loss is none.
	leastLoss = 0.01
)

// A lossMeter tells how many of the packets to a far end are lost: as it reports, or as many as are lost on their way from there, since many
// report nothing. Its zero value knows of none.
type lossMeter struct {
	before media.Stats
	share  float64
}

// look takes the counts of now. What was lost is remembered for a while.
func (m *lossMeter) look(now media.Stats) float64 {
	was := m.before
	m.before = now
	out := lost(now.ReportedLost, was.ReportedLost, now.Sent-was.Sent)
	in := lost(now.Lost, was.Lost, now.Received-was.Received+now.Lost-was.Lost)
	if m.share = max(out, in, m.share/2); m.share < leastLoss {
		m.share = 0
	}
	return m.share
}

// lost is a share of all. Counts of what is lost go down when something comes late.
func lost(now, before, all uint64) float64 {
	if now <= before || all == 0 {
		return 0
	}
	return min(1, float64(now-before)/float64(all))
}

// expectLoss lets encoders protect what they write as far as that is needed.
func (m *mixer) expectLoss() {
	pens := map[*pen]float64{}
	for _, s := range m.room.seats {
		if mouth := s.currentMouth(); mouth != nil && mouth.pen != nil {
			pens[mouth.pen] = max(pens[mouth.pen], s.lookForLoss())
		}
	}
	for p, share := range pens {
		p.expectLoss(share)
	}
}

// lookForLoss tells which share of what is sent to the far side is lost.
func (s *Seat) lookForLoss() (share float64) {
	defer s.caught()
	return s.losses.look(s.stream.Stats())
}

func (p *pen) expectLoss(share float64) {
	p.lost = share
	p.enc.ExpectLoss(share)
}
