package live

import (
	"context"
	"sync"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/room"
	"switchgram/bridge/sound"
)

// echoBlocks are how many blocks of the mix wait at most.
const echoBlocks = 50

// Echo implements route.Echoer.
func (ch *channel) Echo(ctx context.Context, delay time.Duration) error {
	tap, err := ch.call.Tap(ctx, room.TapOptions{Mix: echoBlocks})
	if err != nil {
		return err
	}
	e := sound.NewEcho(delay)
	var hearing sync.WaitGroup
	defer hearing.Wait()
	defer tap.Close()
	hearing.Go(func() {
		for block := range tap.Mix() {
			e.Add(block.PCM, room.MixRate)
		}
	})
	return ch.play(ctx, bridge.Sound{Source: e})
}
