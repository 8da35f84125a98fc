// Package tones plays a tone at each end of a call and says what the other end heard of it: how high, how loud, how pure, how much later.
// The demo, `switchgram doctor` and the test against a real FreeSWITCH judge calls by it.
//
// An End is one of the two; Converse and Echo are whole conversations. All methods may be called at once.
package tones

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"switchgram/bridge/media"
	"switchgram/bridge/sound"
)

// End is one of the two at the ends of a call: it plays its tone and listens.
type End struct {
	Hz       float64 // of its tone
	player   *sound.Player
	listener *sound.Listener
}

const amplitude = 0.3 // 10 dB below the loudest sine

// NewEnd makes an end that plays hz into the stream. It takes over the stream's OnRTP, and starts nothing.
func NewEnd(s media.Stream, hz float64) *End {
	return &End{Hz: hz, player: sound.NewPlayer(sound.NewTone(hz, amplitude), s), listener: sound.NewListener(s, sound.ListenerOptions{})}
}

// Run plays and listens until the returned function is called, which waits for both.
func (e *End) Run(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	all.Go(func() { _ = e.player.Run(ctx) })
	all.Go(func() { _ = e.listener.Run(ctx) })
	return func() { cancel(); all.Wait() }
}

// Two are random, unknown to the bridge, far from each other and no harmonics of one another.
func Two() (a, b float64) {
	a = 400 + float64(rand.IntN(400))
	return a, a*1.3 + 20 + float64(rand.IntN(100))
}

// marker is above every tone, and within what a telephone carries.
func marker() float64 { return 2400 + float64(rand.IntN(500)) }

// Converse lets both ends of a call play and listen, and says what each heard.
func Converse(ctx context.Context, caller, callee media.Stream) (byCaller, byCallee *Heard) {
	hzA, hzB := Two()
	a, b := NewEnd(caller, hzA), NewEnd(callee, hzB)
	defer a.Run(ctx)()
	defer b.Run(ctx)()
	var both sync.WaitGroup
	both.Go(func() { byCaller = hear(ctx, b, a) })
	both.Go(func() { byCallee = hear(ctx, a, b) })
	both.Wait()
	return byCaller, byCallee
}

// Echo plays to somebody who sends it back, and says what came.
func Echo(ctx context.Context, caller media.Stream) *Heard {
	hz, _ := Two()
	a := NewEnd(caller, hz)
	defer a.Run(ctx)()
	return hear(ctx, a, a)
}

const (
	settle    = 5 * time.Second        // until the tone must be there
	patience  = 20 * time.Second       // for a stretch of it that a busy machine did not spoil
	measure   = time.Second            // how much of it is looked at
	stretch   = 400 * time.Millisecond // how much of it shows that it is there, or not
	markerIn  = 3 * time.Second        // until the marker must be there
	markers   = 3                      // that may be lost on a busy machine
	lookEvery = 50 * time.Millisecond  // at what a listener heard
	settled   = 200 * time.Millisecond // of the tone: it is there
	packet    = 20 * time.Millisecond
)

// hear is what `to` hears of the tone that `from` plays, a while after it came, and how much later. On a busy machine it looks for a second
// in which nothing came too late. A tone that never comes has no delay.
func hear(ctx context.Context, from, to *End) *Heard {
	var h Heard
	clean := func(d time.Duration) func() bool {
		return func() bool {
			h = to.heard(from.Hz, d)
			return h.toneProblem() == ""
		}
	}
	if !Until(ctx, settle, clean(settled)) {
		h = to.heard(from.Hz, measure)
		return &h
	}
	Until(ctx, settled+measure, func() bool { return false }) // so that nothing from before the tone is measured
	Until(ctx, patience, clean(measure))
	for try := 0; try < markers && h.DelayMS == 0; try++ {
		h.DelayMS = delay(ctx, from, to)
	}
	return &h
}

func (e *End) heard(want float64, d time.Duration) Heard {
	return newHeard(want, e.listener.Measure(d))
}

// Hears waits until a stretch of a tone of hz, and nothing else, has come that was sent after the call of Hears.
func (e *End) Hears(ctx context.Context, hz float64) error {
	enough := e.listener.Received() + uint64(stretch/packet)
	var last Heard
	if Until(ctx, patience, func() bool {
		last = e.heard(hz, stretch)
		return e.listener.Received() >= enough && last.toneProblem() == ""
	}) {
		return nil
	}
	return because(ctx, cmp.Or(last.toneProblem(), "heard nothing new"))
}

// HearsNo waits until a stretch has had nothing of a tone of hz in it, whether packets come or not.
func (e *End) HearsNo(ctx context.Context, hz float64) error {
	from := time.Now()
	if Until(ctx, patience, func() bool {
		h := e.heard(hz, stretch)
		return time.Since(from) > stretch && !h.has(hz)
	}) {
		return nil
	}
	return because(ctx, fmt.Sprintf("still hears %.0f Hz", hz))
}

// because is what was wrong to the end, and why that was the end.
func because(ctx context.Context, problem string) error {
	if err := context.Cause(ctx); err != nil {
		return fmt.Errorf("%s: %w", problem, err)
	}
	return errors.New(problem)
}

// delay is how long after it was played the marker was heard, in ms; 0: never.
func delay(ctx context.Context, from, to *End) float64 {
	ctx, cancel := context.WithTimeout(ctx, markerIn)
	defer cancel()
	late, err := sound.Delay(ctx, from.player, to.listener, marker())
	if err != nil {
		return 0
	}
	return max(float64(late.Microseconds())/1000, 0)
}

// Until waits for a condition, and tells whether it came true within d.
func Until(ctx context.Context, d time.Duration, is func() bool) bool {
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
