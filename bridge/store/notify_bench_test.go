package store

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"switchgram/bridge/notify"
)

// BenchmarkNotifications delivers 100,000 queued notifications of 25,000 calls to a receiver over HTTP that refuses every tenth the first time.
// SWITCHGRAM_NOTIFICATIONS says another number.
func BenchmarkNotifications(b *testing.B) {
	count := numberOf(b, "SWITCHGRAM_NOTIFICATIONS", 100_000)
	for range b.N {
		b.StopTimer()
		var taken, tries atomic.Int64
		var refused sync.Map
		done := make(chan struct{})
		hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			id := r.Header.Get("webhook-id")
			if _, again := refused.LoadOrStore(id, true); tries.Add(1)%10 == 0 && !again {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			if taken.Add(1) == int64(count) {
				close(done)
			}
		}))
		d, err := newDesk(inFolder(b.TempDir()), hook.URL)
		must(b, err)
		for i := range count / 4 {
			call := annCalls(fmt.Sprint(i))
			call.at = noon.Add(time.Duration(i) * time.Second)
			call.publish(d.store)
		}
		drained(b, d.store)
		ctx, cancel := context.WithCancel(context.Background())
		before := processorTime(b)
		b.StartTimer()
		running := make(chan error, 1)
		go func() { running <- d.notifier.Run(ctx) }()
		<-done
		b.StopTimer()
		b.ReportMetric(float64(count)/b.Elapsed().Seconds(), "told/s")
		b.ReportMetric(float64(processorTime(b)-before)/float64(count)/1000, "cpu-µs/told")
		b.ReportMetric(float64(tries.Load()-taken.Load()), "refused")
		cancel()
		must(b, <-running)
		all, err := d.store.List(context.Background(), notify.Filter{State: notify.Waiting})
		must(b, err)
		if len(all) > 0 {
			b.Errorf("%d still wait", len(all))
		}
		hook.Close()
		must(b, d.store.Close())
	}
}

// processorTime is what this process has used of processors; others may be at work beside it.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	must(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
