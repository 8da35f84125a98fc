package bridge

import (
	"context"
	"errors"
	"testing"
	"time"

	"switchgram/bridge/room"
)

func TestControllerHearsWhatIsSaid(t *testing.T) {
	var packets int
	var late error
	control := func(ctx context.Context, c *Call) error {
		if err := c.Answer(ctx); err != nil {
			return err
		}
		tap, err := c.Tap(ctx, room.TapOptions{Packets: 100})
		if err != nil {
			return err
		}
		for packets < 50 {
			<-tap.Packets()
			packets++
		}
		tap.Close()
		err = c.Hangup(ctx, NormalClearing)
		_, late = c.Tap(context.Background(), room.TapOptions{Packets: 1})
		return err
	}
	scripted(t, control, func(s *stage) {
		caller := &parrotLeg{fakeLeg: newLeg("tg", "ann")}
		done := s.handle(caller, to1000)
		caller.says.talks(2 * time.Second)
		<-done
		if ended := (*EndedError)(nil); packets != 50 || !errors.As(late, &ended) {
			t.Errorf("heard %d packets; after the end: %v", packets, late)
		}
	})
}
