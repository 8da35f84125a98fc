package notify

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"switchgram/bridge"
)

// BenchmarkDrain delivers 100,000 notifications of 20,000 calls by an endpoint that fails at first with every tenth, as fast as the notifier goes.
func BenchmarkDrain(b *testing.B) {
	const count = 100_000
	for b.Loop() {
		q, failing := newMemory(), sync.Map{}
		to := &receiver{does: func(_ context.Context, d Delivery) error {
			if _, again := failing.LoadOrStore(d.ID, true); !again && d.Seq%10 == 0 {
				return errors.New("not now")
			}
			return nil
		}}
		for i := range count {
			q.add(Notification{ID: fmt.Sprint(i), Endpoint: "hook", Call: bridge.CallID(fmt.Sprint(i / 5)), Kind: bridge.CallEnded, At: time.Now()})
		}
		p, err := NewPlan([]Subscription{{Name: "hook", Events: []string{"*"}, Parallel: mostParallel, To: to}})
		if err != nil {
			b.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		left := count
		var mu sync.Mutex
		n, err := New(Options{Plan: p, Queue: q, Tried: func(_ string, s State) {
			mu.Lock()
			defer mu.Unlock()
			if s == Delivered {
				left--
			}
			if left == 0 {
				cancel()
			}
		}})
		if err != nil {
			b.Fatal(err)
		}
		if err := n.Run(ctx); err != nil {
			b.Fatal(err)
		}
		cancel()
		tries, most := to.asked()
		b.ReportMetric(float64(tries), "tries")
		b.ReportMetric(float64(most), "at-once")
	}
}
