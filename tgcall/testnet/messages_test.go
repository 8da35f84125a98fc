package testnet_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/gotd/td/tg"

	"switchgram/tgcall/testnet"
)

func write(t *testing.T, c *client, to *tg.User, text string) error {
	t.Helper()
	return writeAs(t, c, to, text, rand.Int64())
}

func writeAs(t *testing.T, c *client, to *tg.User, text string, random int64) error {
	t.Helper()
	_, err := c.api.MessagesSendMessage(testContext(t), &tg.MessagesSendMessageRequest{Peer: to.AsInputPeer(), Message: text, RandomID: random})
	return err
}

func TestMessageReachesEveryDeviceOfBoth(t *testing.T) {
	n := start(t, testnet.Options{})
	a, b := annAndBob(n)
	ann, annsDesk, bob := device(t, n, a), device(t, n, a), device(t, n, b)
	to := person(t, ann, "bob")
	if err := write(t, ann, to, "hello"); err != nil {
		t.Fatal(err)
	}
	got := next[*tg.UpdateNewMessage](t, bob)
	if m := got.Message.(*tg.Message); m.Message != "hello" || m.Out || m.PeerID.(*tg.PeerUser).UserID != a.ID() || got.PtsCount != 1 {
		t.Errorf("bob got %v", got)
	}
	if m := next[*tg.UpdateNewMessage](t, annsDesk).Message.(*tg.Message); !m.Out || m.PeerID.(*tg.PeerUser).UserID != b.ID() {
		t.Errorf("ann's desk got %v", m)
	}
	if err := write(t, bob, person(t, bob, "ann"), "hello back"); err != nil {
		t.Fatal(err)
	}
	next[*tg.UpdateNewMessage](t, ann)

	h, err := ann.api.MessagesGetHistory(testContext(t), &tg.MessagesGetHistoryRequest{Peer: to.AsInputPeer()})
	if err != nil {
		t.Fatal(err)
	}
	all := h.(*tg.MessagesMessages).Messages
	if len(all) != 2 || all[0].(*tg.Message).Message != "hello back" || all[1].(*tg.Message).Message != "hello" {
		t.Errorf("the history is %v", all)
	}
	d, err := ann.api.MessagesGetDialogs(testContext(t), &tg.MessagesGetDialogsRequest{OffsetPeer: &tg.InputPeerEmpty{}})
	if err != nil || len(d.(*tg.MessagesDialogs).Dialogs) != 1 {
		t.Errorf("the dialogs are %v, %v", d, err)
	}
	if read, err := ann.api.MessagesReadHistory(testContext(t), &tg.MessagesReadHistoryRequest{Peer: to.AsInputPeer()}); err != nil || read.Pts != 3 {
		t.Errorf("read: %v, %v", read, err)
	}
}

func TestMessagesThatAreRefused(t *testing.T) {
	n := start(t, testnet.Options{})
	a, b := annAndBob(n)
	ann := device(t, n, a)
	to := person(t, ann, "bob")
	wantError(t, write(t, ann, to, ""), 400, "MESSAGE_EMPTY")
	wantError(t, write(t, ann, to, strings.Repeat("x", 4097)), 400, "MESSAGE_TOO_LONG")
	wantError(t, write(t, ann, &tg.User{ID: 5}, "x"), 400, "PEER_ID_INVALID")
	b.Block(a, true)
	wantError(t, write(t, ann, to, "x"), 403, "USER_IS_BLOCKED")
	b.Block(a, false)
	a.Block(b, true)
	wantError(t, write(t, ann, to, "x"), 400, "YOU_BLOCKED_USER")
	a.Block(b, false)
	if err := writeAs(t, ann, to, "x", 5); err != nil {
		t.Fatal(err)
	}
	wantError(t, writeAs(t, ann, to, "x", 5), 500, "RANDOM_ID_DUPLICATE")
}

func TestDifferenceAfterBeingOffline(t *testing.T) {
	n := start(t, testnet.Options{})
	a, b := annAndBob(n)
	ann, bob := device(t, n, a), device(t, n, b)
	before, err := bob.api.UpdatesGetState(testContext(t))
	if err != nil {
		t.Fatal(err)
	}
	bob.stop()
	if err := write(t, ann, person(t, ann, "bob"), "while you were out"); err != nil {
		t.Fatal(err)
	}
	missed := dial(t, ann, newHalf(t, ann), person(t, ann, "bob"), "9.0.0")
	if err := discard(t, ann, missed, 0, &tg.PhoneCallDiscardReasonMissed{}); err != nil {
		t.Fatal(err)
	}
	ringing := dial(t, ann, newHalf(t, ann), person(t, ann, "bob"), "9.0.0")

	back := device(t, n, b)
	difference := func(pts int, date int) tg.UpdatesDifferenceClass {
		d, err := back.api.UpdatesGetDifference(testContext(t), &tg.UpdatesGetDifferenceRequest{Pts: pts, Date: date})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	d := difference(before.Pts, before.Date).(*tg.UpdatesDifference)
	if len(d.NewMessages) != 2 || d.NewMessages[0].(*tg.Message).Message != "while you were out" {
		t.Errorf("missed messages: %v", d.NewMessages)
	}
	if action := d.NewMessages[1].(*tg.MessageService).Action.(*tg.MessageActionPhoneCall); action.CallID != missed.ID {
		t.Errorf("the missed call left %v", action)
	}
	states := map[int64]tg.PhoneCallClass{}
	for _, u := range d.OtherUpdates {
		call := u.(*tg.UpdatePhoneCall).PhoneCall
		states[call.GetID()] = call
	}
	if _, ok := states[missed.ID].(*tg.PhoneCallDiscarded); !ok {
		t.Errorf("the missed call is %v", states[missed.ID])
	}
	if _, ok := states[ringing.ID].(*tg.PhoneCallRequested); !ok {
		t.Errorf("the call that rings is %v", states[ringing.ID])
	}

	if err := discard(t, ann, ringing, 0, &tg.PhoneCallDiscardReasonMissed{}); err != nil {
		t.Fatal(err)
	}
	nextCall[*tg.PhoneCallDiscarded](t, back)
	later := int(time.Now().Add(time.Hour).Unix())
	if d, ok := difference(d.State.Pts+1, later).(*tg.UpdatesDifferenceEmpty); !ok {
		t.Errorf("nothing was missed, and it is told %v", d)
	}
}
