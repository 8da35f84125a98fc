package engine

import (
	"bytes"
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

// weather is how badly signalling is carried.
type weather struct {
	delay   time.Duration
	loss    float64 // share of the blobs
	reorder float64 // share of the blobs that come after their successor
	hold    chan struct{}
	seed    uint64 // of the dice
}

// wire carries the signalling of one direction of a call.
type wire struct {
	weather

	mu    sync.Mutex
	rand  *rand.Rand
	blobs chan underway
	late  []byte
}

// underway is a blob and when it arrives.
type underway struct {
	blob []byte
	at   time.Time
}

func newWire(w weather, direction uint64) *wire {
	return &wire{weather: w, rand: rand.New(rand.NewPCG(w.seed, direction)), blobs: make(chan underway, 1024)}
}

// send is a Config.Send.
func (w *wire) send(_ context.Context, blob []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.rand.Float64() < w.loss {
		return nil
	}
	if w.late == nil && w.rand.Float64() < w.reorder {
		w.late = bytes.Clone(blob)
		return nil
	}
	at := time.Now().Add(w.delay)
	w.blobs <- underway{bytes.Clone(blob), at}
	if w.late != nil {
		w.blobs <- underway{w.late, at}
		w.late = nil
	}
	return nil
}

// carry hands the blobs to the far end until the test ends.
func (w *wire) carry(t testing.TB, to *Engine) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	group.Go(func() {
		if w.hold != nil {
			select {
			case <-w.hold:
			case <-ctx.Done():
			}
		}
		for {
			select {
			case <-ctx.Done():
				return
			case u := <-w.blobs:
				if wait(ctx, time.Until(u.at)) {
					to.Receive(u.blob)
				}
			}
		}
	})
	t.Cleanup(func() { cancel(); group.Wait() })
}

func wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
