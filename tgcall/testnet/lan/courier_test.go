package lan

import (
	"context"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// newMailbox is a host whose device is a pipe.
func newMailbox(t *testing.T) (h *Host, delivered *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close(); _ = w.Close() })
	return &Host{device: w}, r
}

func TestTheCourierDeliversWhenDueAndInThatOrder(t *testing.T) {
	to, delivered := newMailbox(t)
	synctest.Test(t, func(t *testing.T) {
		c := newCourier()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); c.run(ctx) }()
		now := time.Now()
		for _, p := range []struct {
			text  string
			after time.Duration
		}{{"c", 30}, {"a", 10}, {"b", 10}, {"d", 40}} {
			c.take(to, []byte(p.text), now.Add(p.after*time.Millisecond))
		}
		time.Sleep(35 * time.Millisecond)
		synctest.Wait()
		cancel()
		<-done
	})
	buf := make([]byte, 100)
	if n, err := delivered.Read(buf); err != nil || string(buf[:n]) != "abc" {
		t.Errorf("delivered %q, %v; want abc", buf[:n], err)
	}
}

func TestAFullCourierLosesTheNewest(t *testing.T) {
	c := newCourier()
	for n := range maxWaiting + 5 {
		c.take(nil, []byte{byte(n)}, time.Now().Add(time.Hour))
	}
	if len(c.queue) != maxWaiting {
		t.Errorf("%d packets wait", len(c.queue))
	}
}
