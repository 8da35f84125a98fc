package testnet_test

import (
	"testing"
	"time"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"switchgram/tgcall/testnet"
)

func TestFindingPeople(t *testing.T) {
	n := start(t, testnet.Options{})
	a, b := annAndBob(n)
	n.AddUser(testnet.UserOptions{Phone: "4930333333", Username: "shy", HidePhone: true})
	ann := device(t, n, a)
	ctx := testContext(t)

	if got := person(t, ann, "BOB"); got.ID != b.ID() || got.Phone != "4930222222" || got.Username != "bob" || got.AccessHash == 0 {
		t.Errorf("bob is %v", got)
	}
	r, err := ann.api.ContactsResolvePhone(ctx, "4930222222")
	if err != nil || r.Users[0].GetID() != b.ID() {
		t.Errorf("bob by phone: %v, %v", r, err)
	}
	_, err = ann.api.ContactsResolvePhone(ctx, "4930999999")
	wantError(t, err, 400, "PHONE_NOT_OCCUPIED")
	_, err = ann.api.ContactsResolvePhone(ctx, "4930333333")
	wantError(t, err, 400, "PHONE_NOT_OCCUPIED")
	if got := person(t, ann, "shy"); got.Phone != "" {
		t.Errorf("shy shows %v", got)
	}
	_, err = ann.api.ContactsResolveUsername(ctx, &tg.ContactsResolveUsernameRequest{Username: "nobody"})
	wantError(t, err, 400, "USERNAME_NOT_OCCUPIED")
	_, err = ann.api.ContactsResolveUsername(ctx, &tg.ContactsResolveUsernameRequest{})
	wantError(t, err, 400, "USERNAME_INVALID")
}

func TestAccessHashesAreGoodForOneViewer(t *testing.T) {
	n := start(t, testnet.Options{})
	a, b := annAndBob(n)
	ann, bob := device(t, n, a), device(t, n, b)
	forAnn, forBob := person(t, ann, "bob"), person(t, bob, "bob")
	if forAnn.AccessHash == forBob.AccessHash {
		t.Fatal("two viewers have one hash")
	}
	all, err := ann.api.UsersGetUsers(testContext(t), []tg.InputUserClass{forAnn.AsInput(), forBob.AsInput(), &tg.InputUserSelf{}})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := all[1].(*tg.UserEmpty); !ok || all[0].GetID() != b.ID() || !all[2].(*tg.User).Self {
		t.Errorf("got %v", all)
	}
}

func TestContacts(t *testing.T) {
	n := start(t, testnet.Options{})
	a, b := annAndBob(n)
	ann := device(t, n, a)
	ctx := testContext(t)
	imported, err := ann.api.ContactsImportContacts(ctx, []tg.InputPhoneContact{
		{ClientID: 7, Phone: "+49 30 222222", FirstName: "Bobby"}, {ClientID: 8, Phone: "+4930999999"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(imported.Imported) != 1 || imported.Imported[0].ClientID != 7 || imported.Imported[0].UserID != b.ID() {
		t.Fatalf("imported %v", imported)
	}
	if bob := imported.Users[0].(*tg.User); !bob.Contact || bob.MutualContact {
		t.Errorf("bob is %v", bob)
	}
	list := func() *tg.ContactsContacts {
		got, err := ann.api.ContactsGetContacts(ctx, 0)
		if err != nil {
			t.Fatal(err)
		}
		return got.(*tg.ContactsContacts)
	}
	if got := list(); len(got.Contacts) != 1 || got.Contacts[0].UserID != b.ID() {
		t.Errorf("contacts: %v", got)
	}
	if _, err := ann.api.ContactsDeleteContacts(ctx, []tg.InputUserClass{imported.Users[0].(*tg.User).AsInput()}); err != nil {
		t.Fatal(err)
	}
	if got := list(); len(got.Contacts) != 0 {
		t.Errorf("contacts after deleting: %v", got)
	}
}

func TestMethodsThatAreNotHere(t *testing.T) {
	n := start(t, testnet.Options{})
	a, _ := annAndBob(n)
	ann := device(t, n, a)
	_, err := ann.api.LangpackGetLanguages(testContext(t), "")
	wantError(t, err, 400, "METHOD_NOT_IMPLEMENTED")
	if ok, err := ann.api.AccountUpdateStatus(testContext(t), false); !ok || err != nil {
		t.Errorf("updateStatus: %v, %v", ok, err)
	}
	if near, err := ann.api.HelpGetNearestDC(testContext(t)); err != nil || near.ThisDC != 2 {
		t.Errorf("nearest: %v, %v", near, err)
	}
}

func TestSecondUserWithTheSameNumber(t *testing.T) {
	n := start(t, testnet.Options{})
	annAndBob(n)
	for _, o := range []testnet.UserOptions{{Phone: "4930111111"}, {Phone: "4930444444", Username: "Ann"}, {Phone: "4930444444", ID: 1001}, {Phone: "x"}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%+v was taken", o)
				}
			}()
			n.AddUser(o)
		}()
	}
}

func TestFloodWait(t *testing.T) {
	n := start(t, testnet.Options{})
	a, _ := annAndBob(n)
	ann := device(t, n, a)
	ask := func() error {
		_, err := ann.api.ContactsResolveUsername(testContext(t), &tg.ContactsResolveUsernameRequest{Username: "bob"})
		return err
	}
	n.Flood("contacts.resolveUsername", time.Hour)
	wait, ok := tgerr.AsFloodWait(ask())
	if !ok || wait.Seconds() != 3600 {
		t.Errorf("got %v, %v", wait, ok)
	}
	self(t, ann) // other methods work
	n.Flood("contacts.resolveUsername", 0)
	if err := ask(); err != nil {
		t.Error(err)
	}
}
