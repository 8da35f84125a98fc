package load

import (
	"context"
	"slices"
	"sync/atomic"
	"time"
)

// grace is how long packets of a window may be on their way. Whether all have come is looked at often.
const (
	grace     = 2 * time.Second
	lookAgain = 20 * time.Millisecond
)

// window is a stretch of time that is measured. Packets belong to it by when they were sent, or by their place in the time of their stream,
// which begins with the first that comes.
type window struct {
	from, to  time.Duration
	sent, got atomic.Uint64 // frames with stamps
	delays    histogram
	direct    histogram // of packets that nothing was in between of
	pacing    histogram // how late packets were sent
}

// holds tells whether a time is in the window; nil holds none.
func (w *window) holds(at time.Duration) bool { return w != nil && at >= w.from && at < w.to }

// underway tells whether packets of the window may still come.
func (w *window) underway(talkers []*Talker) bool {
	return w.got.Load() < w.sent.Load() || slices.ContainsFunc(talkers, func(t *Talker) bool { return t.clock.Load().runs() })
}

// relayed counts a frame with a stamp.
func (w *window) relayed(sent, now time.Duration, direct bool) {
	switch {
	case !w.holds(sent):
	case direct:
		w.direct.add(now - sent)
	default:
		w.got.Add(1)
		w.delays.add(now - sent)
	}
}

// Figures are what was measured in a window.
//
// A relayed packet's delay is from just before the peer encrypts and sends it to just after the other peer has received and decrypted it, less
// Alone: the median of what packets took that the same process sent to itself in the same window. So the delay has all of the bridge in it, and
// what encryption takes the peers. A packet is lost if it has not come two seconds after the window.
//
// A packet that was encoded anew has no sender to be asked; it has its place in time, as its timestamp tells. Its delay is how much later it came
// than the earliest packet of its stream in the window, by that clock (packet delay variation, RFC 5481 §4.2): what load adds. Sound that is
// encoded anew waits besides in a jitter buffer and for its packet to be full, however small the load; that is not in it. Packets are
// lost if the timestamps of a stream have a hole, or if it has not come to the window's end two seconds after that.
type Figures struct {
	Packets       uint64 // of 20 ms that were received
	Lost          uint64
	P50, P99, Max time.Duration // delay
	Alone         time.Duration
	Late          time.Duration // p99 of how late the load sent its own packets: over a millisecond, the load is at its end
}

// Measure measures for so long. One measurement runs at a time; it ends early, with an error, if ctx does.
func (l *Load) Measure(ctx context.Context, d time.Duration) (Figures, error) {
	from := l.now()
	w := &window{from: from, to: from + d}
	talkers := l.all()
	for _, t := range talkers {
		if !t.sound.stamped {
			t.clock.Store(newClock(t.sound.step, d))
		}
	}
	l.window.Store(w)
	defer l.window.Store(nil)
	if err := Pause(ctx, d); err != nil {
		return Figures{}, err
	}
	for waited := time.Duration(0); w.underway(talkers) && waited < grace; waited += lookAgain {
		if err := Pause(ctx, lookAgain); err != nil {
			return Figures{}, err
		}
	}
	f := Figures{Packets: w.got.Load(), Alone: w.direct.quantile(0.5), Late: w.pacing.quantile(0.99)}
	if sent := w.sent.Load(); sent > f.Packets {
		f.Lost = sent - f.Packets
	}
	for _, t := range talkers {
		received, lost := t.clock.Swap(nil).count(&w.delays)
		f.Packets, f.Lost = f.Packets+received, f.Lost+lost
	}
	f.P50, f.P99, f.Max = less(w.delays.quantile(0.5), f.Alone), less(w.delays.quantile(0.99), f.Alone), less(w.delays.max(), f.Alone)
	return f, nil
}

func less(d, by time.Duration) time.Duration { return max(d-by, 0) }

// Pause waits for so long, or until ctx ends, whose cause it then returns.
func Pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
