package testnet_test

import (
	"testing"

	"github.com/gotd/td/session"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/telegram/auth"
	"github.com/gotd/td/tg"

	"switchgram/tgcall/testnet"
)

func TestRevokedDevicesAreLoggedOut(t *testing.T) {
	n := start(t, testnet.Options{})
	a, b := annAndBob(n)
	kept := a.Session(testContext(t))
	ann, bob := connect(t, n, kept), device(t, n, b)
	c := establish(t, bob, ann, "ann")

	a.Revoke()

	if _, ok := nextCall[*tg.PhoneCallDiscarded](t, c.caller).Reason.(*tg.PhoneCallDiscardReasonDisconnect); !ok {
		t.Error("the call of the revoked device did not end as disconnected")
	}
	again := connect(t, n, kept)
	_, err := again.Self(testContext(t))
	wantError(t, err, 401, "SESSION_REVOKED")
	self(t, bob)
}

func TestLogOut(t *testing.T) {
	n := start(t, testnet.Options{})
	a, _ := annAndBob(n)
	ann, desk := device(t, n, a), device(t, n, a)
	if _, err := ann.api.AuthLogOut(testContext(t)); err != nil {
		t.Fatal(err)
	}
	_, err := ann.Self(testContext(t))
	wantError(t, err, 401, "AUTH_KEY_UNREGISTERED")
	self(t, desk)
}

func TestAuthorizations(t *testing.T) {
	n := start(t, testnet.Options{})
	a, _ := annAndBob(n)
	ann := device(t, n, a)
	device(t, n, a)
	all, err := ann.api.AccountGetAuthorizations(testContext(t))
	if err != nil || len(all.Authorizations) != 2 {
		t.Fatalf("got %v, %v", all, err)
	}
	if ok, err := ann.api.AuthResetAuthorizations(testContext(t)); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if all, err = ann.api.AccountGetAuthorizations(testContext(t)); err != nil || len(all.Authorizations) != 1 || !all.Authorizations[0].Current {
		t.Fatalf("got %v, %v", all, err)
	}
}

func TestClientThatWasCutOffComesBack(t *testing.T) {
	n := start(t, testnet.Options{})
	a, b := annAndBob(n)
	lost, found := make(chan struct{}, 16), make(chan struct{}, 16)
	ann := connect(t, n, a.Session(testContext(t)), func(o *telegram.Options) {
		o.OnConnectionState = func(s telegram.ConnectionState) {
			switch s {
			case telegram.ConnectionStateDisconnected:
				lost <- struct{}{}
			case telegram.ConnectionStateReady:
				found <- struct{}{}
			}
		}
	})
	<-found
	if a.Online() != 1 || b.Online() != 0 {
		t.Errorf("online: %d of ann's, %d of bob's", a.Online(), b.Online())
	}
	n.Disconnect(a)
	<-lost
	<-found
	self(t, ann)
	bob := device(t, n, b)
	if err := write(t, bob, person(t, bob, "ann"), "are you there"); err != nil {
		t.Fatal(err)
	}
	next[*tg.UpdateNewMessage](t, ann)
}

func TestTemporaryKeys(t *testing.T) {
	n := start(t, testnet.Options{LoginCode: "24680"})
	a, b := annAndBob(n)
	var kept session.StorageMemory
	pfs := func(o *telegram.Options) { o.EnablePFS = true }
	ann := connect(t, n, &kept, pfs)
	ctx := testContext(t)
	s, err := ann.Auth().SendCode(ctx, "4930111111", auth.SendCodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ann.Auth().SignIn(ctx, "4930111111", "24680", s.(*tg.AuthSentCode).PhoneCodeHash); err != nil {
		t.Fatal(err)
	}
	ann.stop()
	again := connect(t, n, &kept, pfs) // with another temporary key
	if got := self(t, again); got.ID != a.ID() {
		t.Fatalf("logged in as %v", got)
	}
	bob := device(t, n, b)
	if err := write(t, bob, person(t, bob, "ann"), "secret"); err != nil {
		t.Fatal(err)
	}
	next[*tg.UpdateNewMessage](t, again)
}
