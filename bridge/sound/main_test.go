package sound

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"
	"go.uber.org/goleak"

	"switchgram/bridge/media"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func format(c media.Codec) media.Format {
	f := media.Format{Codec: c, ClockRate: 8000, Channels: 1, PTime: 20 * time.Millisecond}
	if c == media.Opus {
		f.ClockRate, f.Channels = media.OpusRate, 2
	}
	return f
}

// An end is one end of a wire: a media.Stream whose packets come out of the other.
type end struct {
	other *end
	delay time.Duration

	mu     sync.Mutex
	format media.Format
	on     func(*rtp.Packet)
	sent   []rtp.Header
	lose   func(n int) bool // the n-th packet; nil: none
}

// wire connects two ends; everything takes delay.
func wire(f media.Format, delay time.Duration) (a, b *end) {
	a, b = &end{format: f, delay: delay}, &end{format: f, delay: delay}
	a.other, b.other = b, a
	return a, b
}

func (e *end) Format() media.Format {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.format
}

func (e *end) setFormat(f media.Format) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.format = f
}

func (e *end) OnRTP(f func(*rtp.Packet)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.on = f
}

func (e *end) WriteRTP(p *rtp.Packet) error {
	e.mu.Lock()
	e.sent = append(e.sent, p.Header)
	lost := e.lose != nil && e.lose(len(e.sent)-1)
	e.mu.Unlock()
	if !lost {
		k := *p
		k.Payload = append([]byte(nil), p.Payload...)
		time.AfterFunc(e.delay, func() { e.other.deliver(&k) })
	}
	return nil
}

func (e *end) deliver(p *rtp.Packet) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.on != nil {
		e.on(p)
	}
}

func (e *end) Stats() media.Stats { return media.Stats{} }

// run runs all of them in a bubble until f returns, and ends when they have.
func run(t *testing.T, f func(ctx context.Context, start func(run func(context.Context) error))) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		f(ctx, func(run func(context.Context) error) {
			all.Go(func() {
				if err := run(ctx); err != nil {
					t.Error(err)
				}
			})
		})
		cancel()
		all.Wait()
		wait(time.Second) // for what is on the wire
	})
}

func wait(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}
