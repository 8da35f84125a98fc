package account_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"testing"

	"github.com/gotd/td/tg"

	"switchgram/tgcall/account"
	"switchgram/tgcall/testnet"
)

func TestAnAccountThatIsNotLoggedInSaysSo(t *testing.T) {
	n := network(t, testnet.Options{})
	told := make(chan account.State, 64)
	a := newAccount(t, n, oldKey(t, n), states(told))

	err := a.Run(testContext(t), func(context.Context, *account.Session) error {
		t.Error("served without login")
		return nil
	})

	if !errors.Is(err, account.ErrLoginNeeded) {
		t.Errorf("error is %v", err)
	}
	await(t, told, "login needed", is(account.LoginNeeded))
}

func TestASessionThatCannotBeOpenedIsNotReplaced(t *testing.T) {
	n := network(t, testnet.Options{})
	path := storedSession(t, "secret")
	a := newAccount(t, n, fileSession(t, path, make([]byte, account.KeySize)))
	for name, try := range map[string]func() error{
		"run":   func() error { return a.Run(testContext(t), nil) },
		"login": func() error { _, err := a.LoginCode(testContext(t), &person{}); return err },
	} {
		if err := try(); !errors.Is(err, account.ErrWrongKey) {
			t.Errorf("%s: error is %v", name, err)
		}
	}
	if got, err := fileSession(t, path, testKey).LoadSession(testContext(t)); err != nil || string(got) != "secret" {
		t.Errorf("the file has %q now, %v", got, err)
	}
}

func TestRunReturnsWhatServeReturns(t *testing.T) {
	n := network(t, testnet.Options{})
	ann, _ := annAndBob(n)
	a := newAccount(t, n, ann.Session(testContext(t)))
	want := errors.New("enough")

	err := a.Run(testContext(t), func(ctx context.Context, s *account.Session) error {
		if s.Self().ID != ann.ID() || s.Self().Username != "ann" || s.Self().Phone != "4930111111" {
			t.Errorf("we are %+v", s.Self())
		}
		if err := a.Run(ctx, nil); !errors.Is(err, account.ErrBusy) {
			t.Errorf("second Run: %v, want ErrBusy", err)
		}
		return want
	})

	if !errors.Is(err, want) {
		t.Errorf("error is %v", err)
	}
	if err := run(t, a).stop(); err != nil {
		t.Errorf("run again: %v", err)
	}
}

func TestALastWordIsSentAtTheEndOfRun(t *testing.T) {
	n := network(t, testnet.Options{})
	annUser, bobUser := annAndBob(n)
	bob := run(t, newAccount(t, n, bobUser.Session(testContext(t))))
	ctx, end := context.WithCancel(testContext(t))

	err := newAccount(t, n, annUser.Session(ctx)).Run(ctx, func(ctx context.Context, s *account.Session) error {
		to, err := s.Resolve(ctx, "@bob")
		if err != nil {
			return err
		}
		end()
		<-ctx.Done()
		return s.SendMessage(testContext(t), to, "goodbye")
	})

	if err != nil {
		t.Errorf("error is %v", err)
	}
	await(t, bob.updates, "goodbye", says("goodbye"))
}

func TestMessagesArriveAtTheOtherSide(t *testing.T) {
	n := network(t, testnet.Options{})
	annUser, bobUser := annAndBob(n)
	ann := run(t, newAccount(t, n, annUser.Session(testContext(t))))
	bob := run(t, newAccount(t, n, bobUser.Session(testContext(t))))
	to, err := ann.Resolve(testContext(t), "@bob")
	if err != nil {
		t.Fatal(err)
	}

	for _, s := range []string{"one", "two", "three"} {
		if err := ann.SendMessage(testContext(t), to, s); err != nil {
			t.Fatal(err)
		}
	}

	for _, s := range []string{"one", "two", "three"} {
		if got := await(t, bob.updates, s, func(u tg.UpdateClass) bool { return text(u) != "" }); text(got) != s {
			t.Errorf("%q came before %q", text(got), s)
		}
	}
	if err := ann.SendMessage(testContext(t), to, " \n"); err == nil {
		t.Error("an empty message was sent")
	}
}

func TestTheConnectionIsLostAndComesBack(t *testing.T) {
	n := network(t, testnet.Options{})
	annUser, bobUser := annAndBob(n)
	line, told := newCable(), make(chan account.State, 1024)
	bob := run(t, newAccount(t, n, bobUser.Session(testContext(t)), line.use, states(told)))
	ann := run(t, newAccount(t, n, annUser.Session(testContext(t))))
	to, err := ann.Resolve(testContext(t), "@bob")
	if err != nil {
		t.Fatal(err)
	}
	if up := await(t, told, "up", is(account.Up)); up.Self.ID != bobUser.ID() {
		t.Errorf("up as %+v", up.Self)
	}

	line.setCut(true)
	if down := await(t, told, "down", is(account.Down)); down.Err == nil {
		t.Error("down without a reason")
	}
	await(t, told, "down by the cut cable", func(s account.State) bool { return errors.Is(s.Err, errCut) })
	if err := ann.SendMessage(testContext(t), to, "while you were away"); err != nil {
		t.Fatal(err)
	}
	line.setCut(false)

	await(t, told, "up again", is(account.Up))
	await(t, bob.updates, "the message missed meanwhile", says("while you were away"))
	if _, err := bob.Resolve(testContext(t), "@ann"); err != nil {
		t.Errorf("a request after the return: %v", err)
	}
}

func TestAServerThatIsAwayIsWaitedFor(t *testing.T) {
	n := network(t, testnet.Options{})
	ann, _ := annAndBob(n)
	line, told := newCable(), make(chan account.State, 1024)
	line.setCut(true)
	a := newAccount(t, n, ann.Session(testContext(t)), line.use, states(told))
	done := make(chan error, 1)
	go func() { done <- a.Run(testContext(t), func(context.Context, *account.Session) error { return nil }) }()
	await(t, told, "down", func(s account.State) bool { return s.Kind == account.Down && errors.Is(s.Err, errCut) })

	line.setCut(false)

	await(t, told, "up", is(account.Up))
	if err := <-done; err != nil {
		t.Errorf("error is %v", err)
	}
}

func TestTheServerCutsTheConnection(t *testing.T) {
	n := network(t, testnet.Options{})
	ann, _ := annAndBob(n)
	line, told := newCable(), make(chan account.State, 1024)
	r := run(t, newAccount(t, n, ann.Session(testContext(t)), line.use, states(told)))
	await(t, told, "up", is(account.Up))

	n.Disconnect(ann)

	await(t, told, "down", is(account.Down))
	await(t, told, "up again", is(account.Up))
	if _, err := r.Resolve(testContext(t), "@bob"); err != nil {
		t.Error(err)
	}
	if line.dials() < 2 {
		t.Errorf("connected %d times", line.dials())
	}
}

func TestARevokedSessionEndsTheRun(t *testing.T) {
	n := network(t, testnet.Options{})
	ann, _ := annAndBob(n)
	told := make(chan account.State, 1024)
	s := ann.Session(testContext(t))
	r := run(t, newAccount(t, n, s, states(told)))

	ann.Revoke()

	<-r.ended
	if err := r.stop(); !errors.Is(err, account.ErrRevoked) {
		t.Errorf("error is %v", err)
	}
	await(t, told, "revoked", is(account.Revoked))
	if left, err := s.LoadSession(testContext(t)); len(left) != 0 {
		t.Errorf("the dead session is still stored: %d bytes, %v", len(left), err)
	}
}

func TestADeactivatedAccountEndsTheRun(t *testing.T) {
	n := network(t, testnet.Options{})
	ann, _ := annAndBob(n)
	r := run(t, newAccount(t, n, ann.Session(testContext(t))))
	n.Refuse("contacts.resolveUsername", 401, "USER_DEACTIVATED")

	_, _ = r.Resolve(testContext(t), "@bob")

	<-r.ended
	if err := r.stop(); !errors.Is(err, account.ErrRevoked) {
		t.Errorf("error is %v", err)
	}
}

// TestSignallingComesInWireOrder squeezes a thousand signalling packets into one moment, when gotd handles them all at once.
func TestSignallingComesInWireOrder(t *testing.T) {
	const packets = 1000
	n := network(t, testnet.Options{})
	annUser, bobUser := annAndBob(n)
	line := newCable()
	bob := run(t, newAccount(t, n, bobUser.Session(testContext(t)), line.use))
	ann := run(t, newAccount(t, n, annUser.Session(testContext(t))))
	peer := callBetween(t, ann, bob)

	release := line.squeeze()
	defer release()
	for i := range uint32(packets) {
		_, err := ann.API().PhoneSendSignalingData(testContext(t), &tg.PhoneSendSignalingDataRequest{
			Peer: peer, Data: binary.BigEndian.AppendUint32(nil, i),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	release()

	for i := range uint32(packets) {
		u := await(t, bob.updates, "signalling", func(u tg.UpdateClass) bool { _, ok := u.(*tg.UpdatePhoneCallSignalingData); return ok })
		if got := binary.BigEndian.Uint32(u.(*tg.UpdatePhoneCallSignalingData).Data); got != i {
			t.Fatalf("packet %d came as number %d", got, i)
		}
	}
}

// TestASlowSubscriberLosesNoMessage has more messages come than all queues on the way can hold.
func TestASlowSubscriberLosesNoMessage(t *testing.T) {
	const messages = 1600
	n := network(t, testnet.Options{})
	annUser, bobUser := annAndBob(n)
	ann := run(t, newAccount(t, n, annUser.Session(testContext(t))))
	to := resolve(t, ann, "@bob")
	bob := newAccount(t, n, bobUser.Session(testContext(t)))

	err := bob.Run(testContext(t), func(ctx context.Context, s *account.Session) error {
		awake, got := make(chan struct{}), make(chan string, messages)
		s.OnUpdate(func(_ context.Context, _ tg.Entities, u tg.UpdateClass) {
			<-awake
			if text(u) != "" {
				got <- text(u)
			}
		})
		for i := range messages {
			if err := ann.SendMessage(ctx, to, strconv.Itoa(i)); err != nil {
				return err
			}
		}
		if _, err := s.Resolve(ctx, "@ann"); err != nil {
			t.Errorf("a request meanwhile: %v", err)
		}
		close(awake)
		for i := range messages {
			if s := next(ctx, got); s != strconv.Itoa(i) {
				return fmt.Errorf("message %d is %q", i, s)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// next is the next text, or "" when ctx ends.
func next(ctx context.Context, c <-chan string) string {
	select {
	case s := <-c:
		return s
	case <-ctx.Done():
		return ""
	}
}

// callBetween makes a call active as far as the network is concerned, and returns ann's side of it.
func callBetween(t *testing.T, ann, bob *running) tg.InputPhoneCall {
	t.Helper()
	ctx, protocol := testContext(t), tg.PhoneCallProtocol{UDPP2P: true, UDPReflector: true, MinLayer: 65, MaxLayer: 92, LibraryVersions: []string{"9.0.0"}}
	to, err := ann.Resolve(ctx, "@bob")
	if err != nil {
		t.Fatal(err)
	}
	asked, err := ann.API().PhoneRequestCall(ctx, &tg.PhoneRequestCallRequest{UserID: to.Input(), RandomID: 1, GAHash: make([]byte, 32), Protocol: protocol})
	if err != nil {
		t.Fatal(err)
	}
	waiting := asked.PhoneCall.(*tg.PhoneCallWaiting)
	u := await(t, bob.updates, "the call", func(u tg.UpdateClass) bool { _, ok := u.(*tg.UpdatePhoneCall); return ok })
	rings := u.(*tg.UpdatePhoneCall).PhoneCall.(*tg.PhoneCallRequested)
	_, err = bob.API().PhoneAcceptCall(ctx, &tg.PhoneAcceptCallRequest{
		Peer: tg.InputPhoneCall{ID: rings.ID, AccessHash: rings.AccessHash}, GB: make([]byte, 256), Protocol: protocol,
	})
	if err != nil {
		t.Fatal(err)
	}
	peer := tg.InputPhoneCall{ID: waiting.ID, AccessHash: waiting.AccessHash}
	if _, err := ann.API().PhoneConfirmCall(ctx, &tg.PhoneConfirmCallRequest{Peer: peer, GA: make([]byte, 256), Protocol: protocol}); err != nil {
		t.Fatal(err)
	}
	return peer
}
