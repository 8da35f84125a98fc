package account_test

import (
	"bytes"
	"errors"
	"testing"

	"switchgram/tgcall/account"
	"switchgram/tgcall/testnet"
)

func TestPhotoOfAPerson(t *testing.T) {
	n := network(t, testnet.Options{})
	picture := bytes.Repeat([]byte{0xff, 0xd8, 7}, 3000)
	annUser := n.AddUser(testnet.UserOptions{Phone: "4930111111", Username: "ann", FirstName: "Ann"})
	n.AddUser(testnet.UserOptions{Phone: "4930222222", Username: "bob", FirstName: "Bob", Photo: picture})
	n.AddUser(testnet.UserOptions{Phone: "4930333333", Username: "carl", FirstName: "Carl"})
	ann := run(t, newAccount(t, n, annUser.Session(testContext(t))))

	got, err := ann.Photo(testContext(t), resolve(t, ann, "@bob"))
	if err != nil || !bytes.Equal(got, picture) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if _, err := ann.Photo(testContext(t), resolve(t, ann, "@carl")); !errors.Is(err, account.ErrNoPhoto) {
		t.Errorf("of somebody without: %v", err)
	}
	if _, err := ann.Photo(testContext(t), account.Person{ID: 5}); err == nil {
		t.Error("of nobody")
	}
}

func TestTextsReachPeopleInTheirFormat(t *testing.T) {
	n := network(t, testnet.Options{})
	annUser, _ := annAndBob(n)
	ann := run(t, newAccount(t, n, annUser.Session(testContext(t))))
	for _, c := range []struct{ to, text, format string }{{"@bob", "<b>", ""}, {"@bob", "<b>Missed</b> &amp; gone", "html"}, {"@bob", "*Missed*", "markdown"}} {
		if err := ann.Tell(testContext(t), c.to, c.text, c.format); err != nil {
			t.Errorf("%s: %v", c.text, err)
		}
	}
	for _, c := range []struct{ to, text, format string }{{"@nobody", "x", ""}, {"@bob", " ", ""}, {"@bob", "x", "rtf"}, {"!", "x", ""}} {
		if err := ann.Tell(testContext(t), c.to, c.text, c.format); err == nil {
			t.Errorf("%+v was sent", c)
		}
	}
}
