package tgcall_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/gotd/td/tg"

	"switchgram/tgcall"
	"switchgram/tgcall/testnet"
)

// rings is an OnCall that lets it ring.
func rings(calls chan<- *tgcall.Call) func(context.Context, *tgcall.Call) {
	return func(ctx context.Context, c *tgcall.Call) { calls <- c; <-ctx.Done() }
}

// takes is an OnCall that answers.
func takes(calls chan<- *tgcall.Call) func(context.Context, *tgcall.Call) {
	return func(ctx context.Context, c *tgcall.Call) {
		calls <- c
		_ = c.Accept(ctx)
		<-ctx.Done()
	}
}

func wantCause(t *testing.T, c *tgcall.Call, want error) {
	t.Helper()
	if err := event[tgcall.Ended](t, c).Err; !errors.Is(err, want) {
		t.Errorf("call ended with %v, want %v", err, want)
	}
}

func TestOfManyDevicesThatAnswerAtOnceOneTalks(t *testing.T) {
	const devices = 5
	w := newWorld(t, testnet.Options{})
	incoming := make(chan *tgcall.Call, devices)
	for range devices {
		phone(t, w.bob, testnet.PhoneOptions{OnCall: rings(incoming)})
	}
	out := dial(t, phone(t, w.ann, testnet.PhoneOptions{}), "@bob")
	var ringing []*tgcall.Call
	for range devices {
		ringing = append(ringing, <-incoming)
	}
	var answers sync.WaitGroup
	talking := make(chan *tgcall.Call, devices)
	for _, c := range ringing {
		answers.Go(func() {
			switch err := c.Accept(testContext(t)); {
			case err == nil:
				talking <- c
			case !errors.Is(err, tgcall.ErrElsewhere):
				t.Errorf("a device that was late: %v", err)
			}
		})
	}
	event[tgcall.Connected](t, out)
	answers.Wait()
	if len(talking) != 1 {
		t.Fatalf("%d devices talk", len(talking))
	}
	if err := out.Discard(testContext(t), tgcall.Hangup); err != nil {
		t.Error(err)
	}
	wantEnd(t, <-talking, tgcall.DiscardError{Reason: tgcall.Hangup, Remote: true, Answered: true})
}

func TestAPersonWithTwoDevicesDeclinesOnOne(t *testing.T) {
	w := newWorld(t, testnet.Options{})
	mobile, desk := make(chan *tgcall.Call, 1), make(chan *tgcall.Call, 1)
	phone(t, w.bob, testnet.PhoneOptions{OnCall: rings(mobile)})
	phone(t, w.bob, testnet.PhoneOptions{OnCall: rings(desk)})
	out := dial(t, phone(t, w.ann, testnet.PhoneOptions{}), "@bob")
	onMobile, onDesk := <-mobile, <-desk
	if err := onMobile.Discard(testContext(t), tgcall.Busy); err != nil {
		t.Error(err)
	}
	wantCause(t, onDesk, tgcall.ErrElsewhere)
	wantEnd(t, out, tgcall.DiscardError{Reason: tgcall.Busy, Remote: true, Outgoing: true})
}

// TestTwoWhoCallEachOtherAtOnce: both requests are on their way before either has arrived.
func TestTwoWhoCallEachOtherAtOnce(t *testing.T) {
	both := func(t *testing.T, w *world, o testnet.PhoneOptions) (calls [2]*tgcall.Call) {
		t.Helper()
		ann, bob := phone(t, w.ann, o), phone(t, w.bob, o)
		release := w.Hold("phone.requestCall")
		var dials sync.WaitGroup
		var errs [2]error
		dials.Go(func() { calls[0], errs[0] = ann.Dial(testContext(t), "@bob") })
		dials.Go(func() { calls[1], errs[1] = bob.Dial(testContext(t), "@ann") })
		until(t, func() bool { return w.Requests("phone.requestCall") == 2 })
		release()
		dials.Wait()
		if err := errors.Join(errs[:]...); err != nil {
			t.Fatal(err)
		}
		return calls
	}
	t.Run("with one line each they are both busy", func(t *testing.T) {
		for _, c := range both(t, newWorld(t, testnet.Options{}), testnet.PhoneOptions{OnCall: testnet.Echo, MaxCalls: 1}) {
			wantEnd(t, c, tgcall.DiscardError{Reason: tgcall.Busy, Remote: true, Outgoing: true})
		}
	})
	t.Run("with room for more both calls come about", func(t *testing.T) {
		w := newWorld(t, testnet.Options{})
		for _, c := range both(t, w, testnet.PhoneOptions{OnCall: testnet.Echo}) {
			event[tgcall.Connected](t, c)
			if err := c.Discard(testContext(t), tgcall.Hangup); err != nil {
				t.Error(err)
			}
		}
		if w.Calls() > 0 {
			t.Errorf("%d calls are left", w.Calls())
		}
	})
	t.Run("when the other side is an app that says busy, its own call comes about", func(t *testing.T) {
		w := newWorld(t, testnet.Options{})
		incoming := make(chan *tgcall.Call, 1)
		ann := phone(t, w.ann, testnet.PhoneOptions{OnCall: takes(incoming)})
		bob := phone(t, w.bob, testnet.PhoneOptions{OnCall: testnet.Echo, MaxCalls: 1})
		theirs := dial(t, bob, "@ann")
		ours := dial(t, ann, "@bob")
		wantEnd(t, ours, tgcall.DiscardError{Reason: tgcall.Busy, Remote: true, Outgoing: true})
		event[tgcall.Connected](t, theirs)
		event[tgcall.Connected](t, <-incoming)
	})
}

func TestGivingUpBeforeTelegramHasAnswered(t *testing.T) {
	w := newWorld(t, testnet.Options{})
	incoming := make(chan *tgcall.Call, 1)
	phone(t, w.bob, testnet.PhoneOptions{OnCall: rings(incoming)})
	ann := phone(t, w.ann, testnet.PhoneOptions{})
	release := w.HoldAnswers("phone.requestCall") // Bob's phone rings all the same
	ctx, giveUp := context.WithCancel(testContext(t))
	dialled := make(chan error, 1)
	go func() {
		_, err := ann.Dial(ctx, "@bob")
		dialled <- err
	}()
	in := <-incoming
	giveUp()
	if err := <-dialled; !errors.Is(err, context.Canceled) {
		t.Errorf("dial: %v", err)
	}
	release()
	wantEnd(t, in, tgcall.DiscardError{Reason: tgcall.Missed, Remote: true})
}

// TestUpdatesThatOvertakeAnswers keeps the answers of one method back for a second.
func TestUpdatesThatOvertakeAnswers(t *testing.T) {
	for _, method := range []string{"phone.requestCall", "phone.receivedCall", "phone.acceptCall", "phone.confirmCall"} {
		t.Run(method, func(t *testing.T) {
			w := newWorld(t, testnet.Options{})
			phone(t, w.bob, testnet.PhoneOptions{OnCall: testnet.Echo})
			ann := phone(t, w.ann, testnet.PhoneOptions{})
			release := w.HoldAnswers(method)
			timer := time.AfterFunc(time.Second, release)
			t.Cleanup(func() { timer.Stop() })
			event[tgcall.Connected](t, dial(t, ann, "@bob"))
		})
	}
}

func TestADiscardedCallLeavesNoGapAndNoReport(t *testing.T) {
	w := newWorld(t, testnet.Options{WantsReport: true})
	phone(t, w.bob, testnet.PhoneOptions{OnCall: testnet.Echo})
	ann := phone(t, w.ann, testnet.PhoneOptions{})
	messages := make(chan *tg.UpdateNewMessage, 10)
	ann.Session().OnUpdate(func(_ context.Context, _ tg.Entities, u tg.UpdateClass) {
		if m, ok := u.(*tg.UpdateNewMessage); ok {
			messages <- m
		}
	})
	c := dial(t, ann, "@bob")
	event[tgcall.Connected](t, c)
	asked := w.Requests("updates.getDifference")
	if err := c.Discard(testContext(t), tgcall.Hangup); err != nil {
		t.Error(err)
	}
	action := (<-messages).Message.(*tg.MessageService).Action.(*tg.MessageActionPhoneCall)
	if action.CallID != c.ID() {
		t.Errorf("the chat says %v", action)
	}
	if more := w.Requests("updates.getDifference") - asked; more > 0 {
		t.Errorf("the end of the call left a gap: asked %d times", more)
	}
	if w.Requests("phone.setCallRating")+w.Requests("phone.saveCallDebug") > 0 {
		t.Error("a rating or debug data was sent")
	}
}

func TestAThirdPersonThatIsAddedEndsTheCallPeacefully(t *testing.T) {
	w := newWorld(t, testnet.Options{})
	phone(t, w.bob, testnet.PhoneOptions{OnCall: testnet.Echo})
	c := dial(t, phone(t, w.ann, testnet.PhoneOptions{}), "@bob")
	event[tgcall.Connected](t, c)
	w.EndCalls(w.ann, &tg.PhoneCallDiscardReasonMigrateConferenceCall{Slug: "abc"})
	wantEnd(t, c, tgcall.DiscardError{Reason: tgcall.Migrated, Remote: true, Outgoing: true, Answered: true})
}
