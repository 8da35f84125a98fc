package testnet_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/gotd/td/tg"

	"switchgram/tgcall/testnet"
)

func TestCallFromRequestToServiceMessage(t *testing.T) {
	n := start(t, testnet.Options{CustomParameters: `{"a":1}`})
	a, b := annAndBob(n)
	ann, bob := device(t, n, a), device(t, n, b)

	c := establish(t, ann, bob, "bob")

	if !bytes.Equal(c.callerHas.GAOrB, c.calleeHalf.public) || !bytes.Equal(c.calleeHas.GAOrB, c.callerHalf.public) {
		t.Error("the halves of the key did not cross")
	}
	if want := c.calleeHalf.fingerprint(c.callerHalf.public); c.calleeHas.KeyFingerprint != want || c.callerHas.KeyFingerprint != want {
		t.Error("the key's fingerprint differs")
	}
	for who, has := range map[string]*tg.PhoneCall{"caller": c.callerHas, "callee": c.calleeHas} {
		if !slices.Equal(has.Protocol.LibraryVersions, []string{"9.0.0"}) || !has.P2PAllowed || has.CustomParameters.Data != `{"a":1}` {
			t.Errorf("the %s was told %v", who, has)
		}
		if has.AdminID != a.ID() || has.ParticipantID != b.ID() || len(has.Connections) != 0 {
			t.Errorf("the %s was told %v", who, has)
		}
	}
	if c.callerIn.AccessHash == c.calleeIn.AccessHash {
		t.Error("both know the call by the same access hash")
	}

	c.send(t, ann, c.callerIn, "from ann")
	if got := next[*tg.UpdatePhoneCallSignalingData](t, bob); string(got.Data) != "from ann" || got.PhoneCallID != c.callerIn.ID {
		t.Errorf("bob got %v", got)
	}
	c.send(t, bob, c.calleeIn, "from bob")
	if got := next[*tg.UpdatePhoneCallSignalingData](t, ann); string(got.Data) != "from bob" {
		t.Errorf("ann got %v", got)
	}

	if err := discard(t, bob, c.calleeIn, 7, &tg.PhoneCallDiscardReasonHangup{}); err != nil {
		t.Fatal(err)
	}
	over := nextCall[*tg.PhoneCallDiscarded](t, ann)
	if _, ok := over.Reason.(*tg.PhoneCallDiscardReasonHangup); !ok || over.Duration != 7 {
		t.Errorf("ann was told %v", over)
	}
	note := next[*tg.UpdateNewMessage](t, ann).Message.(*tg.MessageService)
	if action := note.Action.(*tg.MessageActionPhoneCall); !note.Out || action.CallID != c.callerIn.ID || action.Duration != 7 {
		t.Errorf("ann's chat says %v", note)
	}
	wantError(t, discard(t, ann, c.callerIn, 0, &tg.PhoneCallDiscardReasonHangup{}), 400, "CALL_ALREADY_DECLINED")
	_, err := ann.api.PhoneSendSignalingData(testContext(t), &tg.PhoneSendSignalingDataRequest{Peer: c.callerIn, Data: []byte("late")})
	wantError(t, err, 400, "CALL_NOT_ACTIVE")
}

func TestOtherDevicesStopRingingWhenOneAnswers(t *testing.T) {
	n := start(t, testnet.Options{})
	a, b := annAndBob(n)
	ann, mobile, desk := device(t, n, a), device(t, n, b), device(t, n, b)
	h := newHalf(t, ann)
	dial(t, ann, h, person(t, ann, "bob"), "9.0.0")
	onMobile, _ := ring(t, mobile)
	onDesk, asked := ring(t, desk)
	if waiting := nextCall[*tg.PhoneCallWaiting](t, ann); waiting.ReceiveDate == 0 {
		t.Error("the caller does not hear ringing")
	}
	if !bytes.Equal(asked.GAHash, h.hash()) {
		t.Error("the callee got another hash than the caller sent")
	}

	answer, err := accept(mobile, t, onMobile, newHalf(t, mobile), "9.0.0")
	if err != nil {
		t.Fatal(err)
	}
	if w := answer.PhoneCall.(*tg.PhoneCallWaiting); !slices.Equal(w.Protocol.LibraryVersions, []string{"9.0.0"}) {
		t.Errorf("the callee was answered %v", w)
	}
	if got := nextCall[*tg.PhoneCallDiscarded](t, desk); got.ID != onDesk.ID {
		t.Errorf("the desk was told %v", got)
	}
	_, err = accept(desk, t, onDesk, newHalf(t, desk), "9.0.0")
	wantError(t, err, 400, "CALL_ALREADY_ACCEPTED")
	wantError(t, discard(t, desk, onDesk, 0, &tg.PhoneCallDiscardReasonBusy{}), 400, "CALL_ALREADY_ACCEPTED")
	nextCall[*tg.PhoneCallAccepted](t, ann)
}

func TestDecliningEndsTheCallOnEveryDevice(t *testing.T) {
	n := start(t, testnet.Options{})
	a, b := annAndBob(n)
	ann, mobile, desk := device(t, n, a), device(t, n, b), device(t, n, b)
	dial(t, ann, newHalf(t, ann), person(t, ann, "bob"), "9.0.0")
	onMobile, _ := ring(t, mobile)
	onDesk, _ := ring(t, desk)

	if err := discard(t, mobile, onMobile, 0, &tg.PhoneCallDiscardReasonBusy{}); err != nil {
		t.Fatal(err)
	}
	for who, c := range map[string]*client{"ann": ann, "the desk": desk} {
		if _, ok := nextCall[*tg.PhoneCallDiscarded](t, c).Reason.(*tg.PhoneCallDiscardReasonBusy); !ok {
			t.Errorf("%s was not told that bob is busy", who)
		}
	}
	_, err := accept(desk, t, onDesk, newHalf(t, desk), "9.0.0")
	wantError(t, err, 400, "CALL_ALREADY_DECLINED")
}

func TestNobodyAnswers(t *testing.T) {
	n := start(t, testnet.Options{RingTimeout: 300 * time.Millisecond})
	a, b := annAndBob(n)
	ann, bob := device(t, n, a), device(t, n, b)
	dial(t, ann, newHalf(t, ann), person(t, ann, "bob"), "9.0.0")
	for who, c := range map[string]*client{"ann": ann, "bob": bob} {
		if _, ok := nextCall[*tg.PhoneCallDiscarded](t, c).Reason.(*tg.PhoneCallDiscardReasonMissed); !ok {
			t.Errorf("%s was not told that the call was missed", who)
		}
	}
}

func TestCallerThatNeverConfirmsIsDisconnected(t *testing.T) {
	n := start(t, testnet.Options{ReceiveTimeout: 300 * time.Millisecond})
	a, b := annAndBob(n)
	ann, bob := device(t, n, a), device(t, n, b)
	dial(t, ann, newHalf(t, ann), person(t, ann, "bob"), "9.0.0")
	in, _ := ring(t, bob)
	if _, err := accept(bob, t, in, newHalf(t, bob), "9.0.0"); err != nil {
		t.Fatal(err)
	}
	if _, ok := nextCall[*tg.PhoneCallDiscarded](t, bob).Reason.(*tg.PhoneCallDiscardReasonDisconnect); !ok {
		t.Error("bob was not told of the disconnect")
	}
}

func TestCallsThatAreRefused(t *testing.T) {
	n := start(t, testnet.Options{})
	a, b := annAndBob(n)
	ann := device(t, n, a)
	to, h := person(t, ann, "bob"), newHalf(t, ann)
	try := func(change func(*tg.PhoneRequestCallRequest)) error {
		q := request(h, to, "9.0.0")
		change(q)
		_, err := ann.api.PhoneRequestCall(testContext(t), q)
		return err
	}
	nothing := func(*tg.PhoneRequestCallRequest) {}

	wantError(t, try(func(q *tg.PhoneRequestCallRequest) { q.UserID = &tg.InputUserSelf{} }), 400, "USER_ID_INVALID")
	wantError(t, try(func(q *tg.PhoneRequestCallRequest) { q.UserID.(*tg.InputUser).AccessHash++ }), 400, "USER_ID_INVALID")
	wantError(t, try(func(q *tg.PhoneRequestCallRequest) { q.Protocol.UDPP2P, q.Protocol.UDPReflector = false, false }), 400, "CALL_PROTOCOL_FLAGS_INVALID")
	wantError(t, try(func(q *tg.PhoneRequestCallRequest) { q.Protocol.MaxLayer = 64 }), 400, "CALL_PROTOCOL_LAYER_INVALID")
	b.ForbidCalls(true)
	wantError(t, try(nothing), 403, "USER_PRIVACY_RESTRICTED")
	full, err := ann.api.UsersGetFullUser(testContext(t), to.AsInput())
	if err != nil || !full.FullUser.PhoneCallsAvailable || !full.FullUser.PhoneCallsPrivate {
		t.Errorf("got %v %v, want calls that are private", full, err)
	}
	b.ForbidCalls(false)
	b.Block(a, true)
	wantError(t, try(nothing), 403, "USER_IS_BLOCKED")
	b.Block(a, false)
	b.Outdated(true)
	wantError(t, try(nothing), 400, "PARTICIPANT_VERSION_OUTDATED")
	b.Outdated(false)
	n.Refuse("phone.requestCall", 500, "PARTICIPANT_CALL_FAILED")
	wantError(t, try(nothing), 500, "PARTICIPANT_CALL_FAILED")
	if err := try(func(q *tg.PhoneRequestCallRequest) { q.RandomID = 5 }); err != nil {
		t.Fatal(err)
	}
	wantError(t, try(func(q *tg.PhoneRequestCallRequest) { q.RandomID = 5 }), 500, "RANDOM_ID_DUPLICATE")

	wantError(t, discard(t, ann, tg.InputPhoneCall{ID: 5}, 0, &tg.PhoneCallDiscardReasonHangup{}), 400, "CALL_PEER_INVALID")
}

func TestNoCommonVersion(t *testing.T) {
	n := start(t, testnet.Options{})
	a, b := annAndBob(n)
	ann, bob := device(t, n, a), device(t, n, b)
	dial(t, ann, newHalf(t, ann), person(t, ann, "bob"), "13.0.0")
	in, _ := ring(t, bob)
	_, err := accept(bob, t, in, newHalf(t, bob), "9.0.0")
	wantError(t, err, 406, "CALL_PROTOCOL_COMPAT_LAYER_INVALID")
}

func TestRelayIsNamedWithCredentialsOfTheCall(t *testing.T) {
	no := false
	n := start(t, testnet.Options{TURN: true, P2P: &no})
	a, b := annAndBob(n)
	ann, bob := device(t, n, a), device(t, n, b)
	c := establish(t, ann, bob, "bob")
	if c.callerHas.P2PAllowed || c.calleeHas.P2PAllowed {
		t.Error("p2p is allowed against the order")
	}
	server := c.callerHas.Connections[0].(*tg.PhoneConnectionWebrtc)
	if !server.Turn || !server.Stun || server.Username == "" || fmt.Sprint(server) != fmt.Sprint(c.calleeHas.Connections[0]) {
		t.Fatalf("the relay is %v", server)
	}

	relayed, err := allocate(t, server)
	if err != nil || relayed == nil {
		t.Fatalf("allocation: %v", err)
	}
	wrong := *server
	wrong.Password += "x"
	if _, err := allocate(t, &wrong); err == nil {
		t.Error("the relay took a wrong password")
	}
	if err := discard(t, ann, c.callerIn, 0, &tg.PhoneCallDiscardReasonHangup{}); err != nil {
		t.Fatal(err)
	}
	if _, err := allocate(t, server); err == nil {
		t.Error("the credentials outlived the call")
	}
}

func TestPrivacyAgainstPeerToPeer(t *testing.T) {
	n := start(t, testnet.Options{})
	a, b := annAndBob(n)
	b.ForbidP2P(true)
	if c := establish(t, device(t, n, a), device(t, n, b), "bob"); c.callerHas.P2PAllowed || c.calleeHas.P2PAllowed {
		t.Error("p2p is allowed against bob's will")
	}
}

func TestSignallingOutOfOrder(t *testing.T) {
	const blobs = 40
	n := start(t, testnet.Options{Delay: time.Millisecond, Reorder: 0.5, Seed: 7})
	a, b := annAndBob(n)
	ann, bob := device(t, n, a), device(t, n, b)
	c := establish(t, ann, bob, "bob")
	for i := range blobs {
		c.send(t, ann, c.callerIn, string([]byte{byte(i)}))
	}
	var got []byte
	for range blobs {
		got = append(got, next[*tg.UpdatePhoneCallSignalingData](t, bob).Data[0])
	}
	if slices.IsSorted(got) {
		t.Error("no blob overtook another")
	}
}

func TestSignallingLost(t *testing.T) {
	n := start(t, testnet.Options{Loss: 1})
	a, b := annAndBob(n)
	ann, bob := device(t, n, a), device(t, n, b)
	c := establish(t, ann, bob, "bob")
	c.send(t, ann, c.callerIn, "lost")
	if err := discard(t, ann, c.callerIn, 0, &tg.PhoneCallDiscardReasonHangup{}); err != nil {
		t.Fatal(err)
	}
	nextCall[*tg.PhoneCallDiscarded](t, bob) // sent after the blob
	for len(bob.updates) > 0 {
		if u, ok := (<-bob.updates).(*tg.UpdatePhoneCallSignalingData); ok {
			t.Errorf("bob got %v", u)
		}
	}
}
