package tgcall

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

func TestACallRingsOnceHoweverOftenItIsTold(t *testing.T) {
	rung := make(chan *Call, 10)
	onCall := func(ctx context.Context, c *Call) { rung <- c; <-ctx.Done() }
	withFake(t, onCall, func(t *testing.T, _ *fakeTelegram, a, b *fakeDevice) {
		again := func(id int64) {
			b.updates <- &tg.UpdatePhoneCall{PhoneCall: &tg.PhoneCallRequested{
				ID: id, AccessHash: id*1000 + bob, Date: int(time.Now().Unix()), AdminID: ann, ParticipantID: bob, GAHash: make([]byte, 32),
			}}
			synctest.Wait()
		}
		c := mustDial(t, a, bob)
		again(c.ID())
		_ = c.Discard(t.Context(), Missed)
		wantEnd(t, <-rung, "missed, remote")
		again(c.ID()) // as getDifference may bring it
		if len(rung) > 0 || b.count("phone.receivedCall") != 1 {
			t.Errorf("it rang %d times more; sent %q", len(rung), b.methods())
		}
	})
}

func TestRequestsThatAreNotOursDoNotRing(t *testing.T) {
	rung := func(_ context.Context, c *Call) { t.Errorf("call %d rings", c.ID()) }
	withFake(t, rung, func(t *testing.T, _ *fakeTelegram, _, b *fakeDevice) {
		good := tg.PhoneCallRequested{ID: 5, Date: int(time.Now().Unix()), AdminID: ann, ParticipantID: bob, GAHash: make([]byte, 32)}
		stale, others, ours, malformed := good, good, good, good
		stale.Date -= 200
		others.ParticipantID = 77
		ours.AdminID = bob
		malformed.GAHash = make([]byte, 31)
		for _, r := range []tg.PhoneCallRequested{stale, others, ours, malformed} {
			b.updates <- &tg.UpdatePhoneCall{PhoneCall: &r}
		}
		synctest.Wait()
		if b.count("phone.") > 0 {
			t.Errorf("sent %q", b.methods())
		}
	})
}

func TestAnsweredOnAnotherDevice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		calls := make(chan *Call, 2)
		a := f.device(ann, Options{})
		rings := make(chan struct{})
		slow := f.device(bob, Options{OnCall: func(ctx context.Context, c *Call) { calls <- c; close(rings); <-ctx.Done() }})
		quick := f.device(bob, Options{OnCall: func(ctx context.Context, c *Call) { <-rings; answerAll(ctx, c) }})
		f.run(func() {
			c := mustDial(t, a, bob)
			a.nextMedia(t).establish()
			quick.nextMedia(t).establish()
			synctest.Wait()
			wantEnd(t, <-calls, "no reason, remote: "+ErrElsewhere.Error())
			if slow.count("phone.discardCall") > 0 {
				t.Errorf("sent %q", slow.methods())
			}
			_ = c.Discard(t.Context(), Hangup)
		})
	})
}

func TestAnsweringTooLate(t *testing.T) {
	for _, name := range []string{"CALL_ALREADY_ACCEPTED", "CALL_ALREADY_DECLINED"} {
		errs := make(chan error, 1)
		onCall := func(ctx context.Context, c *Call) { errs <- c.Accept(ctx) }
		withFake(t, onCall, func(t *testing.T, f *fakeTelegram, a, b *fakeDevice) {
			f.fail("phone.acceptCall", tgerr.New(400, name))
			c := mustDial(t, a, bob)
			later(discardTimeout) // until then an update might say that it was us
			err := <-errs
			var end *DiscardError
			if !errors.As(err, &end) || !end.Remote || !errors.Is(err, ErrElsewhere) || !tgerr.Is(err, name) {
				t.Errorf("%s: %v", name, err)
			}
			if b.count("phone.discardCall") > 0 {
				t.Errorf("%s: sent %q", name, b.methods())
			}
			_ = c.Discard(t.Context(), Missed)
		})
	}
}

func TestAnsweringWhileTheAccountIsInACallElsewhereIsBusy(t *testing.T) {
	onCall := func(ctx context.Context, c *Call) { _ = c.Accept(ctx) }
	withFake(t, onCall, func(t *testing.T, f *fakeTelegram, a, b *fakeDevice) {
		f.fail("phone.acceptCall", tgerr.New(500, "CALL_OCCUPY_FAILED"))
		wantEnd(t, mustDial(t, a, bob), "busy, remote")
		wantSent(t, b, "phone.discardCall busy 0")
	})
}

func TestDeclinedOnAnotherDevice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		calls := make(chan *Call, 2)
		a := f.device(ann, Options{})
		b := f.device(bob, Options{OnCall: func(ctx context.Context, c *Call) { calls <- c; <-ctx.Done() }})
		f.run(func() {
			c := mustDial(t, a, bob)
			synctest.Wait()
			gone := &tg.PhoneCallDiscarded{ID: c.ID()}
			gone.SetReason(&tg.PhoneCallDiscardReasonBusy{})
			b.updates <- &tg.UpdatePhoneCall{PhoneCall: gone}
			wantEnd(t, <-calls, "busy, remote: "+ErrElsewhere.Error())
			if b.count("phone.discardCall") > 0 {
				t.Errorf("sent %q", b.methods())
			}
			_ = c.Discard(t.Context(), Missed)
		})
	})
}

func TestOneCallTooManyIsBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		a, b := f.device(ann, Options{}), f.device(bob, Options{OnCall: answerAll, MaxCalls: 1})
		f.run(func() {
			first, _, _ := talking(t, a, b)
			wantEnd(t, mustDial(t, a, bob), "busy, remote")
			if _, err := b.client.Dial(t.Context(), inputUser(ann)); !errors.Is(err, ErrTooMany) {
				t.Errorf("dial: %v, want %v", err, ErrTooMany)
			}
			_ = first.Discard(t.Context(), Hangup)
			synctest.Wait()
			second, _, _ := talking(t, a, b)
			_ = second.Discard(t.Context(), Hangup)
		})
	})
}

func TestTwoWhoCallEachOtherAtOnceAreBothBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		f.delay("messages.getDhConfig", time.Second) // both have begun by then, and neither has asked for the call
		f.delay("phone.requestCall", time.Second)
		o := Options{OnCall: ringOn, MaxCalls: 1}
		a, b := f.device(ann, o), f.device(bob, o)
		f.run(func() {
			var calls [2]*Call
			done := make(chan error, 2)
			for i, d := range []*fakeDevice{a, b} {
				go func() {
					var err error
					calls[i], err = d.client.Dial(t.Context(), inputUser([]int64{bob, ann}[i]))
					done <- err
				}()
			}
			if err := errors.Join(<-done, <-done); err != nil {
				t.Fatal(err)
			}
			wantEnd(t, calls[0], "busy, remote")
			wantEnd(t, calls[1], "busy, remote")
		})
	})
}

func TestTwoWhoCallEachOtherAtOnceMayTalkTwice(t *testing.T) {
	withFake(t, answerAll, func(t *testing.T, _ *fakeTelegram, a, b *fakeDevice) {
		first, _, _ := talking(t, a, b)
		second, _, _ := talking(t, b, a)
		_ = first.Discard(t.Context(), Hangup)
		wantEnd(t, first, "hangup, answered")
		_ = second.Discard(t.Context(), Hangup)
		wantEnd(t, second, "hangup, answered")
	})
}

func TestAHandlerThatReturnsHasDeclined(t *testing.T) {
	withFake(t, func(context.Context, *Call) {}, func(t *testing.T, _ *fakeTelegram, a, b *fakeDevice) {
		wantEnd(t, mustDial(t, a, bob), "busy, remote")
		wantSent(t, b, "phone.discardCall busy 0")
	})
}

func TestAHandlerMayReturnOnceItHasAnswered(t *testing.T) {
	onCall := func(ctx context.Context, c *Call) { _ = c.Accept(ctx) }
	withFake(t, onCall, func(t *testing.T, _ *fakeTelegram, a, b *fakeDevice) {
		c, _, _ := talking(t, a, b)
		later(time.Minute)
		_ = c.Discard(t.Context(), Hangup)
		wantEnd(t, c, "hangup, answered")
	})
}
