package account

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/gotd/td/telegram/auth"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

// LoginCode logs in with the code Telegram sends to the owner's app or by SMS, and with the two-step password if there is one. A wrong
// number, code or password is asked for again, three times in all. A session that is logged in already is left as it is.
//
// Errors: what the Prompt returns, ErrTooManyTries, ErrSignUp, ErrCodeExpired, *FloodError, ErrBusy.
func (a *Account) LoginCode(ctx context.Context, p Prompt) (Person, error) {
	return a.login(ctx, func(ctx context.Context, l *link) (*tg.User, error) {
		c := codeLogin{link: l, prompt: p, auth: l.client.Auth()}
		return c.run(ctx)
	})
}

// login runs one way to log in, unless we are.
func (a *Account) login(ctx context.Context, way func(context.Context, *link) (*tg.User, error)) (self Person, err error) {
	err = a.connect(ctx, func(ctx context.Context, l *link) error {
		self, err = l.self(ctx)
		if !errors.Is(err, ErrLoginNeeded) {
			return err
		}
		u, err := way(ctx, l)
		if err != nil {
			return err
		}
		self = l.welcome(u)
		return nil
	})
	if err == nil && self.ID == 0 {
		err = context.Cause(ctx)
	}
	if err != nil {
		return Person{}, fmt.Errorf("log in: %w", err)
	}
	return self, nil
}

// codeLogin is one login by code (https://core.telegram.org/api/auth).
type codeLogin struct {
	*link
	prompt Prompt
	auth   *auth.Client

	phone string
	sent  *tg.AuthSentCode
	user  *tg.User
}

func (c *codeLogin) run(ctx context.Context) (*tg.User, error) {
	err := ask(ctx, "", c.prompt.Phone, func(answer string) error { return c.sendCode(ctx, answer) })
	if err != nil || c.user != nil {
		return c.user, err
	}
	err = ask(ctx, codeHint(c.sent.Type), c.prompt.Code, func(answer string) error { return c.signIn(ctx, answer) })
	if errors.Is(err, auth.ErrPasswordAuthNeeded) {
		return c.link.password(ctx, c.prompt)
	}
	return c.user, err
}

func (c *codeLogin) sendCode(ctx context.Context, answer string) (err error) {
	if c.phone, err = parsePhone(strings.TrimSpace(answer)); err != nil {
		return err
	}
	sent, err := c.auth.SendCode(ctx, c.phone, auth.SendCodeOptions{})
	switch {
	case tgerr.Is(err, "PHONE_NUMBER_INVALID"):
		return ErrBadNumber
	case tgerr.Is(err, "PHONE_NUMBER_UNOCCUPIED"):
		return ErrSignUp
	case err != nil:
		return err
	}
	switch sent := sent.(type) {
	case *tg.AuthSentCode:
		c.sent = sent
		return nil
	case *tg.AuthSentCodeSuccess:
		c.user, err = authorised(sent.Authorization)
		return err
	default: // a fee, of numbers that are costly to reach
		return fmt.Errorf("telegram sends no code: %T", sent)
	}
}

func (c *codeLogin) signIn(ctx context.Context, answer string) error {
	a, err := c.auth.SignIn(ctx, c.phone, cleanCode(answer), c.sent.PhoneCodeHash)
	var signUp *auth.SignUpRequired
	switch {
	case tgerr.Is(err, "PHONE_CODE_INVALID", "PHONE_CODE_EMPTY"):
		return ErrWrongCode
	case tgerr.Is(err, "PHONE_CODE_EXPIRED"):
		return ErrCodeExpired
	case tgerr.Is(err, "PHONE_NUMBER_UNOCCUPIED"), errors.As(err, &signUp):
		return ErrSignUp
	case err != nil:
		return err
	}
	c.user, err = authorised(a)
	return err
}

// cleanCode takes the spaces and dashes out of a code. Some codes are a word or phrase, which stays as it is.
func cleanCode(answer string) string {
	if strings.Trim(answer, "0123456789 -\t\r\n") == "" {
		return digits(answer)
	}
	return strings.TrimSpace(answer)
}

// password is the second step (https://core.telegram.org/api/srp); the password itself is not sent.
func (l *link) password(ctx context.Context, p Prompt) (u *tg.User, err error) {
	settings, err := l.client.API().AccountGetPassword(ctx)
	if err != nil {
		return nil, err
	}
	err = ask(ctx, settings.Hint, p.Password, func(answer string) error {
		a, err := l.client.Auth().Password(ctx, answer)
		if errors.Is(err, auth.ErrPasswordInvalid) {
			return ErrWrongPassword
		}
		if err != nil {
			return err
		}
		u, err = authorised(a)
		return err
	})
	return u, err
}

func authorised(a tg.AuthAuthorizationClass) (*tg.User, error) {
	switch a := a.(type) {
	case *tg.AuthAuthorization:
		if u, ok := a.User.AsNotEmpty(); ok {
			return u, nil
		}
	case *tg.AuthAuthorizationSignUpRequired:
		return nil, ErrSignUp
	}
	return nil, fmt.Errorf("telegram does not say as whom: %T", a)
}

// codeHint says in words where the code was sent.
func codeHint(t tg.AuthSentCodeTypeClass) string {
	switch t := t.(type) {
	case *tg.AuthSentCodeTypeApp:
		return "in the telegram app"
	case *tg.AuthSentCodeTypeSMS, *tg.AuthSentCodeTypeFirebaseSMS, *tg.AuthSentCodeTypeSMSWord, *tg.AuthSentCodeTypeSMSPhrase:
		return "by sms"
	case *tg.AuthSentCodeTypeCall:
		return "by a telephone call"
	case *tg.AuthSentCodeTypeMissedCall:
		return "the last digits of the number that calls you: " + t.Prefix
	case *tg.AuthSentCodeTypeEmailCode:
		return "by e-mail to " + t.EmailPattern
	case *tg.AuthSentCodeTypeFragmentSMS:
		return "at " + t.URL
	default:
		return "by telegram"
	}
}
