package sound_test

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/pion/rtp"

	"switchgram/bridge/media"
	"switchgram/bridge/sound"
)

// A loop is a stream whose far end says what it hears.
type loop struct {
	mu sync.Mutex
	on func(*rtp.Packet)
}

func (l *loop) Format() media.Format {
	return media.Format{Codec: media.PCMU, ClockRate: 8000, Channels: 1, PTime: 20 * time.Millisecond}
}

func (l *loop) OnRTP(f func(*rtp.Packet)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.on = f
}

func (l *loop) WriteRTP(p *rtp.Packet) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.on != nil {
		l.on(p)
	}
	return nil
}

func (l *loop) Stats() media.Stats { return media.Stats{} }

func Example() {
	stream := &loop{}
	listener := sound.NewListener(stream, sound.ListenerOptions{})
	player := sound.NewPlayer(sound.NewTone(440, 0.3), stream)

	ctx, cancel := context.WithCancel(context.Background())
	var both sync.WaitGroup
	both.Go(func() { _ = listener.Run(ctx) })
	both.Go(func() { _ = player.Run(ctx) })

	for listener.Received() < 30 {
		<-time.After(10 * time.Millisecond)
	}
	heard := listener.Measure(500 * time.Millisecond)
	cancel()
	both.Wait()
	fmt.Println(math.Abs(heard.Hz-440) < 5)
	// Output: true
}
