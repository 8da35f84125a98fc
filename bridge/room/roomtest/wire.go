// Package roomtest is a wire for tests: a Wire's two Ends are media.Streams, and what is written to one comes out of the other, later
// and not always, as the test likes. Ends may be used from several goroutines at once.
package roomtest

import (
	"slices"
	"sync"
	"time"

	"github.com/pion/rtp"

	"switchgram/bridge/media"
)

// End is one end of a wire.
type End struct {
	other *End
	delay time.Duration

	turn sync.Mutex // held while on runs: one packet at a time

	mu       sync.Mutex
	format   media.Format
	on       func(*rtp.Packet)
	lose     func(n int) bool
	sent     []rtp.Header
	coming   []*rtp.Packet // on their way to this end
	received []*rtp.Packet
	stats    media.Stats
}

// Wire returns two ends that speak f. Each packet takes delay, on a goroutine of its own, and they stay in order.
func Wire(f media.Format, delay time.Duration) (a, b *End) {
	a, b = &End{format: f, delay: delay}, &End{format: f, delay: delay}
	a.other, b.other = b, a
	return a, b
}

// Format is what the end speaks.
func (e *End) Format() media.Format {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.format
}

// SetFormat makes the end speak f.
func (e *End) SetFormat(f media.Format) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.format = f
}

// Lose loses the n-th packet written to this end, from 0, if lost says so.
func (e *End) Lose(lost func(n int) bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.lose = lost
}

// Sent is the headers of all packets written to this end, lost or not.
func (e *End) Sent() []rtp.Header {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.sent)
}

// Received is all packets that came to this end, in order of arrival. They must not be changed.
func (e *End) Received() []*rtp.Packet {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.received)
}

// OnRTP sets who receives what comes.
func (e *End) OnRTP(f func(*rtp.Packet)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.on = f
}

// WriteRTP sends a copy of the packet to the other end.
func (e *End) WriteRTP(p *rtp.Packet) error {
	if e.write(p) {
		k := rtp.Packet{Header: p.Header, Payload: slices.Clone(p.Payload)}
		e.other.travel(&k)
		time.AfterFunc(e.delay, e.other.arrive)
	}
	return nil
}

// write takes note of a packet, and tells whether it travels.
func (e *End) write(p *rtp.Packet) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := len(e.sent)
	e.sent = append(e.sent, p.Header)
	e.stats.Sent++
	return e.lose == nil || !e.lose(n)
}

// travel puts a packet on its way to this end.
func (e *End) travel(p *rtp.Packet) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.coming = append(e.coming, p)
}

// arrive delivers the packet that has been on its way for longest.
func (e *End) arrive() {
	e.turn.Lock()
	defer e.turn.Unlock()
	e.mu.Lock()
	on, p := e.on, e.coming[0]
	e.coming = e.coming[1:]
	e.stats.Received++
	e.received = append(e.received, p)
	e.mu.Unlock()
	if on != nil {
		on(p)
	}
}

// Stats counts what was sent and what came.
func (e *End) Stats() media.Stats {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.stats
}
