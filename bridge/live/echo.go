package live

import (
	"context"
	"sync"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/room"
)

const (
	echoBlocks = 50                    // of the mix wait at most
	echoBlock  = room.MixRate / 50     // samples, 20 ms
	echoSlack  = room.MixRate / 5      // that may be queued besides the delay
	echoAhead  = 40 * time.Millisecond // for the next block to be a little late
)

// Echo implements route.Echoer.
func (ch *channel) Echo(ctx context.Context, delay time.Duration) error {
	tap, err := ch.call.Tap(ctx, room.TapOptions{Mix: echoBlocks})
	if err != nil {
		return err
	}
	defer tap.Close()
	e := newEcho(delay)
	ctx, stop := context.WithCancel(ctx)
	var hearing sync.WaitGroup
	defer hearing.Wait()
	defer stop()
	hearing.Go(func() {
		for {
			select {
			case block, more := <-tap.Mix():
				if !more {
					return
				}
				e.add(block.PCM)
			case <-ctx.Done():
				return
			}
		}
	})
	return ch.play(ctx, bridge.Sound{Source: e})
}

// echo is a source of what was added to it, a while later. It has no end.
type echo struct {
	most int // samples that are queued: what is older is not played

	mu    sync.Mutex
	queue []int16 // at room.MixRate

	rates *room.Resampler // to rate
	rate  int
	ready []int16
}

func newEcho(delay time.Duration) *echo {
	first := int((delay + echoAhead) * room.MixRate / time.Second)
	return &echo{most: first + echoSlack, queue: make([]int16, first)}
}

func (e *echo) add(pcm []int16) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.queue = append(e.queue, pcm...)
	if late := len(e.queue) - e.most; late > 0 {
		e.queue = append(e.queue[:0], e.queue[late:]...)
	}
}

// next is 20 ms; silence where there is nothing.
func (e *echo) next() []int16 {
	e.mu.Lock()
	defer e.mu.Unlock()
	block := make([]int16, echoBlock)
	n := copy(block, e.queue)
	e.queue = append(e.queue[:0], e.queue[n:]...)
	return block
}

// Fill implements room.Source.
func (e *echo) Fill(pcm []int16, rate int) int {
	if rate != e.rate {
		e.rate, e.rates, e.ready = rate, room.NewResampler(room.MixRate, rate), nil
	}
	for len(e.ready) < len(pcm) {
		e.ready = e.rates.Convert(e.next(), e.ready)
	}
	n := copy(pcm, e.ready)
	e.ready = append(e.ready[:0], e.ready[n:]...)
	return n
}
