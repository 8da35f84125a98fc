package testnet_test

import (
	"context"
	"errors"
	"testing"

	"github.com/gotd/td/tg"

	"switchgram/tgcall"
	"switchgram/tgcall/testnet"
)

func TestUnpluggedDevicesReachNobodyUntilTheyAreBack(t *testing.T) {
	const method = "phone.getCallConfig"
	n := start(t, testnet.Options{})
	a, b := annAndBob(n)
	ann, bob := phone(t, a, testnet.PhoneOptions{}), device(t, n, b)
	plugIn := n.Unplug(a)
	late := make(chan struct{})
	go func() { // once the connection is back
		defer close(late)
		for err := errors.New("not asked"); err != nil && testContext(t).Err() == nil; {
			_, err = ann.Session().API().PhoneGetCallConfig(testContext(t))
		}
	}()
	if _, err := bob.api.PhoneGetCallConfig(testContext(t)); err != nil {
		t.Errorf("others: %v", err)
	}
	if got := n.Requests(method); got != 1 {
		t.Errorf("%d requests came, want bob's alone", got)
	}
	plugIn()
	plugIn() // again is no harm
	<-late
	if got := n.Requests(method); got != 2 {
		t.Errorf("%d requests came, want ann's too", got)
	}
}

func TestUpdatesThatOvertakeTheAnswer(t *testing.T) {
	n := start(t, testnet.Options{})
	a, b := annAndBob(n)
	ann, bob := device(t, n, a), device(t, n, b)
	h, to := newHalf(t, ann), person(t, ann, "bob")
	release := n.HoldAnswers("phone.requestCall")
	answered := make(chan error, 1)
	go func() {
		_, err := ann.api.PhoneRequestCall(testContext(t), request(h, to, "9.0.0"))
		answered <- err
	}()
	in, _ := ring(t, bob)
	if err := discard(t, bob, in, 0, &tg.PhoneCallDiscardReasonBusy{}); err != nil {
		t.Fatal(err)
	}
	nextCall[*tg.PhoneCallDiscarded](t, ann)
	if len(answered) > 0 {
		t.Error("the answer did not wait")
	}
	release()
	if err := <-answered; err != nil {
		t.Error(err)
	}
	if got := n.Requests("phone.requestCall"); got != 1 || n.Calls() != 0 {
		t.Errorf("%d requests, %d live calls", got, n.Calls())
	}
}

func TestInterferenceInACall(t *testing.T) {
	n := start(t, testnet.Options{WantsReport: true})
	a, b := annAndBob(n)
	ann, bob := device(t, n, a), device(t, n, b)
	c := establish(t, ann, bob, "bob")
	if err := n.Interfere(b, c.callerIn.ID, []byte("noise")); err != nil {
		t.Fatal(err)
	}
	if got := next[*tg.UpdatePhoneCallSignalingData](t, bob); string(got.Data) != "noise" {
		t.Errorf("bob got %q", got.Data)
	}
	if n.Interfere(b, 5, nil) == nil {
		t.Error("there is a call 5")
	}
	n.EndCalls(b, &tg.PhoneCallDiscardReasonMigrateConferenceCall{Slug: "abc"})
	over := nextCall[*tg.PhoneCallDiscarded](t, ann)
	if r, ok := over.Reason.(*tg.PhoneCallDiscardReasonMigrateConferenceCall); !ok || r.Slug != "abc" || !over.NeedRating || !over.NeedDebug {
		t.Errorf("ann was told %v", over)
	}
}

func TestANetworkThatEndsLetsItsPhonesHangUpFirst(t *testing.T) {
	ctx, cancel := context.WithCancel(testContext(t))
	n, err := testnet.Start(ctx, testnet.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	a, b := annAndBob(n)
	ann := phone(t, a, testnet.PhoneOptions{})
	phone(t, b, testnet.PhoneOptions{OnCall: testnet.Echo})
	call, err := ann.Dial(testContext(t), "@bob")
	if err != nil {
		t.Fatal(err)
	}
	event[tgcall.Connected](t, call)
	cancel()
	var why *tgcall.DiscardError
	if ended := event[tgcall.Ended](t, call); !errors.As(ended.Err, &why) || why.Reason != tgcall.Hangup {
		t.Errorf("the call ended: %v", ended.Err)
	}
	n.Close()
	if n.Requests("phone.discardCall") == 0 || n.Calls() > 0 {
		t.Error("the network did not hear of the end")
	}
}
