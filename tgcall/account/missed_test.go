package account_test

import (
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/gotd/td/tg"

	"switchgram/tgcall/account"
	"switchgram/tgcall/testnet"
)

var callProtocol = tg.PhoneCallProtocol{UDPP2P: true, UDPReflector: true, MinLayer: 65, MaxLayer: 92, LibraryVersions: []string{"9.0.0"}}

// requestCall has the network ring somebody.
func requestCall(t *testing.T, from *running, to account.Person) tg.InputPhoneCall {
	t.Helper()
	answer, err := from.API().PhoneRequestCall(testContext(t), &tg.PhoneRequestCallRequest{
		UserID: to.Input(), RandomID: int(nextRandom.Add(1)), GAHash: make([]byte, 32), Protocol: callProtocol,
	})
	if err != nil {
		t.Fatal(err)
	}
	waiting := answer.PhoneCall.(*tg.PhoneCallWaiting)
	return tg.InputPhoneCall{ID: waiting.ID, AccessHash: waiting.AccessHash}
}

// giveUp ends a call before anybody answered.
func giveUp(t *testing.T, from *running, call tg.InputPhoneCall) {
	t.Helper()
	_, err := from.API().PhoneDiscardCall(testContext(t), &tg.PhoneDiscardCallRequest{Peer: call, Reason: &tg.PhoneCallDiscardReasonMissed{}})
	if err != nil {
		t.Fatal(err)
	}
}

// collectMissed collects what OnMissed is told.
func collectMissed(c chan account.Missed) func(*account.Options) {
	return func(o *account.Options) { o.OnMissed = func(m account.Missed) { c <- m } }
}

// withLedger keeps how far was read in the file at path.
func withLedger(t *testing.T, path string) func(*account.Options) {
	return func(o *account.Options) { o.Ledger = openLedger(t, path) }
}

func openLedger(t testing.TB, path string) *account.Ledger {
	t.Helper()
	l, err := account.OpenLedger(path)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func ringing(u tg.UpdateClass) bool {
	c, ok := u.(*tg.UpdatePhoneCall)
	if !ok {
		return false
	}
	_, ok = c.PhoneCall.(*tg.PhoneCallRequested)
	return ok
}

// nextRandom numbers requests of calls.
var nextRandom atomic.Int64

func TestWhatHappenedWhileTheProgramWasDownIsTold(t *testing.T) {
	n := network(t, testnet.Options{})
	annUser, bobUser := annAndBob(n)
	ann := run(t, newAccount(t, n, annUser.Session(testContext(t))))
	to := resolve(t, ann, "@bob")
	path, s, missed := filepath.Join(t.TempDir(), "ledger"), bobUser.Session(testContext(t)), make(chan account.Missed, 8)
	if err := run(t, newAccount(t, n, s, withLedger(t, path))).stop(); err != nil {
		t.Fatal(err)
	}

	for _, text := range []string{"first", "second"} {
		giveUp(t, ann, requestCall(t, ann, to))
		if err := ann.SendMessage(testContext(t), to, text); err != nil {
			t.Fatal(err)
		}
	}
	bob := run(t, newAccount(t, n, s, withLedger(t, path), collectMissed(missed)))

	for _, want := range []string{"first", "second"} {
		if m := await(t, missed, "a missed call", func(account.Missed) bool { return true }); m.From.Username != "ann" || m.At.IsZero() {
			t.Errorf("missed %+v", m)
		}
		u := await(t, bob.updates, want, func(u tg.UpdateClass) bool {
			if ringing(u) {
				t.Error("a call that is over rings")
			}
			return text(u) != ""
		})
		if text(u) != want {
			t.Errorf("%q came, want %q", text(u), want)
		}
	}
}

func TestACallThatRangIsNotToldAsMissed(t *testing.T) {
	n := network(t, testnet.Options{})
	annUser, bobUser := annAndBob(n)
	missed := make(chan account.Missed, 8)
	ann := run(t, newAccount(t, n, annUser.Session(testContext(t))))
	bob := run(t, newAccount(t, n, bobUser.Session(testContext(t)), collectMissed(missed)))
	to := resolve(t, ann, "@bob")

	call := requestCall(t, ann, to)
	asked := await(t, bob.updates, "the call", ringing).(*tg.UpdatePhoneCall).PhoneCall.(*tg.PhoneCallRequested)
	_, err := bob.API().PhoneReceivedCall(testContext(t), tg.InputPhoneCall{ID: asked.ID, AccessHash: asked.AccessHash})
	if err != nil {
		t.Fatal(err)
	}
	giveUp(t, ann, call)
	if err := ann.SendMessage(testContext(t), to, "afterwards"); err != nil {
		t.Fatal(err)
	}

	await(t, bob.updates, "what came after the call", says("afterwards"))
	if len(missed) > 0 {
		t.Errorf("told as missed: %+v", <-missed)
	}
}

func TestACallThatStillRingsAfterAReturnIsTold(t *testing.T) {
	n := network(t, testnet.Options{})
	annUser, bobUser := annAndBob(n)
	line, told := newCable(), make(chan account.State, 1024)
	ann := run(t, newAccount(t, n, annUser.Session(testContext(t))))
	bob := run(t, newAccount(t, n, bobUser.Session(testContext(t)), line.use, states(told)))
	to := resolve(t, ann, "@bob")
	line.setCut(true)
	await(t, told, "down", is(account.Down))
	giveUp(t, ann, requestCall(t, ann, to))
	alive := requestCall(t, ann, to)

	line.setCut(false)

	u := await(t, bob.updates, "the call", ringing)
	if id := u.(*tg.UpdatePhoneCall).PhoneCall.GetID(); id != alive.ID {
		t.Errorf("call %d rings, want %d", id, alive.ID)
	}
}

// TestSignallingDoesNotWaitForTheDifference loses a message while a call is on, and keeps the difference from coming.
func TestSignallingDoesNotWaitForTheDifference(t *testing.T) {
	n := network(t, testnet.Options{})
	annUser, bobUser := annAndBob(n)
	ann := run(t, newAccount(t, n, annUser.Session(testContext(t))))
	bob := run(t, newAccount(t, n, bobUser.Session(testContext(t))))
	to, peer := resolve(t, ann, "@bob"), callBetween(t, ann, bob)
	release := n.Hold("updates.getDifference")
	defer release()
	n.LoseUpdates(bobUser, 1)
	for _, s := range []string{"lost on its way", "makes a gap"} {
		if err := ann.SendMessage(testContext(t), to, s); err != nil {
			t.Fatal(err)
		}
	}

	for i := range byte(20) {
		if _, err := ann.API().PhoneSendSignalingData(testContext(t), &tg.PhoneSendSignalingDataRequest{Peer: peer, Data: []byte{i}}); err != nil {
			t.Fatal(err)
		}
		u := await(t, bob.updates, "signalling", func(u tg.UpdateClass) bool {
			if text(u) != "" {
				t.Errorf("%q came before the difference", text(u))
			}
			_, ok := u.(*tg.UpdatePhoneCallSignalingData)
			return ok
		})
		if got := u.(*tg.UpdatePhoneCallSignalingData).Data; got[0] != i {
			t.Fatalf("packet %d came as number %d", got[0], i)
		}
	}

	release()
	for _, want := range []string{"lost on its way", "makes a gap"} {
		if u := await(t, bob.updates, want, func(u tg.UpdateClass) bool { return text(u) != "" }); text(u) != want {
			t.Errorf("%q came, want %q", text(u), want)
		}
	}
}
