package testnet

import (
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

// loginToken is what a client shows as a QR code, https://core.telegram.org/api/qr-login.
type loginToken struct {
	device   *device
	expires  time.Time
	accepted *User // by whom; nil: by nobody yet
}

// exportLoginToken makes a token. Called again after somebody accepted it, it logs in.
func (r *request) exportLoginToken(q *tg.AuthExportLoginTokenRequest) (bin.Encoder, error) {
	if err := r.n.checkApp(q.APIID, q.APIHash); err != nil {
		return nil, err
	}
	if r.user != nil {
		return r.tokenSuccess(r.user)
	}
	for token, t := range r.n.tokens {
		if t.device != r.device {
			continue
		}
		delete(r.n.tokens, token) // a device has one at a time
		if t.accepted != nil && t.accepted.home != r.centre {
			r.n.tokens[token] = t // good until it is shown there
			return &tg.AuthLoginTokenMigrateTo{DCID: t.accepted.home.dc, Token: []byte(token)}, nil
		}
		if t.accepted != nil {
			return r.tokenSuccess(t.accepted)
		}
	}
	t := &loginToken{device: r.device, expires: time.Now().Add(r.n.o.QRLifetime)}
	token := randomBytes(32)
	r.n.tokens[string(token)] = t
	return &tg.AuthLoginToken{Expires: unix(t.expires), Token: token}, nil
}

// tokenSuccess logs in; a two-step password is still asked for.
func (r *request) tokenSuccess(u *User) (bin.Encoder, error) {
	if r.user == nil && u.password != nil {
		return r.enter(u)
	}
	return &tg.AuthLoginTokenSuccess{Authorization: r.authorised(u)}, nil
}

// importLoginToken is what a client does after it was sent to another data centre.
func (r *request) importLoginToken(q *tg.AuthImportLoginTokenRequest) (bin.Encoder, error) {
	t, err := r.token(q.Token)
	if err != nil {
		return nil, err
	}
	if t.accepted == nil {
		return &tg.AuthLoginToken{Expires: unix(t.expires), Token: q.Token}, nil
	}
	delete(r.n.tokens, string(q.Token))
	return r.tokenSuccess(t.accepted)
}

func (r *request) token(token []byte) (*loginToken, error) {
	t := r.n.tokens[string(token)]
	switch {
	case t == nil:
		return nil, tgerr.New(400, "AUTH_TOKEN_INVALIDX")
	case time.Now().After(t.expires):
		return nil, tgerr.New(400, "AUTH_TOKEN_EXPIRED")
	}
	return t, nil
}

// acceptLoginToken is what a logged-in device does with the code it has scanned.
func (r *request) acceptLoginToken(q *tg.AuthAcceptLoginTokenRequest) (bin.Encoder, error) {
	t, err := r.token(q.Token)
	if err != nil {
		return nil, err
	}
	if t.accepted != nil {
		return nil, tgerr.New(400, "AUTH_TOKEN_ALREADY_ACCEPTED")
	}
	t.accepted = r.user
	r.then(func() {
		r.n.push(t.device, func(viewer) bin.Encoder {
			return &tg.UpdateShort{Update: &tg.UpdateLoginToken{}, Date: unix(time.Now())}
		})
	})
	a := t.device.authorization(false)
	return &a, nil
}
