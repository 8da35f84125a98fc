package account_test

import (
	"testing"

	"github.com/gotd/td/session"

	"switchgram/tgcall/account"
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

func TestLoginGoesToTheAccountsDataCentre(t *testing.T) {
	for name, prepare := range map[string]func(*testnet.Network) int{
		"where the number lives":        func(*testnet.Network) int { return 4 },
		"where the network wants to be": func(n *testnet.Network) int { n.Refuse("auth.sendCode", 303, "NETWORK_MIGRATE_4"); return 4 },
	} {
		t.Run(name, func(t *testing.T) {
			n := network(t, testnet.Options{DCs: []int{2, 4}})
			n.AddUser(testnet.UserOptions{Phone: "4930333333", Username: "carl", DC: 4})
			kept, want := oldKey(t, n), prepare(n)

			who, err := newAccount(t, n, kept).LoginCode(testContext(t), owner(n, "4930333333"))

			if err != nil || who.Username != "carl" {
				t.Fatalf("logged in as %+v, %v", who, err)
			}
			if dc := dcOf(t, kept); dc != want {
				t.Errorf("the session is for data centre %d", dc)
			}
			if r := run(t, newAccount(t, n, kept)); r.Self().Username != "carl" {
				t.Errorf("runs as %+v", r.Self())
			}
		})
	}
}

func TestLoginByQRGoesToTheAccountsDataCentre(t *testing.T) {
	n := network(t, testnet.Options{DCs: []int{2, 4}})
	carl := n.AddUser(testnet.UserOptions{Phone: "4930333333", Username: "carl", DC: 4})
	phone := run(t, newAccount(t, n, carl.Session(testContext(t))))
	kept := oldKey(t, n)

	self, err := newAccount(t, n, kept).LoginQR(testContext(t), func(url string) { scan(t, phone, url) }, &person{})

	if err != nil || self.ID != carl.ID() {
		t.Fatalf("logged in as %+v, %v", self, err)
	}
	if dc := dcOf(t, kept); dc != 4 {
		t.Errorf("the session is for data centre %d", dc)
	}
}

func TestAMovedAccountStaysLoggedIn(t *testing.T) {
	n := network(t, testnet.Options{DCs: []int{2, 4}})
	annUser, bobUser := annAndBob(n)
	kept, told := bobUser.Session(testContext(t)), make(chan account.State, 1024)
	ann := run(t, newAccount(t, n, annUser.Session(testContext(t))))
	bob := run(t, newAccount(t, n, kept, states(told)))
	await(t, told, "up", is(account.Up))

	bobUser.Move(4)
	back := resolve(t, bob, "@ann")

	await(t, told, "up again", is(account.Up))
	if dc := dcOf(t, kept); dc != 4 {
		t.Errorf("the session is for data centre %d", dc)
	}
	if err := ann.SendMessage(testContext(t), resolve(t, ann, "@bob"), "are you there?"); err != nil {
		t.Fatal(err)
	}
	await(t, bob.updates, "a message", says("are you there?"))
	if err := bob.SendMessage(testContext(t), back, "yes"); err != nil {
		t.Fatal(err)
	}
	await(t, ann.updates, "the answer", says("yes"))
}

func TestAnAccountThatWasMovedWhileWeWereDownStaysLoggedIn(t *testing.T) {
	n := network(t, testnet.Options{DCs: []int{2, 4}})
	annUser, _ := annAndBob(n)
	kept := annUser.Session(testContext(t))
	if err := run(t, newAccount(t, n, kept)).stop(); err != nil {
		t.Fatal(err)
	}

	annUser.Move(4)

	if r := run(t, newAccount(t, n, kept)); r.Self().ID != annUser.ID() {
		t.Errorf("runs as %+v", r.Self())
	}
	if dc := dcOf(t, kept); dc != 4 {
		t.Errorf("the session is for data centre %d", dc)
	}
}

func TestServersThatForgetCostNoUpdate(t *testing.T) {
	n := network(t, testnet.Options{})
	annUser, bobUser := annAndBob(n)
	ann := run(t, newAccount(t, n, annUser.Session(testContext(t))))
	bob := run(t, newAccount(t, n, bobUser.Session(testContext(t))))
	to, back := resolve(t, ann, "@bob"), resolve(t, bob, "@ann")

	n.NewSalts(annUser)
	n.ForgetSessions(bobUser)
	if err := ann.SendMessage(testContext(t), to, "nobody delivers this"); err != nil {
		t.Fatal(err)
	}
	if err := bob.SendMessage(testContext(t), back, "begins a new session"); err != nil {
		t.Fatal(err)
	}

	await(t, ann.updates, "bob's message", says("begins a new session"))
	await(t, bob.updates, "what was sent while there was no session", says("nobody delivers this"))
}
