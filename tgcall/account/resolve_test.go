package account_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gotd/td/tg"

	"switchgram/tgcall/account"
	"switchgram/tgcall/testnet"
)

// withPeers keeps people in the file at path.
func withPeers(t *testing.T, path string) func(*account.Options) {
	return func(o *account.Options) { o.Peers = filePeers(t, path) }
}

func resolve(t *testing.T, r *running, who string) account.Person {
	t.Helper()
	p, err := r.Resolve(testContext(t), who)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPeopleAreFoundHoweverTheyAreWritten(t *testing.T) {
	n := network(t, testnet.Options{})
	annUser, bobUser := annAndBob(n)
	ann := run(t, newAccount(t, n, annUser.Session(testContext(t))))
	for _, who := range []string{"+4930222222", "4930222222", "004930222222", "+49 30 222-222", "@bob", "@BOB", "tg#bob", "bob", fmt.Sprint("*", bobUser.ID())} {
		p, err := ann.Resolve(testContext(t), who)
		if err != nil || p.ID != bobUser.ID() || p.AccessHash == 0 || p.Username != "bob" || p.Phone != "4930222222" || p.LastName != "Builder" {
			t.Errorf("%q is %+v, %v", who, p, err)
		}
	}
}

func TestAccessHashesSurviveARestart(t *testing.T) {
	n := network(t, testnet.Options{})
	annUser, bobUser := annAndBob(n)
	path, s := filepath.Join(t.TempDir(), "peers.json"), annUser.Session(testContext(t))
	first := run(t, newAccount(t, n, s, withPeers(t, path)))
	resolve(t, first, "@bob")
	if err := first.stop(); err != nil {
		t.Fatal(err)
	}

	second := run(t, newAccount(t, n, s, withPeers(t, path)))
	n.Refuse("contacts.resolveUsername", 500, "MUST_NOT_BE_ASKED")
	n.Refuse("contacts.resolvePhone", 500, "MUST_NOT_BE_ASKED")

	for _, who := range []string{fmt.Sprint("*", bobUser.ID()), "@bob", "+4930222222"} {
		if err := second.SendMessage(testContext(t), resolve(t, second, who), "hello"); err != nil {
			t.Errorf("%s: %v", who, err)
		}
	}
}

func TestAStaleNameIsAskedForAgain(t *testing.T) {
	n := network(t, testnet.Options{})
	annUser, _ := annAndBob(n)
	ann := run(t, newAccount(t, n, annUser.Session(testContext(t)), func(o *account.Options) { o.Fresh = time.Nanosecond }))
	resolve(t, ann, "@bob")
	n.Refuse("contacts.resolveUsername", 400, "USERNAME_NOT_OCCUPIED")
	if _, err := ann.Resolve(testContext(t), "@bob"); !errors.Is(err, account.ErrUnknownPerson) {
		t.Errorf("error is %v", err)
	}
}

func TestWhoWroteToUsIsKnown(t *testing.T) {
	n := network(t, testnet.Options{})
	annUser := n.AddUser(testnet.UserOptions{Phone: "4930111111", Username: "ann"})
	shy := n.AddUser(testnet.UserOptions{Phone: "4930444444", HidePhone: true})
	ann := run(t, newAccount(t, n, annUser.Session(testContext(t))))
	writer := run(t, newAccount(t, n, shy.Session(testContext(t))))
	who := fmt.Sprint("*", shy.ID())
	if _, err := ann.Resolve(testContext(t), who); !errors.Is(err, account.ErrUnknownPerson) {
		t.Fatalf("before: %v", err)
	}

	if err := writer.SendMessage(testContext(t), resolve(t, writer, "@ann"), "hello"); err != nil {
		t.Fatal(err)
	}
	await(t, ann.updates, "the message", says("hello"))

	if err := ann.SendMessage(testContext(t), resolve(t, ann, who), "hello yourself"); err != nil {
		t.Error(err)
	}
	await(t, writer.updates, "the answer", says("hello yourself"))
}

func TestWhoCallsUsIsKnown(t *testing.T) {
	n := network(t, testnet.Options{})
	annUser, bobUser := annAndBob(n)
	ann := run(t, newAccount(t, n, annUser.Session(testContext(t))))
	bob := run(t, newAccount(t, n, bobUser.Session(testContext(t))))
	callBetween(t, ann, bob)
	if p := resolve(t, bob, fmt.Sprint("*", annUser.ID())); p.Username != "ann" || p.AccessHash == 0 {
		t.Errorf("the caller is %+v", p)
	}
}

func TestWhoIsHiddenOrDoesNotExistIsUnknown(t *testing.T) {
	n := network(t, testnet.Options{})
	annUser, _ := annAndBob(n)
	n.AddUser(testnet.UserOptions{Phone: "4930444444", HidePhone: true})
	ann := run(t, newAccount(t, n, annUser.Session(testContext(t)), func(o *account.Options) { o.ImportContacts = true }))
	for _, asked := range []bool{true, false} {
		for _, who := range []string{"+4930444444", "+4930555555", "@nobody", "*4711"} {
			_, err := ann.Resolve(testContext(t), who)
			if !errors.Is(err, account.ErrUnknownPerson) || !strings.Contains(err.Error(), `"`+who+`"`) {
				t.Errorf("%s, asked %v: error is %v", who, asked, err)
			}
		}
		n.Refuse("contacts.resolvePhone", 500, "MUST_NOT_BE_ASKED_AGAIN")
		n.Refuse("contacts.resolveUsername", 500, "MUST_NOT_BE_ASKED_AGAIN")
	}
	if _, err := ann.Resolve(testContext(t), "030 123"); !errors.Is(err, account.ErrBadAddress) {
		t.Errorf("error is %v", err)
	}
}

func TestANumberIsFoundAsContactWhenAllowed(t *testing.T) {
	n := network(t, testnet.Options{})
	annUser, bobUser := annAndBob(n)
	ann := run(t, newAccount(t, n, annUser.Session(testContext(t)), func(o *account.Options) { o.ImportContacts = true }))
	n.Refuse("contacts.resolvePhone", 400, "PHONE_NOT_OCCUPIED")

	p := resolve(t, ann, "+4930222222")

	if p.ID != bobUser.ID() || p.AccessHash == 0 {
		t.Errorf("found %+v", p)
	}
	c, err := ann.API().ContactsGetContacts(testContext(t), 0)
	if err != nil {
		t.Fatal(err)
	}
	if left := c.(*tg.ContactsContacts).Contacts; len(left) != 0 {
		t.Errorf("contacts left behind: %v", left)
	}
}

func TestAFloodedMethodIsNotAskedAgain(t *testing.T) {
	n := network(t, testnet.Options{})
	annUser, _ := annAndBob(n)
	a := newAccount(t, n, annUser.Session(testContext(t)))
	ann := run(t, a)
	n.Flood("contacts.resolvePhone", time.Hour)
	if _, err := ann.Resolve(testContext(t), "+4930222222"); err == nil {
		t.Fatal("no error")
	}
	n.Flood("contacts.resolvePhone", 0) // the network would answer now

	for range 2 { // the second time after a restart of the connection
		_, err := ann.Resolve(testContext(t), "+4930222222")
		var flood *account.FloodError
		if !errors.As(err, &flood) || flood.Method != "contacts.resolvePhone" || flood.Wait > time.Hour || flood.Wait < time.Minute {
			t.Errorf("error is %v", err)
		}
		if err := ann.stop(); err != nil {
			t.Fatal(err)
		}
		ann = run(t, a)
	}
	resolve(t, ann, "@bob")
}
