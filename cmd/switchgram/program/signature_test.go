package program

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// signed is a request as its documentation, or that of others, has it: it was made at that second.
type signed struct {
	form, secret, body string
	at                 int64
	header             map[string]string
}

// Slack's is the example of its documentation, that of standard webhooks the example of their libraries; Stripe's has none.
var (
	slack = signed{"slack", "8f742231b10e8888abcd99yyyzzz85a5", "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&" +
		"channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2F" +
		"T1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c", 1531420618, map[string]string{
		"X-Slack-Request-Timestamp": "1531420618", "X-Slack-Signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
	}}
	stripe = signed{"stripe", "whsec_test_secret_of_stripe", `{"id": "evt_1"}`, 1492774577, map[string]string{
		"Stripe-Signature": "t=1492774577,v0=00,v1=ffff,v1=062d7f369f67b4a54dde7d06b568382b5d0e27cffd21eb288500bde76d947233",
	}}
	standard = signed{"standard", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", `{"test": 2432232314}`, 1614265330, map[string]string{
		"Webhook-Id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "Webhook-Timestamp": "1614265330", "Webhook-Signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
	}}
)

// believed tells whether a request is, so long after it was made. edit changes what stands in its headers.
func (s signed) believed(t *testing.T, later time.Duration, edit ...string) bool {
	t.Helper()
	how, err := Signature{Form: s.form}.signing(s.secret)
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{}
	for name, value := range s.header {
		h.Set(name, strings.NewReplacer(edit...).Replace(value))
	}
	return h.Get(how.header) != "" && how.right(h, []byte(s.body), time.Unix(s.at, 0).Add(later))
}

func TestASignatureHoldsForFiveMinutes(t *testing.T) {
	for _, s := range []signed{slack, stripe, standard} {
		for later, want := range map[time.Duration]bool{0: true, 4 * time.Minute: true, -4 * time.Minute: true, 6 * time.Minute: false, -6 * time.Minute: false, time.Hour: false} {
			if got := s.believed(t, later); got != want {
				t.Errorf("%s, %s later: %t", s.form, later, got)
			}
		}
	}
}

func TestWhatWasSignedCannotBeChanged(t *testing.T) {
	for _, s := range []signed{slack, stripe, standard} {
		other := s
		other.body += " "
		if other.believed(t, 0) {
			t.Errorf("%s: another body", s.form)
		}
		for what, edit := range map[string][]string{
			"another time": {"1531420618", "1531420619", "1492774577", "1492774578", "1614265330", "1614265331"}, "no time": {"1531420618", "", "t=1492774577", "", "1614265330", ""},
			"two times": {"t=1492774577", "t=1492774577,t=1492774577", "v0=a", "v0=b", "v1,g", "v1,h"}, "another signature": {"v0=a2", "v0=a3", "v1=06", "v1=00", "v1,g0", "v1,g1"},
			"half a signature": {"9c69b503", "", "6d947233", "", "OLJ1OE=", ""},
		} {
			if s.believed(t, 0, edit...) {
				t.Errorf("%s: %s", s.form, what)
			}
		}
	}
}

func TestSecretsThatAreNone(t *testing.T) {
	for _, s := range []Signature{{}, {Form: "slack"}, {Form: "standard"}} {
		if _, err := s.signing("too short"); err == nil {
			t.Errorf("%q takes a short secret", s.Form)
		}
	}
}
