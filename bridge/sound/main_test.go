package sound

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

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
