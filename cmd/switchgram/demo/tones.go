package demo

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"switchgram/bridge/media"
	"switchgram/bridge/sound"
)

// end is one of the two at the ends of a call: it plays its tone and listens.
type end struct {
	hz       float64
	player   *sound.Player
	listener *sound.Listener
}

const amplitude = 0.3 // 10 dB below the loudest sine

func newEnd(s media.Stream, hz float64) *end {
	return &end{hz: hz, player: sound.NewPlayer(sound.NewTone(hz, amplitude), s), listener: sound.NewListener(s, sound.ListenerOptions{})}
}

// run plays and listens until the returned function is called, which waits for both.
func (e *end) run(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	all.Go(func() { _ = e.player.Run(ctx) })
	all.Go(func() { _ = e.listener.Run(ctx) })
	return func() { cancel(); all.Wait() }
}

// twoTones are random, unknown to the bridge, far from each other and no harmonics of one another.
func twoTones() (a, b float64) {
	a = 400 + float64(rand.IntN(400))
	return a, a*1.3 + 20 + float64(rand.IntN(100))
}

// marker is above every tone, and within what a telephone carries.
func marker() float64 { return 2400 + float64(rand.IntN(500)) }

// converse lets both ends play and listen, and says what each heard.
func converse(ctx context.Context, caller, callee media.Stream) (byCaller, byCallee *Heard) {
	hzA, hzB := twoTones()
	a, b := newEnd(caller, hzA), newEnd(callee, hzB)
	defer a.run(ctx)()
	defer b.run(ctx)()
	var both sync.WaitGroup
	both.Go(func() { byCaller = hear(ctx, b, a) })
	both.Go(func() { byCallee = hear(ctx, a, b) })
	both.Wait()
	return byCaller, byCallee
}

// listenToEcho plays to somebody who sends it back.
func listenToEcho(ctx context.Context, caller media.Stream) *Heard {
	hz, _ := twoTones()
	a := newEnd(caller, hz)
	defer a.run(ctx)()
	return hear(ctx, a, a)
}

const (
	settle    = 5 * time.Second        // until the tone must be there
	patience  = 20 * time.Second       // for a stretch of it that a busy machine did not spoil
	measure   = time.Second            // how much of it is looked at
	markerIn  = 3 * time.Second        // until the marker must be there
	markers   = 3                      // that may be lost on a busy machine
	lookEvery = 50 * time.Millisecond  // at what a listener heard
	settled   = 200 * time.Millisecond // of the tone: it is there
)

// hear is what `to` hears of the tone that `from` plays, a while after it came, and how much later. On a busy machine it looks for a second
// in which nothing came too late. A tone that never comes has no delay.
func hear(ctx context.Context, from, to *end) *Heard {
	var h Heard
	clean := func(d time.Duration) func() bool {
		return func() bool {
			h = heard(from, to, d)
			return h.toneProblem() == ""
		}
	}
	if !until(ctx, settle, clean(settled)) {
		h = heard(from, to, measure)
		return &h
	}
	until(ctx, settled+measure, func() bool { return false }) // so that nothing from before the tone is measured
	until(ctx, patience, clean(measure))
	for try := 0; try < markers && h.DelayMS == 0; try++ {
		h.DelayMS = delay(ctx, from, to)
	}
	return &h
}

func heard(from, to *end, d time.Duration) Heard {
	m := to.listener.Measure(d)
	return Heard{WantHz: from.hz, Hz: m.Hz, DBFS: max(m.Level, -99), Share: m.Share}
}

// delay is how long after it was played the marker was heard, in ms; 0: never.
func delay(ctx context.Context, from, to *end) float64 {
	ctx, cancel := context.WithTimeout(ctx, markerIn)
	defer cancel()
	late, err := sound.Delay(ctx, from.player, to.listener, marker())
	if err != nil {
		return 0
	}
	return max(float64(late.Microseconds())/1000, 0)
}

// until waits for a condition, and tells whether it came true.
func until(ctx context.Context, d time.Duration, is func() bool) bool {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	t := time.NewTicker(lookEvery)
	defer t.Stop()
	for {
		if is() {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-t.C:
		}
	}
}
