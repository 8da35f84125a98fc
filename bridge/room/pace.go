package room

import "time"

const (
	// paceWindow is how long packets are watched before the delay is judged, and paceWindows how many such times are remembered: a
	// network that is late now and then is one that is late.
	paceWindow  = 2 * time.Second
	paceWindows = 5

	// tightest is how long the latest packets should wait at least, and slack by how much more than another tick they may.
	tightest = 4 * time.Millisecond
	slack    = 4 * time.Millisecond
)

// A pace watches how long packets wait before they are needed, and says how the delay should change: it grows when the latest come only just
// in time, by jitter or because the source's clock is slow, and shrinks when even those wait for long. While packets are lost it is one
// packet longer, so that the packet after a lost one, which may repeat it (in-band FEC of Opus), has come by then.
//
// What is needed at a tick is needed whole, so that the delay has steps of a tick, and what was decoded and not yet read is what a step
// has in it already.
type pace struct {
	change time.Duration // of the sound, still to be made: less than 0 is to leave some out

	least    time.Duration              // wait in this window
	measured time.Duration              // of this window
	before   [paceWindows]time.Duration // least of those before, newest first
	lossy    int                        // windows for which to be ready for losses
}

// unknown is the wait of a window that has not been.
const unknown = time.Hour

func newPace() pace {
	p := pace{least: unknown}
	for i := range p.before {
		p.before[i] = unknown
	}
	return p
}

// begin is for the beginning of sound after a pause.
func (p *pace) begin() { p.change, p.least, p.measured = 0, unknown, 0 }

// waited takes note of a packet that was needed after wait.
func (p *pace) waited(wait time.Duration) {
	if p.change == 0 {
		p.least = min(p.least, wait)
	}
}

// lost takes note of a loss.
func (p *pace) lost() { p.lossy = paceWindows }

// played tells that a tick was played, of packets of the given length, and judges at the end of a window. unread is how much was decoded
// beyond it.
func (p *pace) played(packet, unread time.Duration) {
	if p.measured += tick; p.measured < paceWindow || p.least == unknown {
		return
	}
	copy(p.before[1:], p.before[:])
	p.before[0], p.least, p.measured = p.least, unknown, 0
	floor := tightest
	if p.lossy > 0 {
		p.lossy--
		floor += packet
	}
	latest := p.before[0]
	for _, d := range p.before {
		latest = min(latest, d)
	}
	unread %= tick
	ticks := max(0, latest-floor-slack) / tick
	switch {
	case p.before[0] < floor:
		ticks = (p.before[0] - floor - tick + 1) / tick
		p.change = -ticks*tick - unread
	case ticks > 0 || unread > tick/2:
		p.change = -ticks*tick - unread
	}
	for i := range p.before {
		p.before[i] -= ticks * tick
	}
}

// changed tells by how much the sound was made longer. It may become a little longer than was wanted, but not shorter.
func (p *pace) changed(d time.Duration) {
	was := p.change
	if p.change -= d; was > 0 && p.change < 0 || was < 0 && p.change > -2*leastPeriod {
		p.change = 0
	}
}
