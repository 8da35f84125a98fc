package siptest

import (
	"cmp"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
)

// How an authentication can go wrong.
var (
	errUnauthenticated = errors.New("no credentials")                         // challenge
	errStale           = errors.New("nonce unknown, expired or used already") // challenge, and say so
	errForbidden       = errors.New("wrong user or password")
)

// authenticator challenges requests and checks what comes back (RFC 3261 §22, RFC 7616, RFC 8760). Safe for concurrent use.
type authenticator struct {
	realm      string
	algorithms []string // MD5, SHA-256; best first
	lifetime   time.Duration
	password   func(user string) (string, bool)

	mu     sync.Mutex
	nonces map[string]*nonce
}

// nonce is one that was given out. A count that does not grow is somebody replaying a request (RFC 7616 §5.4).
type nonce struct {
	expires time.Time
	count   int
}

// challenges are the values of WWW-Authenticate or Proxy-Authenticate, one for each algorithm, all with one new nonce.
func (a *authenticator) challenges(stale bool) (values []string) {
	n := a.newNonce()
	for _, alg := range a.algorithms {
		values = append(values, a.challenge(n, alg, stale).String())
	}
	return values
}

func (a *authenticator) challenge(nonce, algorithm string, stale bool) *digest.Challenge {
	return &digest.Challenge{Realm: a.realm, Nonce: nonce, Algorithm: algorithm, QOP: []string{"auth"}, Stale: stale}
}

func (a *authenticator) newNonce() string {
	now, text := time.Now(), rand.Text()
	a.mu.Lock()
	defer a.mu.Unlock()
	for old, n := range a.nonces {
		if now.After(n.expires) {
			delete(a.nonces, old)
		}
	}
	a.nonces[text] = &nonce{expires: now.Add(a.lifetime)}
	return text
}

// check says who sent the request. header is Authorization or Proxy-Authorization.
func (a *authenticator) check(req *sip.Request, header string) (user string, err error) {
	h := req.GetHeader(header)
	if h == nil {
		return "", errUnauthenticated
	}
	c, err := digest.ParseCredentials(h.Value())
	if err != nil || c.Realm != a.realm || c.QOP != "auth" {
		return "", errUnauthenticated
	}
	if !a.matches(req, c) {
		return "", errForbidden
	}
	if !a.use(c.Nonce, c.Nc) {
		return "", errStale
	}
	return c.Username, nil
}

func (a *authenticator) matches(req *sip.Request, c *digest.Credentials) bool {
	password, ok := a.password(c.Username)
	if !ok || !slices.Contains(a.algorithms, strings.ToUpper(cmp.Or(c.Algorithm, "MD5"))) {
		return false
	}
	want, err := digest.Digest(a.challenge(c.Nonce, c.Algorithm, false), digest.Options{
		Method: string(req.Method), URI: c.URI, Username: c.Username, Password: password, Cnonce: c.Cnonce, Count: c.Nc,
	})
	return err == nil && want.Response == strings.ToLower(c.Response)
}

func (a *authenticator) use(text string, count int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := a.nonces[text]
	if n == nil || time.Now().After(n.expires) || count <= n.count {
		return false
	}
	n.count = count
	return true
}
