package engine

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"switchgram/tgcall/testnet/reflectors"
)

// BenchmarkSetUp is the time from the start of both engines, which phone.confirmCall brings, until both hear the other. Each
// reports the median and the longest, too.
func BenchmarkSetUp(b *testing.B) {
	reflector := newReflector(b, reflectors.Options{})
	direct := func(c Config, w weather) call { return newCall(b, c, w) }
	for _, bench := range []struct {
		name string
		c    Config
		w    weather
		call func(Config, weather) call
	}{
		{"13.0.0 direct", Config{Version: "13.0.0", P2P: true}, weather{}, direct},
		{"9.0.0 direct", Config{Version: "9.0.0", P2P: true}, weather{}, direct},
		{"13.0.0 by reflector", Config{Version: "13.0.0"}, weather{}, func(c Config, _ weather) call {
			return newReflectedCall(b, c, reflector, false)
		}},
		{"13.0.0 slow signalling", Config{Version: "13.0.0", P2P: true}, weather{delay: 300 * time.Millisecond}, direct},
		{"13.0.0 signalling lost", Config{Version: "13.0.0", P2P: true}, weather{delay: 30 * time.Millisecond, loss: 0.3}, direct},
		{"13.0.0 slow signalling lost", Config{Version: "13.0.0", P2P: true}, weather{delay: 300 * time.Millisecond, loss: 0.3}, direct},
	} {
		b.Run(bench.name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				bench.w.seed++
				took = append(took, setUp(bench.call(bench.c, bench.w)))
			}
			report(b, took)
		})
	}
}

func report(b *testing.B, took []time.Duration) {
	b.Helper()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Milliseconds()), "median-ms")
	b.ReportMetric(float64(took[len(took)*9/10].Milliseconds()), "p90-ms")
	b.ReportMetric(float64(took[len(took)-1].Milliseconds()), "max-ms")
}

// setUp runs a call until both hear the other, and ends it.
func setUp(c call) time.Duration {
	start := time.Now()
	c.run()
	ctx, stop := context.WithCancel(context.Background())
	var talking sync.WaitGroup
	for _, s := range []*side{c.caller, c.callee} {
		talking.Go(func() { s.speak(ctx) })
	}
	for _, s := range []*side{c.caller, c.callee} {
		s.await("sound", func() bool { return len(s.heard) > 0 })
	}
	took := time.Since(start)
	stop()
	talking.Wait()
	for _, s := range []*side{c.caller, c.callee} {
		s.cancel()
	}
	return took
}

// speak sends a packet every 20 ms.
func (s *side) speak(ctx context.Context) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for n := uint16(0); ; n++ {
		_ = s.engine.WriteRTP(sound(n))
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
