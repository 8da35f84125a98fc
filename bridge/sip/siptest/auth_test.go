package siptest

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
)

func newTestAuthenticator(algorithms ...string) *authenticator {
	return newAuthenticator(Options{Users: map[string]string{"1000": "secret"}, Algorithms: algorithms}.withDefaults())
}

// request is a REGISTER of 1000 that answers a challenge.
func request(t *testing.T, challenge, password string, count int) *sip.Request {
	t.Helper()
	req := sip.NewRequest(sip.REGISTER, sip.Uri{Scheme: "sip", Host: "127.0.0.1"})
	if challenge == "" {
		return req
	}
	c, err := digest.ParseChallenge(challenge)
	if err != nil {
		t.Fatal(err)
	}
	cred, err := digest.Digest(c, digest.Options{Method: "REGISTER", URI: "sip:127.0.0.1", Username: "1000", Password: password, Count: count})
	if err != nil {
		t.Fatal(err)
	}
	req.AppendHeader(sip.NewHeader("Authorization", cred.String()))
	return req
}

func TestPasswordIsCheckedByEveryAlgorithm(t *testing.T) {
	a := newTestAuthenticator("SHA-256", "MD5")
	challenges := a.challenges(false)
	if len(challenges) != 2 || !strings.Contains(challenges[0], "SHA-256") {
		t.Fatalf("challenges %q, want SHA-256, then MD5", challenges)
	}
	for i, c := range challenges {
		if user, err := a.check(request(t, c, "secret", i+1), "Authorization"); err != nil || user != "1000" {
			t.Errorf("%s: %q, %v", c, user, err)
		}
		if _, err := a.check(request(t, c, "guess", i+5), "Authorization"); !errors.Is(err, errForbidden) {
			t.Errorf("%s: wrong password gave %v", c, err)
		}
	}
}

func TestReplayedCredentialsAreStale(t *testing.T) {
	a := newTestAuthenticator("MD5")
	challenge := a.challenges(false)[0]
	for _, tt := range []struct {
		count int
		want  error
	}{{1, nil}, {1, errStale}, {2, nil}} {
		if _, err := a.check(request(t, challenge, "secret", tt.count), "Authorization"); !errors.Is(err, tt.want) {
			t.Errorf("nonce count %d: %v, want %v", tt.count, err, tt.want)
		}
	}
}

func TestNonceExpires(t *testing.T) {
	a := newTestAuthenticator("MD5")
	a.lifetime = -time.Second
	req := request(t, a.challenges(false)[0], "secret", 1)
	if _, err := a.check(req, "Authorization"); !errors.Is(err, errStale) {
		t.Errorf("got %v, want %v", err, errStale)
	}
}

func TestWithoutCredentialsThereIsAChallenge(t *testing.T) {
	a := newTestAuthenticator("MD5")
	req := request(t, "", "", 0)
	if _, err := a.check(req, "Authorization"); !errors.Is(err, errUnauthenticated) {
		t.Errorf("got %v", err)
	}
	req.AppendHeader(sip.NewHeader("Authorization", "Basic Zm9v"))
	if _, err := a.check(req, "Authorization"); !errors.Is(err, errUnauthenticated) {
		t.Errorf("Basic: got %v", err)
	}
}
