package testnet_test

import (
	"testing"

	"github.com/gotd/td/tg"

	"switchgram/tgcall/testnet"
)

func setPrivacy(t *testing.T, c *client, key tg.InputPrivacyKeyClass, rules ...tg.InputPrivacyRuleClass) {
	t.Helper()
	if _, err := c.api.AccountSetPrivacy(testContext(t), &tg.AccountSetPrivacyRequest{Key: key, Rules: rules}); err != nil {
		t.Fatal(err)
	}
}

func requestCall(t *testing.T, c *client, to *tg.User, random int) error {
	t.Helper()
	_, err := c.api.PhoneRequestCall(testContext(t), &tg.PhoneRequestCallRequest{UserID: to.AsInput(), RandomID: random,
		GAHash: make([]byte, 32), Protocol: tg.PhoneCallProtocol{UDPP2P: true, MinLayer: 65, MaxLayer: 92}})
	return err
}

func TestPrivacyOfCalls(t *testing.T) {
	n := start(t, testnet.Options{})
	a, b := annAndBob(n)
	ann, bob, desk := device(t, n, a), device(t, n, b), device(t, n, b)
	to, caller := person(t, ann, "bob"), person(t, bob, "ann")
	calls := &tg.InputPrivacyKeyPhoneCall{}

	setPrivacy(t, bob, calls, &tg.InputPrivacyValueAllowContacts{})
	wantError(t, requestCall(t, ann, to, 1), 403, "USER_PRIVACY_RESTRICTED")
	if u := next[*tg.UpdatePrivacy](t, desk); u.Key.TypeID() != tg.PrivacyKeyPhoneCallTypeID {
		t.Errorf("the other device was told %v", u)
	}

	setPrivacy(t, bob, calls, &tg.InputPrivacyValueAllowUsers{Users: []tg.InputUserClass{caller.AsInput()}}, &tg.InputPrivacyValueDisallowAll{})
	if err := requestCall(t, ann, to, 2); err != nil {
		t.Errorf("the exception may not call: %v", err)
	}
	got, err := bob.api.AccountGetPrivacy(testContext(t), calls)
	if err != nil || len(got.Rules) != 2 || got.Users[0].GetID() != a.ID() {
		t.Errorf("bob reads %v, %v", got, err)
	}
	_, err = bob.api.AccountGetPrivacy(testContext(t), &tg.InputPrivacyKeyForwards{})
	wantError(t, err, 400, "PRIVACY_KEY_INVALID")
}

func TestPrivacyOfTheNumber(t *testing.T) {
	n := start(t, testnet.Options{})
	a, b := annAndBob(n)
	ann, bob := device(t, n, a), device(t, n, b)

	setPrivacy(t, bob, &tg.InputPrivacyKeyPhoneNumber{}, &tg.InputPrivacyValueDisallowAll{})

	if got := person(t, ann, "bob"); got.Phone != "" {
		t.Errorf("ann sees %s", got.Phone)
	}
	if got := person(t, bob, "bob"); got.Phone == "" {
		t.Error("bob does not see his own")
	}
}
