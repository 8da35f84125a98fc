package tgcall

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gotd/td/tg"
)

// TestAConnectionThatBreaksDuringSetUp loses what a broken connection loses: requests on their way there, and answers on theirs back.
func TestAConnectionThatBreaksDuringSetUp(t *testing.T) {
	for _, method := range []string{
		"messages.getDhConfig", "phone.receivedCall", "phone.acceptCall", "phone.confirmCall", "phone.sendSignalingData", "phone.discardCall",
	} {
		for what, spoil := range map[string]func(*fakeTelegram){
			"requests": func(f *fakeTelegram) { f.fail(method, errConnection, errConnection) },
			"answers":  func(f *fakeTelegram) { f.lose(method, 1) },
		} {
			t.Run(method+" "+what, func(t *testing.T) {
				withFake(t, answerAll, func(t *testing.T, f *fakeTelegram, a, b *fakeDevice) {
					spoil(f)
					c, am, _ := talking(t, a, b)
					if err := am.config.Send(t.Context(), []byte("x")); err != nil {
						t.Error(err)
					}
					_ = c.Discard(t.Context(), Hangup)
					if names, end := eventsOf(c); describeEnd(*end) != "hangup, answered" || !slices.Contains(names, "Connected") {
						t.Errorf("%v, ended %v", names, end)
					}
				})
			})
		}
	}
}

func TestACallWhoseRequestIsLostRingsOnce(t *testing.T) {
	for what, spoil := range map[string]func(*fakeTelegram){
		"request": func(f *fakeTelegram) { f.fail("phone.requestCall", errConnection) },
		"answer":  func(f *fakeTelegram) { f.lose("phone.requestCall", 1) },
		"answer, and the updates come late": func(f *fakeTelegram) {
			f.lose("phone.requestCall", 1)
			f.fail("phone.receivedCall", errConnection, errConnection, errConnection)
		},
	} {
		t.Run(what, func(t *testing.T) {
			withFake(t, answerAll, func(t *testing.T, f *fakeTelegram, a, b *fakeDevice) {
				spoil(f)
				c, _, _ := talking(t, a, b)
				_ = c.Discard(t.Context(), Hangup)
				if names, end := eventsOf(c); describeEnd(*end) != "hangup, answered" || names[0] != "Ringing" {
					t.Errorf("%v, ended %v", names, end)
				}
				if rung := b.count("phone.acceptCall"); rung != 1 {
					t.Errorf("it rang %d times", rung)
				}
			})
		})
	}
}

func TestACallThatNobodySpeaksOfAgainIsPlacedAnew(t *testing.T) {
	withFake(t, ringOn, func(t *testing.T, f *fakeTelegram, a, b *fakeDevice) {
		f.lose("phone.requestCall", 1)
		f.holding["phoneCallRequested"] = true
		c := mustDial(t, a, bob)
		if ids := a.randomIDs(); len(ids) != 3 || ids[0] != ids[1] || ids[1] == ids[2] {
			t.Errorf("random ids %v", ids)
		}
		_ = c.Discard(t.Context(), Missed)
	})
}

func TestALateWordOfTheCallBeforeIsNotTakenForThisOne(t *testing.T) {
	r := newRegistry(0)
	r.forget(7)
	found := r.search(bob)
	for id := range int64(2) {
		r.route(7+id, &tg.PhoneCallWaiting{ID: 7 + id, ParticipantID: bob})
	}
	if w := <-found; w.ID != 8 {
		t.Errorf("found call %d", w.ID)
	}
}

func TestSignallingWaitsForTheConnectionInOrder(t *testing.T) {
	withFake(t, answerAll, func(t *testing.T, f *fakeTelegram, a, b *fakeDevice) {
		c, am, bm := talking(t, a, b)
		start := time.Now()
		f.fail("phone.sendSignalingData", slices.Repeat([]error{errConnection}, 20)...)
		for i := range 3 {
			if err := am.config.Send(t.Context(), fmt.Append(nil, i)); err != nil {
				t.Error(err)
			}
		}
		synctest.Wait()
		if got := bm.received(); !slices.Equal(got, []string{"0", "1", "2"}) || time.Since(start) < 20*time.Second {
			t.Errorf("%q came after %v", got, time.Since(start))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		f.fail("phone.sendSignalingData", slices.Repeat([]error{errConnection}, 1000)...)
		if err := am.config.Send(ctx, []byte("x")); !errors.Is(err, errConnection) {
			t.Errorf("after the media's end: %v", err)
		}
		_ = c.Discard(t.Context(), Hangup)
	})
}

func TestACallThatTelegramConfirmsLateIsTakenBack(t *testing.T) {
	withFake(t, ringOn, func(t *testing.T, f *fakeTelegram, a, b *fakeDevice) {
		f.delay("phone.requestCall", time.Minute)
		if _, err := a.client.Dial(t.Context(), inputUser(bob)); !errors.Is(err, ErrNoDevice) {
			t.Errorf("dial: %v", err)
		}
		later(time.Minute)
		wantSent(t, a, "phone.discardCall missed 0")
	})
}
