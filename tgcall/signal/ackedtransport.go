package signal

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// ackedTransport sends acknowledged packets as blobs: versions 8.0.0 and 9.0.0.
type ackedTransport struct {
	cipher *cipher
	in     *inbox
	out    func([]byte)
	log    *slog.Logger
	wake   chan struct{} // a deadline may have changed; holds one

	mu    sync.Mutex
	acked *acked
}

func newAckedTransport(c *cipher, in *inbox, out func([]byte), log *slog.Logger) *ackedTransport {
	return &ackedTransport{cipher: c, in: in, out: out, log: log, wake: make(chan struct{}, 1), acked: newAcked()}
}

func (t *ackedTransport) fits(size int) error { return fitsAcked(size) }

func (t *ackedTransport) receive(blob []byte) error {
	plaintext, err := t.cipher.open(blob)
	if err != nil {
		return err
	}
	defer t.poke()
	t.mu.Lock()
	defer t.mu.Unlock()
	bodies, err := t.acked.receive(time.Now(), plaintext, t.in.room())
	for _, body := range bodies {
		json, bad := inflate(body)
		if bad == nil {
			bad = t.in.put(json)
		}
		err = errors.Join(err, bad)
	}
	return err
}

func (t *ackedTransport) poke() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

func (t *ackedTransport) run(ctx context.Context, messages <-chan []byte) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case json := <-messages:
			t.send(json)
		case <-timer.C:
			t.tick()
		case <-t.wake:
		}
		timer.Reset(t.untilDeadline())
	}
}

// untilDeadline is at most a minute.
func (t *ackedTransport) untilDeadline() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	due := t.acked.deadline()
	if due.IsZero() {
		return time.Minute
	}
	return time.Until(due)
}

func (t *ackedTransport) send(json []byte) {
	t.mu.Lock()
	plaintext, err := t.acked.send(time.Now(), json)
	t.mu.Unlock()
	if err != nil {
		t.log.Warn("signalling message not sent", "err", err)
		return
	}
	t.out(t.cipher.seal(plaintext))
}

func (t *ackedTransport) tick() {
	t.mu.Lock()
	plaintext := t.acked.tick(time.Now())
	t.mu.Unlock()
	if plaintext != nil {
		t.out(t.cipher.seal(plaintext))
	}
}
