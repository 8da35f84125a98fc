package account_test

import (
	"testing"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"switchgram/tgcall/account"
	"switchgram/tgcall/testnet"
)

func wantAllowed(t *testing.T, r *running, p account.Privacy, want account.Allowed) {
	t.Helper()
	if got, err := r.Privacy(testContext(t), p); err != nil || got != want {
		t.Errorf("setting %d is %+v, %v; want %+v", p, got, err, want)
	}
}

func TestTheOwnerSaysWhoMayCall(t *testing.T) {
	n := network(t, testnet.Options{})
	annUser, bobUser := annAndBob(n)
	ann := run(t, newAccount(t, n, annUser.Session(testContext(t))))
	bob := run(t, newAccount(t, n, bobUser.Session(testContext(t))))
	to, back := resolve(t, ann, "@bob"), resolve(t, bob, "@ann")
	wantAllowed(t, bob, account.PrivacyCalls, account.Allowed{Audience: account.Everybody})

	got, err := bob.SetPrivacy(testContext(t), account.PrivacyCalls, account.Nobody)
	if want := (account.Allowed{Audience: account.Nobody}); err != nil || got != want {
		t.Errorf("set to %+v, %v", got, err)
	}
	if err := tryCall(testContext(t), ann, to); !tgerr.Is(err, "USER_PRIVACY_RESTRICTED") {
		t.Errorf("a call to somebody whom nobody may call: %v", err)
	}

	_, err = bob.API().AccountSetPrivacy(testContext(t), &tg.AccountSetPrivacyRequest{
		Key: &tg.InputPrivacyKeyPhoneCall{}, Rules: []tg.InputPrivacyRuleClass{
			&tg.InputPrivacyValueAllowUsers{Users: []tg.InputUserClass{back.Input()}}, &tg.InputPrivacyValueDisallowAll{},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bob.SetPrivacy(testContext(t), account.PrivacyCalls, account.Contacts); err != nil {
		t.Fatal(err)
	}
	wantAllowed(t, bob, account.PrivacyCalls, account.Allowed{Audience: account.Contacts, Also: 1})
	if err := tryCall(testContext(t), ann, to); err != nil {
		t.Errorf("a call by the exception: %v", err)
	}
}

func TestTheOwnerHidesTheNumber(t *testing.T) {
	n := network(t, testnet.Options{})
	annUser, bobUser := annAndBob(n)
	ann := run(t, newAccount(t, n, annUser.Session(testContext(t))))
	bob := run(t, newAccount(t, n, bobUser.Session(testContext(t))))

	if _, err := bob.SetPrivacy(testContext(t), account.PrivacyPhoneNumber, account.Nobody); err != nil {
		t.Fatal(err)
	}

	if p := resolve(t, ann, "@bob"); p.Phone != "" {
		t.Errorf("ann sees %s", p.Phone)
	}
	wantAllowed(t, bob, account.PrivacyPeerToPeer, account.Allowed{Audience: account.Everybody})
}

func TestAudiencesAreReadAsWritten(t *testing.T) {
	for _, want := range []account.Audience{account.Everybody, account.Contacts, account.Nobody} {
		var got account.Audience
		if err := got.UnmarshalText([]byte(want.String())); err != nil || got != want {
			t.Errorf("%s is read as %s, %v", want, got, err)
		}
	}
	if err := new(account.Audience).UnmarshalText([]byte("friends")); err == nil {
		t.Error("friends are no audience")
	}
}
