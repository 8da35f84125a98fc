package account

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"

	"github.com/gotd/td/tg"
)

func testIntake() *intake {
	o := Options{Log: slog.New(slog.DiscardHandler)}
	o.complete()
	l := &link{a: &Account{o: o, log: o.Log}, people: newPeople(o.Peers, o.Log), order: newOrder()}
	l.people.setSelf(1)
	return newIntake(l, o.OnMissed)
}

// ring is an update of a call and one of something else, from a person we do not know yet.
func ring() *tg.Updates {
	return &tg.Updates{
		Updates: []tg.UpdateClass{&tg.UpdatePhoneCall{PhoneCall: &tg.PhoneCallRequested{ID: 5}}, &tg.UpdateUserStatus{UserID: 7}},
		Users:   []tg.UserClass{&tg.User{ID: 7, AccessHash: 70, Username: "ann"}, &tg.User{ID: 8, AccessHash: 80, Min: true}, &tg.UserEmpty{ID: 9}},
		Seq:     3,
	}
}

func TestACallPassesTheGapCheckBy(t *testing.T) {
	in := testIntake()

	if err := in.Handle(t.Context(), ring()); err != nil {
		t.Fatal(err)
	}

	d := <-in.queue.phone
	if d.entities.Users[7] == nil || d.entities.Short {
		t.Errorf("the call came with %+v", d.entities)
	}
	rest := (<-in.backlog).(*tg.Updates)
	if len(rest.Updates) != 1 || rest.Seq != 3 {
		t.Errorf("to the gap check went %+v", rest)
	}
	if p, err := in.people.find(t.Context(), target{kind: byID, id: 7}); err != nil || p.AccessHash != 70 {
		t.Errorf("the caller is %+v, %v", p, err)
	}
	for _, id := range []int64{8, 9} {
		if p, err := in.people.find(t.Context(), target{kind: byID, id: id}); !errors.Is(err, ErrUnknownPerson) {
			t.Errorf("somebody with a hash that does not work was learned: %+v", p)
		}
	}
	if handled, _ := in.order.passed(); handled != 1 {
		t.Errorf("handled %d", handled)
	}
}

func TestACallInAnAnswerIsLeftToWhoAsked(t *testing.T) {
	in := testIntake()
	in.takeResult(ring())
	in.takeResult(&tg.UpdateShort{Update: &tg.UpdatePhoneCall{}})
	if len(in.queue.phone) != 0 {
		t.Error("the call was delivered")
	}
	if len(in.backlog) != 1 || len((<-in.backlog).(*tg.Updates).Updates) != 1 {
		t.Error("the rest did not go to the gap check")
	}
}

func TestAnOverflowingBacklogHoldsNothingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := testIntake()
		for range 2 * backlogSize {
			_ = in.Handle(t.Context(), &tg.UpdateShort{Update: &tg.UpdateUserStatus{}})
		}
		_ = in.Handle(t.Context(), ring())
		if len(in.queue.phone) != 1 || !in.lost.Load() {
			t.Errorf("%d calls, lost %v", len(in.queue.phone), in.lost.Load())
		}

		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- in.feed(ctx) }()
		synctest.Wait()
		cancel()

		if err := <-done; err != nil || in.lost.Load() || len(in.queue.rest) != backlogSize {
			t.Errorf("%v, lost %v, %d delivered", err, in.lost.Load(), len(in.queue.rest))
		}
	})
}

func TestTheQRCodeWasScanned(t *testing.T) {
	in := testIntake()
	for range 2 {
		_ = in.Handle(t.Context(), &tg.UpdateShort{Update: &tg.UpdateLoginToken{}})
	}
	<-in.scanned
}
