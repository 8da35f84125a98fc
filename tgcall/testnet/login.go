package testnet

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

// loginCode was sent to a phone. https://core.telegram.org/api/auth
type loginCode struct {
	user    *User
	hash    string
	code    string
	expires time.Time
}

// Code is the login code last sent to phone, or "" if there is none that is still good. Digits, with or without "+".
func (n *Network) Code(phone string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if c := n.codeOf(n.byPhone[digits(phone)]); c != nil && time.Now().Before(c.expires) {
		return c.code
	}
	return ""
}

// ExpireCode makes the login code last sent to phone too old.
func (n *Network) ExpireCode(phone string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if c := n.codeOf(n.byPhone[digits(phone)]); c != nil {
		c.expires = time.Time{}
	}
}

// codeOf is the code last sent to u: a user has one at a time.
func (n *Network) codeOf(u *User) *loginCode {
	for _, c := range n.codes {
		if c.user == u {
			return c
		}
	}
	return nil
}

// digits of a phone number as people write it.
func digits(phone string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("+ -()", r) {
			return -1
		}
		return r
	}, phone)
}

func (n *Network) checkApp(id int, hash string) error {
	if id != n.o.AppID || hash != n.o.AppHash {
		return tgerr.New(400, "API_ID_INVALID")
	}
	return nil
}

func (r *request) sendCode(q *tg.AuthSendCodeRequest) (bin.Encoder, error) {
	if err := r.n.checkApp(q.APIID, q.APIHash); err != nil {
		return nil, err
	}
	phone := digits(q.PhoneNumber)
	u := r.n.byPhone[phone]
	switch {
	case !isPhone(phone):
		return nil, tgerr.New(400, "PHONE_NUMBER_INVALID")
	case u == nil: // there is no sign-up here
		return nil, tgerr.New(400, "PHONE_NUMBER_UNOCCUPIED")
	case u.home != r.centre:
		return nil, u.elsewhere("PHONE_MIGRATE")
	}
	return r.n.newCode(u).sent(), nil
}

// newCode replaces the code that u has, if any.
func (n *Network) newCode(u *User) *loginCode {
	if old := n.codeOf(u); old != nil {
		delete(n.codes, old.hash)
	}
	c := &loginCode{user: u, hash: randomHex(9), code: n.o.LoginCode, expires: time.Now().Add(n.o.CodeLifetime)}
	if c.code == "" {
		c.code = randomCode()
	}
	n.codes[c.hash] = c
	return c
}

// sent tells a client about the code, as if it had gone to the user's other app.
func (c *loginCode) sent() *tg.AuthSentCode {
	s := &tg.AuthSentCode{Type: &tg.AuthSentCodeTypeApp{Length: len(c.code)}, PhoneCodeHash: c.hash}
	s.SetNextType(&tg.AuthCodeTypeSMS{})
	s.SetTimeout(60)
	return s
}

// code finds what a client refers to by number and hash.
func (r *request) code(phone, hash string) (*loginCode, error) {
	c := r.n.codes[hash]
	switch {
	case hash == "":
		return nil, tgerr.New(400, "PHONE_CODE_HASH_EMPTY")
	case c == nil || c.user.o.Phone != digits(phone) || time.Now().After(c.expires):
		return nil, tgerr.New(400, "PHONE_CODE_EXPIRED")
	}
	return c, nil
}

func (r *request) resendCode(q *tg.AuthResendCodeRequest) (bin.Encoder, error) {
	c, err := r.code(q.PhoneNumber, q.PhoneCodeHash)
	if err != nil {
		return nil, err
	}
	return r.n.newCode(c.user).sent(), nil
}

func (r *request) cancelCode(q *tg.AuthCancelCodeRequest) (bin.Encoder, error) {
	c, err := r.code(q.PhoneNumber, q.PhoneCodeHash)
	if err != nil {
		return nil, err
	}
	delete(r.n.codes, c.hash)
	return &tg.BoolTrue{}, nil
}

func (r *request) signIn(q *tg.AuthSignInRequest) (bin.Encoder, error) {
	c, err := r.code(q.PhoneNumber, q.PhoneCodeHash)
	switch {
	case err != nil:
		return nil, err
	case q.PhoneCode == "":
		return nil, tgerr.New(400, "PHONE_CODE_EMPTY")
	case subtle.ConstantTimeCompare([]byte(q.PhoneCode), []byte(c.code)) != 1:
		return nil, tgerr.New(400, "PHONE_CODE_INVALID")
	}
	if c.user.home != r.centre {
		return nil, c.user.elsewhere("PHONE_MIGRATE")
	}
	delete(r.n.codes, c.hash)
	return r.enter(c.user)
}

// enter logs the device in, or asks for the two-step password.
func (r *request) enter(u *User) (bin.Encoder, error) {
	if u.password != nil {
		r.device.pending = u
		return nil, tgerr.New(401, "SESSION_PASSWORD_NEEDED")
	}
	return r.authorised(u), nil
}

func (r *request) authorised(u *User) *tg.AuthAuthorization {
	r.n.authorise(r.device, u)
	r.user = u
	return &tg.AuthAuthorization{User: r.viewer().see(u)}
}

func (r *request) logOut(*tg.AuthLogOutRequest) (bin.Encoder, error) {
	r.n.release(r.device)
	return &tg.AuthLoggedOut{}, nil
}

func randomHex(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
}

func randomCode() string {
	v, _ := rand.Int(rand.Reader, big.NewInt(100000))
	return fmt.Sprintf("%05d", v)
}
