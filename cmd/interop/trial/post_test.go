package trial

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// deliveries runs the post to the callee for d, and tells what was delivered how long after the begin.
func deliveries(t *testing.T, trouble Trouble, d time.Duration, act func(p *post)) (blobs string, at []time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := newPost(trouble, 1)
		ctx, cancel := context.WithTimeout(t.Context(), d)
		defer cancel()
		begin := time.Now()
		var group sync.WaitGroup
		group.Go(func() {
			p.run(ctx, Callee, func(blob []byte) {
				blobs += string(blob)
				at = append(at, time.Since(begin))
			})
		})
		act(p)
		group.Wait()
	})
	return blobs, at
}

func TestThePostIsLateAndInOrder(t *testing.T) {
	blobs, at := deliveries(t, Trouble{SignallingDelay: 400 * time.Millisecond}, time.Minute, func(p *post) {
		p.take(Callee, []byte("a"))
		p.take(Caller, []byte("x"))
		time.Sleep(100 * time.Millisecond)
		p.take(Callee, []byte("b"))
	})
	if blobs != "ab" || at[0] != 400*time.Millisecond || at[1] != 500*time.Millisecond {
		t.Errorf("%q delivered after %v", blobs, at)
	}
}

func TestHeldPostArrivesWhenItIsReleased(t *testing.T) {
	blobs, at := deliveries(t, Trouble{}, time.Minute, func(p *post) {
		p.hold(true)
		p.take(Callee, []byte("a"))
		p.take(Callee, []byte("b"))
		time.Sleep(10 * time.Second)
		p.hold(false)
	})
	if blobs != "ab" || at[0] != 10*time.Second || at[1] != 10*time.Second {
		t.Errorf("%q delivered after %v", blobs, at)
	}
}

func TestThePostLosesTheShareAskedFor(t *testing.T) {
	blobs, _ := deliveries(t, Trouble{SignallingLoss: 0.3}, time.Minute, func(p *post) {
		for range 1000 {
			p.take(Callee, []byte("a"))
		}
	})
	if n := len(blobs); n < 650 || n > 750 {
		t.Errorf("%d of 1000 delivered, want about 700", n)
	}
}
