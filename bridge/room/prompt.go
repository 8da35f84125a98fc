package room

import (
	"time"

	"github.com/pion/rtp"
)

// A prompt is the path of a seat that hears a file of Opus packets. They go out one by one, paced by the clock.
type prompt struct {
	out     *output
	play    *Playback
	src     PacketSource
	cut     cutter
	started bool
	over    bool // the last has been heard
}

func newPrompt(o *output, p *Playback) *prompt {
	return &prompt{out: o, play: p, src: p.src.(PacketSource), cut: newCutter(o.format)}
}

func (*prompt) take(*rtp.Packet, time.Time) {}

// wake sends what is due. A packet that breaks RFC 6716 is left out.
func (p *prompt) wake(now time.Time) time.Duration {
	late := catchUp
	if !p.started {
		late = 0 // there was sound until now
	}
	for {
		wait, gap := p.out.line.due(now, late)
		if wait > 0 {
			return wait
		}
		packet, ok := p.src.NextPacket()
		if !ok {
			p.over = true
			return formatPoll
		}
		p.send(packet, gap || !p.started)
		p.started, late = true, catchUp
	}
}

func (p *prompt) send(packet []byte, marker bool) {
	c, err := p.cut.measure(packet)
	if err != nil {
		return
	}
	first := p.out.line.next
	for i := range c.pieces {
		p.out.send(p.cut.piece(packet, c, i), first+uint32(i)*c.step, marker && i == 0)
		p.out.stats.Played++
	}
	p.out.line.next = first + c.total
}
