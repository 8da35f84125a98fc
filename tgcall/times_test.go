package tgcall

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestACallTellsHowFarItCameWhen(t *testing.T) {
	incoming := make(chan *Call, 1)
	onCall := func(ctx context.Context, c *Call) {
		incoming <- c
		later(4 * time.Second)
		answerAll(ctx, c)
	}
	withFake(t, onCall, func(t *testing.T, f *fakeTelegram, a, b *fakeDevice) {
		f.delay("phone.requestCall", time.Second)
		start := time.Now()
		out := mustDial(t, a, bob)
		in := <-incoming
		if got := out.Times(); !got.Accepted.IsZero() || got.Requested.IsZero() {
			t.Errorf("while it rings: %+v", got)
		}
		m, _ := a.nextMedia(t), b.nextMedia(t)
		m.up = start.Add(time.Hour)
		for _, c := range []struct {
			call                                    *Call
			requested, ringing, accepted, confirmed time.Duration
		}{
			{out, 0, time.Second, 4 * time.Second, 4 * time.Second},
			{in, 0, 0, 4 * time.Second, 4 * time.Second},
		} {
			got := c.call.Times()
			for name, at := range map[string][2]time.Duration{
				"requested": {got.Requested.Sub(start), c.requested}, "ringing": {got.Ringing.Sub(start), c.ringing},
				"accepted": {got.Accepted.Sub(start), c.accepted}, "confirmed": {got.Confirmed.Sub(start), c.confirmed},
			} {
				if at[0] != at[1] {
					t.Errorf("outgoing %v: %s after %v, want %v", c.call.Outgoing(), name, at[0], at[1])
				}
			}
		}
		if got := out.Times().ICE; !got.Equal(m.up) {
			t.Errorf("the engine's times are %v", got)
		}
		_ = out.Discard(t.Context(), Hangup)
		synctest.Wait()
		if in.Times().Confirmed.IsZero() {
			t.Error("forgotten after the end")
		}
	})
}
