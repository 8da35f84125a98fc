package sip

import (
	"cmp"
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
)

const (
	nonceLife = time.Minute // as FreeSWITCH has it
	maxNonces = 4096        // in use at once; more are answered as stale
)

// Digest is H(user:realm:password) of RFC 7616 §3.4.2 for a Secret; algorithm is "MD5" or "SHA-256".
func Digest(algorithm, user, realm, password string) (string, error) {
	h, err := hashOf(algorithm)
	if err != nil {
		return "", err
	}
	fmt.Fprintf(h, "%s:%s:%s", user, realm, password)
	return hex.EncodeToString(h.Sum(nil)), nil
}

func hashOf(algorithm string) (hash.Hash, error) {
	switch strings.ToUpper(algorithm) {
	case "MD5":
		return md5.New(), nil
	case "SHA-256":
		return sha256.New(), nil
	default:
		return nil, fmt.Errorf("digest algorithm %q: want MD5 or SHA-256", algorithm)
	}
}

// challenger is our side of digest authentication (RFC 7616): it makes nonces that it recognises without remembering them, and
// remembers those in use to see that no request is played twice.
type challenger struct {
	realm      string
	algorithms []string
	users      func(string) (Secret, bool)
	key        [32]byte

	mu   sync.Mutex
	used map[string]use
}

// use is how far a nonce has been used.
type use struct {
	count   int
	expires time.Time
}

func newChallenger(realm string, algorithms []string, users func(string) (Secret, bool)) *challenger {
	c := &challenger{realm: realm, algorithms: algorithms, users: users, used: map[string]use{}}
	if _, err := rand.Read(c.key[:]); err != nil {
		panic("sip: no randomness: " + err.Error())
	}
	return c
}

// nonce is a time, something random, and a seal that makes it ours.
func (c *challenger) nonce(now time.Time) string {
	var b [16 + sha256.Size]byte
	binary.BigEndian.PutUint64(b[:], uint64(now.UnixNano()))
	if _, err := rand.Read(b[8:16]); err != nil {
		panic("sip: no randomness: " + err.Error())
	}
	copy(b[16:], c.seal(b[:16]))
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func (c *challenger) seal(b []byte) []byte {
	mac := hmac.New(sha256.New, c.key[:])
	mac.Write(b)
	return mac.Sum(nil)
}

// made tells when the nonce was made; ok false: not by us.
func (c *challenger) made(nonce string) (t time.Time, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(nonce)
	if err != nil || len(b) != 16+sha256.Size || !hmac.Equal(b[16:], c.seal(b[:16])) {
		return t, false
	}
	return time.Unix(0, int64(binary.BigEndian.Uint64(b))), true
}

// challenges are the header fields of a 401, one an algorithm.
func (c *challenger) challenges(now time.Time, stale bool) (headers []sip.Header) {
	nonce := c.nonce(now)
	for _, algorithm := range c.algorithms {
		ch := digest.Challenge{Realm: c.realm, Nonce: nonce, Algorithm: algorithm, QOP: []string{"auth"}, Stale: stale}
		headers = append(headers, sip.NewHeader("WWW-Authenticate", ch.String()))
	}
	return headers
}

// verdict on a request's credentials.
type verdict int

const (
	absent verdict = iota // there are none for our realm
	wrong                 // or broken, or used before
	stale                 // right once: the nonce is too old
	right
)

// verify judges the credentials of a request; the user is theirs if they are right.
func (c *challenger) verify(req *sip.Request, now time.Time) (user string, v verdict) {
	for _, name := range []string{"Authorization", "Proxy-Authorization"} {
		for _, h := range req.GetHeaders(name) {
			cred, err := digest.ParseCredentials(h.Value())
			if err != nil || cred.Realm != c.realm {
				continue
			}
			return cred.Username, c.judge(cred, req, now)
		}
	}
	return "", absent
}

func (c *challenger) judge(cred *digest.Credentials, req *sip.Request, now time.Time) verdict {
	made, ours := c.made(cred.Nonce)
	if !ours || cred.QOP != "auth" || cred.Nc < 1 || !sameURI(cred.URI, &req.Recipient) || !c.matches(cred, req.Method.String()) {
		return wrong
	}
	if now.Sub(made) > nonceLife {
		return stale
	}
	return c.count(cred, made.Add(nonceLife), now)
}

// sameURI compares the URI that was signed with that of the request, parameters aside, which proxies change.
func sameURI(signed string, u *sip.Uri) bool {
	var s sip.Uri
	if err := sip.ParseUri(signed, &s); err != nil {
		return false
	}
	return s.User == u.User && strings.EqualFold(s.Host, u.Host) && cmp.Or(s.Port, 5060) == cmp.Or(u.Port, 5060)
}

// matches compares the response with the one we compute. A user whom we do not know takes as long.
func (c *challenger) matches(cred *digest.Credentials, method string) bool {
	secret, known := c.users(cred.Username)
	algorithm := cred.Algorithm
	if algorithm == "" {
		algorithm = "MD5"
	}
	options := digest.Options{Method: method, URI: cred.URI, Count: cred.Nc, Username: cred.Username, Password: secret.Password,
		Cnonce: cred.Cnonce}
	switch strings.ToUpper(algorithm) {
	case "MD5":
		options.A1 = secret.MD5
	case "SHA-256":
		options.A1 = secret.SHA256
	default:
		return false
	}
	known = known && (options.A1 != "" || options.Password != "") && c.asked(algorithm)
	want, err := digest.Digest(&digest.Challenge{Realm: c.realm, Nonce: cred.Nonce, Algorithm: algorithm, QOP: []string{"auth"}}, options)
	if err != nil {
		return false
	}
	return subtle.ConstantTimeCompare([]byte(want.Response), []byte(cred.Response)) == 1 && known
}

func (c *challenger) asked(algorithm string) bool {
	for _, a := range c.algorithms {
		if strings.EqualFold(a, algorithm) {
			return true
		}
	}
	return false
}

// count sees to it that each use of a nonce has a higher count than the one before (RFC 7616 §3.4).
func (c *challenger) count(cred *digest.Credentials, expires, now time.Time) verdict {
	c.mu.Lock()
	defer c.mu.Unlock()
	last, again := c.used[cred.Nonce]
	if again && cred.Nc <= last.count {
		return wrong
	}
	if !again && len(c.used) >= maxNonces && !c.makeRoom(now) {
		return stale
	}
	c.used[cred.Nonce] = use{count: cred.Nc, expires: expires}
	return right
}

func (c *challenger) makeRoom(now time.Time) bool {
	for nonce, u := range c.used {
		if now.After(u.expires) {
			delete(c.used, nonce)
		}
	}
	return len(c.used) < maxNonces
}
