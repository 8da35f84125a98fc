package testnet_test

import (
	"context"
	"testing"

	"github.com/gotd/td/session"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/telegram/auth"
	"github.com/gotd/td/tg"

	"switchgram/tgcall/testnet"
)

// dcOf is the data centre that a stored session belongs to.
func dcOf(t *testing.T, s session.Storage) int {
	t.Helper()
	d, err := (&session.Loader{Storage: s}).Load(testContext(t))
	if err != nil {
		t.Fatal(err)
	}
	return d.DC
}

func TestLoginIsSentToTheAccountsDataCentre(t *testing.T) {
	n := start(t, testnet.Options{DCs: []int{2, 4}})
	ann := n.AddUser(testnet.UserOptions{Phone: "4930111111", Username: "ann", DC: 4})
	kept := n.NewSession(testContext(t))
	c := connect(t, n, kept)
	code := auth.CodeAuthenticatorFunc(func(context.Context, *tg.AuthSentCode) (string, error) { return n.Code("4930111111"), nil })

	flow := auth.NewFlow(auth.Constant("+4930111111", "", code), auth.SendCodeOptions{})
	if err := c.Auth().IfNecessary(testContext(t), flow); err != nil {
		t.Fatal(err)
	}

	if got := self(t, c); got.ID != ann.ID() {
		t.Errorf("logged in as %v", got)
	}
	if dc := dcOf(t, kept); dc != 4 {
		t.Errorf("the session is for data centre %d", dc)
	}
}

func TestAuthorisationIsCarriedToAnotherDataCentreOnce(t *testing.T) {
	n := start(t, testnet.Options{DCs: []int{2, 4}})
	a, _ := annAndBob(n)
	ann := device(t, n, a)
	ticket, err := ann.api.AuthExportAuthorization(testContext(t), 4)
	if err != nil {
		t.Fatal(err)
	}
	_, err = ann.api.AuthExportAuthorization(testContext(t), 2)
	wantError(t, err, 400, "DC_ID_INVALID")

	a.Move(4)
	there := connect(t, n, &session.StorageMemory{}, func(o *telegram.Options) { o.DC = 4 })
	show := &tg.AuthImportAuthorizationRequest{ID: ticket.ID, Bytes: ticket.Bytes}
	if _, err := there.api.AuthImportAuthorization(testContext(t), show); err != nil {
		t.Fatal(err)
	}
	_, err = there.api.AuthImportAuthorization(testContext(t), show)
	wantError(t, err, 400, "AUTH_BYTES_INVALID")
	if got := self(t, there); got.ID != a.ID() {
		t.Errorf("there we are %v", got)
	}
}

func TestSaltsAndSessionsThatAreTooOldCostNothing(t *testing.T) {
	n := start(t, testnet.Options{})
	a, b := annAndBob(n)
	ann, bob := device(t, n, a), device(t, n, b)
	to := person(t, ann, "bob")

	n.NewSalts(a)
	if err := write(t, ann, to, "with a new salt"); err != nil {
		t.Fatal(err)
	}
	next[*tg.UpdateNewMessage](t, bob)

	n.ForgetSessions(b)
	person(t, bob, "ann") // what bob's client sends next begins a new session
	if err := write(t, ann, to, "in a new session"); err != nil {
		t.Fatal(err)
	}
	if m := next[*tg.UpdateNewMessage](t, bob).Message.(*tg.Message); m.Message != "in a new session" {
		t.Errorf("bob got %q", m.Message)
	}
}

func TestLostUpdateIsInTheDifference(t *testing.T) {
	n := start(t, testnet.Options{})
	a, b := annAndBob(n)
	ann, bob := device(t, n, a), device(t, n, b)
	before, err := bob.api.UpdatesGetState(testContext(t))
	if err != nil {
		t.Fatal(err)
	}
	n.LoseUpdates(b, 1)
	for _, text := range []string{"lost", "not lost"} {
		if err := write(t, ann, person(t, ann, "bob"), text); err != nil {
			t.Fatal(err)
		}
	}
	if m := next[*tg.UpdateNewMessage](t, bob).Message.(*tg.Message); m.Message != "not lost" {
		t.Errorf("bob got %q", m.Message)
	}
	d, err := bob.api.UpdatesGetDifference(testContext(t), &tg.UpdatesGetDifferenceRequest{Pts: before.Pts, Date: before.Date})
	if err != nil {
		t.Fatal(err)
	}
	if all := d.(*tg.UpdatesDifference).NewMessages; len(all) != 2 || all[0].(*tg.Message).Message != "lost" {
		t.Errorf("the difference is %v", all)
	}
}
