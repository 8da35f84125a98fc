package program_test

import (
	"context"
	"math"
	"sync"
	"time"

	"switchgram/bridge/leg"
	"switchgram/bridge/media"
	"switchgram/bridge/sip"
	"switchgram/bridge/sound"
	"switchgram/tgcall"
)

// end is one of the two at the ends of a call: it plays a tone and listens.
type end struct {
	h        *house
	hz       float64
	listener *sound.Listener
	hush     func() // ends both
}

// speak plays a tone at the end of a call, and listens there, until the test is over or hush was called.
func (h *house) speak(s media.Stream, hz float64) *end {
	e := &end{h: h, hz: hz, listener: sound.NewListener(s, sound.ListenerOptions{})}
	ctx, cancel := context.WithCancel(h.ctx)
	var all sync.WaitGroup
	all.Go(func() { _ = sound.NewPlayer(sound.NewTone(hz, 0.3), s).Run(ctx) })
	all.Go(func() { _ = e.listener.Run(ctx) })
	e.hush = func() { cancel(); all.Wait() }
	h.t.Cleanup(e.hush)
	return e
}

func (h *house) telegramEnd(c *tgcall.Call, hz float64) *end {
	return h.speak(leg.NewTelegram(c, "").Media(), hz)
}

func (h *house) sipEnd(d *sip.Dialog, hz float64) *end {
	return h.speak(leg.NewFreeSWITCH(d, "").Media(), hz)
}

// hears waits until this end has heard a stretch of the other's tone, and no more than that, that was sent after the call of hears.
func (e *end) hears(other *end) {
	e.h.t.Helper()
	e.hearsHz(other.hz)
}

func (e *end) hearsHz(hz float64) {
	e.h.t.Helper()
	const stretch = 400 * time.Millisecond
	before := e.listener.Received() + uint64(stretch/(20*time.Millisecond))
	var last sound.Heard
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		last = e.listener.Measure(stretch)
		if e.listener.Received() > before && math.Abs(last.Hz-hz) < 3 && last.Share > 0.8 {
			return
		}
		select {
		case <-e.h.ctx.Done():
			e.h.t.Fatalf("heard %s, want %.0f Hz", last, hz)
		case <-tick.C:
		}
	}
}

// talk lets both ends hear each other.
func talk(a, b *end) {
	a.h.t.Helper()
	a.hears(b)
	b.hears(a)
}
