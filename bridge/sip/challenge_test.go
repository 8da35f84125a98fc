package sip

import (
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
)

func newInvite(t *testing.T) *sip.Request {
	t.Helper()
	u, err := parseURI("sip:1000@127.0.0.1:5060")
	if err != nil {
		t.Fatal(err)
	}
	return sip.NewRequest(sip.INVITE, u)
}

// challenged is a 401 of the challenger.
func challenged(c *challenger, now time.Time, stale bool) *sip.Response {
	res := sip.NewResponse(401, "Unauthorized")
	for _, h := range c.challenges(now, stale) {
		res.AppendHeader(h)
	}
	return res
}

func newTestChallenger(t *testing.T, algorithms ...string) *challenger {
	t.Helper()
	ha1, err := Digest("SHA-256", "bob", "realm", "secret")
	if err != nil {
		t.Fatal(err)
	}
	users := map[string]Secret{"ann": {Password: "secret"}, "bob": {SHA256: ha1}, "eve": {}}
	return newChallenger("realm", algorithms, func(u string) (Secret, bool) { s, ok := users[u]; return s, ok })
}

func TestWhoKnowsThePasswordIsLetIn(t *testing.T) {
	for _, tt := range []struct {
		user, password string
		algorithms     []string
		want           verdict
	}{
		{"ann", "secret", []string{"MD5"}, right},
		{"ann", "secret", []string{"SHA-256", "MD5"}, right},
		{"bob", "secret", []string{"SHA-256"}, right},
		{"bob", "secret", []string{"MD5"}, wrong}, // has no such digest
		{"ann", "guess", []string{"SHA-256"}, wrong},
		{"nobody", "secret", []string{"SHA-256"}, wrong},
		{"eve", "", []string{"SHA-256"}, wrong}, // no secret at all
		{"eve", "x", []string{"SHA-256"}, wrong},
	} {
		c, now := newTestChallenger(t, tt.algorithms...), time.Now()
		req := newInvite(t)
		secret := credentials{user: tt.user, password: tt.password}
		if err := secret.authorize(req, challenged(c, now, false)); err != nil && tt.password != "" {
			t.Fatal(err)
		}
		if tt.password == "" {
			tt.want = absent
		}
		if user, v := c.verify(req, now); v != tt.want || v == right && user != tt.user {
			t.Errorf("%s/%s %v: %s %d, want %d", tt.user, tt.password, tt.algorithms, user, v, tt.want)
		}
	}
}

func TestCredentialsWorkOnceAndForAMinute(t *testing.T) {
	c, now := newTestChallenger(t, "SHA-256"), time.Now()
	req := newInvite(t)
	secret := credentials{user: "ann", password: "secret"}
	if err := secret.authorize(req, challenged(c, now, false)); err != nil {
		t.Fatal(err)
	}
	if _, v := c.verify(req, now.Add(nonceLife+time.Second)); v != stale {
		t.Errorf("too late: %d, want stale", v)
	}
	if _, v := c.verify(req, now); v != right {
		t.Errorf("first: %d", v)
	}
	if _, v := c.verify(req, now); v != wrong {
		t.Errorf("played again: %d, want wrong", v)
	}
}

func TestCredentialsAreForOneRequestOnly(t *testing.T) {
	c, now := newTestChallenger(t, "SHA-256"), time.Now()
	other := newTestChallenger(t, "SHA-256")
	secret := credentials{user: "ann", password: "secret"}
	req := newInvite(t)
	if err := secret.authorize(req, challenged(c, now, false)); err != nil {
		t.Fatal(err)
	}
	if _, v := other.verify(req, now); v != wrong {
		t.Errorf("a nonce that is not ours: %d", v)
	}
	req.Recipient.User = "00900"
	if _, v := c.verify(req, now); v != wrong {
		t.Errorf("another number: %d", v)
	}
}

func TestStaleNonceIsAnsweredAgainButAWrongPasswordIsNot(t *testing.T) {
	c, now := newTestChallenger(t, "MD5"), time.Now()
	req := newInvite(t)
	secret := credentials{user: "ann", password: "secret"}
	for i, tt := range []struct{ stale, ok bool }{{false, true}, {true, true}, {true, true}, {true, false}} {
		err := secret.authorize(req, challenged(c, now, tt.stale))
		if (err == nil) != tt.ok {
			t.Errorf("challenge %d: %v", i, err)
		}
	}
	secret = credentials{user: "ann", password: "secret", answered: 1}
	if err := secret.authorize(req, challenged(c, now, false)); err == nil || !strings.Contains(err.Error(), "wrong user name or password") {
		t.Errorf("got %v", err)
	}
}

func TestTopmostChallengeThatWeKnowIsAnswered(t *testing.T) {
	res := sip.NewResponse(407, "Proxy Authentication Required")
	res.AppendHeader(sip.NewHeader("Proxy-Authenticate", `Digest realm="r", nonce="n", algorithm=UNHEARD-OF, qop="auth"`))
	res.AppendHeader(sip.NewHeader("Proxy-Authenticate", `Digest realm="r", nonce="n", algorithm=MD5, qop="auth"`))
	req := newInvite(t)
	secret := credentials{user: "ann", password: "secret"}
	if err := secret.authorize(req, res); err != nil {
		t.Fatal(err)
	}
	if got := value(req, "Proxy-Authorization"); !strings.Contains(got, "algorithm=MD5") {
		t.Errorf("got %q", got)
	}
}

func FuzzVerify(f *testing.F) {
	f.Add(`Digest username="ann", realm="realm", nonce="x", uri="sip:1000@127.0.0.1:5060", response="0", qop=auth, nc=00000001, cnonce="1"`)
	f.Add(`Digest`)
	users := func(string) (Secret, bool) { return Secret{Password: "a secret"}, true }
	c := newChallenger("realm", []string{"MD5"}, users)
	f.Fuzz(func(t *testing.T, s string) {
		req := sip.NewRequest(sip.INVITE, sip.Uri{Scheme: "sip", User: "1000", Host: "127.0.0.1"})
		req.AppendHeader(sip.NewHeader("Authorization", s))
		if _, v := c.verify(req, time.Now()); v == right {
			t.Fatalf("let in: %q", s)
		}
	})
}
