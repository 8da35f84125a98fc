package tgcall

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestPatienceHasItsLimits(t *testing.T) {
	hold := func(types ...string) func(*fakeTelegram) {
		return func(f *fakeTelegram) {
			for _, name := range types {
				f.holding[name] = true
			}
		}
	}
	for _, c := range []struct {
		name   string
		onCall func(context.Context, *Call)
		setUp  func(*fakeTelegram)
		after  time.Duration
		end    string
	}{
		{"nobody has the call", ringOn, hold("phoneCallRequested"), 20 * time.Second, "missed: " + ErrNoDevice.Error()},
		{"nobody answers", ringOn, func(*fakeTelegram) {}, 90 * time.Second, "missed: " + ErrNoAnswer.Error()},
		{
			"media does not come", answerAll, func(*fakeTelegram) {}, 30 * time.Second,
			"disconnect, answered: " + ErrNoMedia.Error(),
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			withFake(t, c.onCall, func(t *testing.T, f *fakeTelegram, a, _ *fakeDevice) {
				c.setUp(f)
				start := time.Now()
				wantEnd(t, mustDial(t, a, bob), c.end)
				if took := time.Since(start); took < c.after || took > c.after+time.Second {
					t.Errorf("ended after %v, want %v", took, c.after)
				}
			})
		})
	}
}

func TestACalleeDoesNotWaitForeverEither(t *testing.T) {
	for name, want := range map[string]string{
		"phoneCallDiscarded": "busy: " + ErrNoAnswer.Error(),              // the caller vanished while it rang
		"phoneCall":          "disconnect, answered: " + ErrNoKey.Error(), // or after the answer
	} {
		ends := make(chan *Call, 1)
		onCall := func(ctx context.Context, c *Call) {
			ends <- c
			if name == "phoneCall" {
				_ = c.Accept(ctx)
			}
			<-ctx.Done()
		}
		synctest.Test(t, func(t *testing.T) {
			f := newFake(t)
			f.holding[name] = true
			a := f.device(ann, Options{Timeouts: Timeouts{Ring: 80 * time.Second}})
			f.device(bob, Options{OnCall: onCall})
			f.run(func() {
				mustDial(t, a, bob)
				wantEnd(t, <-ends, want)
			})
		})
	}
}

func TestShutdownEndsEveryCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		a, b := f.device(ann, Options{}), f.device(bob, Options{OnCall: answerAll})
		c := f.device(3, Options{OnCall: ringOn})
		var first, second *Call
		f.run(func() {
			first, _, _ = talking(t, a, b)
			second = mustDial(t, a, c.user)
			synctest.Wait()
		})
		wantEnd(t, first, "hangup, answered")
		wantEnd(t, second, "missed")
		if _, err := a.client.Dial(t.Context(), inputUser(bob)); !errors.Is(err, ErrStopped) {
			t.Errorf("dial afterwards: %v, want %v", err, ErrStopped)
		}
	})
}

func TestShutdownDoesNotWaitForTelegramForever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		a, b := f.device(ann, Options{}), f.device(bob, Options{OnCall: answerAll})
		var start time.Time
		f.run(func() {
			talking(t, a, b)
			f.delay("phone.discardCall", time.Hour)
			start = time.Now()
		})
		if took := time.Since(start); took > discardTimeout {
			t.Errorf("shutdown took %v", took)
		}
	})
}

func TestDiscardAndAcceptMayBeRepeated(t *testing.T) {
	incoming := make(chan *Call, 1)
	onCall := func(ctx context.Context, c *Call) { incoming <- c; answerAll(ctx, c) }
	withFake(t, onCall, func(t *testing.T, _ *fakeTelegram, a, b *fakeDevice) {
		c, _, _ := talking(t, a, b)
		in := <-incoming
		if err := errors.Join(in.Accept(t.Context()), c.Accept(t.Context())); err != nil {
			t.Errorf("accept again: %v", err)
		}
		for range 3 {
			if err := c.Discard(t.Context(), Disconnect); err != nil {
				t.Error(err)
			}
		}
		if a.count("phone.discardCall") != 1 {
			t.Errorf("sent %q", a.methods())
		}
		var end *DiscardError
		<-in.over
		if err := in.Accept(t.Context()); !errors.As(err, &end) || end.Reason != Disconnect {
			t.Errorf("accept after the end: %v", err)
		}
	})
}
