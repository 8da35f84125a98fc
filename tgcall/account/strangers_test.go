package account_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/gotd/td/tg"

	"switchgram/tgcall/account"
	"switchgram/tgcall/testnet"
)

// tryCall asks the network for a call and returns its refusal.
func tryCall(ctx context.Context, from *running, to account.Person) error {
	_, err := from.API().PhoneRequestCall(ctx, &tg.PhoneRequestCallRequest{
		UserID: to.Input(), RandomID: int(nextRandom.Add(1)), GAHash: make([]byte, 32), Protocol: callProtocol,
	})
	return err
}

func TestOnlyContactsAreCalledAfterAComplaint(t *testing.T) {
	n := network(t, testnet.Options{})
	annUser, _ := annAndBob(n)
	n.AddUser(testnet.UserOptions{Phone: "4930333333", Username: "friend"})
	ann := run(t, newAccount(t, n, annUser.Session(testContext(t))))
	ctx := testContext(t)
	_, err := ann.API().ContactsImportContacts(ctx, []tg.InputPhoneContact{{ClientID: 1, Phone: "+4930333333", FirstName: "Friend"}})
	if err != nil {
		t.Fatal(err)
	}
	friend, stranger := resolve(t, ann, "@friend"), resolve(t, ann, "@bob")
	n.Refuse("phone.requestCall", 400, "PEER_FLOOD")

	for _, what := range []string{"the call complained about", "the next"} {
		var flood *account.FloodError
		if err := tryCall(ctx, ann, stranger); !errors.As(err, &flood) || !flood.Strangers || flood.Wait < 59*time.Minute {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := ann.SendMessage(ctx, stranger, "hello"); !errors.As(err, new(*account.FloodError)) {
		t.Errorf("a message to a stranger: %v", err)
	}
	if err := tryCall(ctx, ann, friend); err != nil {
		t.Errorf("a call to a contact: %v", err)
	}
}

func TestAPersonWhoseHashIsWrongIsLookedUpAgain(t *testing.T) {
	n := network(t, testnet.Options{})
	annUser, bobUser := annAndBob(n)
	wrong := account.NewMemoryPeers()
	bob := account.Person{ID: bobUser.ID(), AccessHash: 12345, Username: "bob"}
	if err := wrong.Put(testContext(t), annUser.ID(), account.Peer{Person: bob, Seen: time.Now()}); err != nil {
		t.Fatal(err)
	}
	ann := run(t, newAccount(t, n, annUser.Session(testContext(t)), func(o *account.Options) { o.Peers = wrong }))
	if p := resolve(t, ann, "@bob"); p.AccessHash != 12345 {
		t.Fatalf("bob is %+v", p)
	}

	if err := tryCall(testContext(t), ann, resolve(t, ann, "@bob")); err == nil {
		t.Fatal("called with a wrong hash")
	}

	if err := tryCall(testContext(t), ann, resolve(t, ann, "@bob")); err != nil {
		t.Errorf("the second try: %v", err)
	}
}

func TestARevokedSessionIsTheCauseOfWhatEnds(t *testing.T) {
	n := network(t, testnet.Options{})
	annUser, _ := annAndBob(n)
	var cause error
	err := newAccount(t, n, annUser.Session(testContext(t))).Run(testContext(t), func(ctx context.Context, s *account.Session) error {
		n.Refuse("phone.requestCall", 401, "USER_DEACTIVATED_BAN")
		_, _ = s.API().PhoneRequestCall(ctx, &tg.PhoneRequestCallRequest{UserID: &tg.InputUserSelf{}, GAHash: make([]byte, 32)})
		<-ctx.Done()
		cause = context.Cause(ctx)
		return nil
	})
	if !errors.Is(cause, account.ErrRevoked) || !errors.Is(err, account.ErrRevoked) {
		t.Errorf("serve was told %v, Run returned %v", cause, err)
	}
	if want := "telegram session was ended from outside: telegram has banned the account (USER_DEACTIVATED_BAN)"; err == nil || err.Error() != want {
		t.Errorf("it says %q", err)
	}
}
