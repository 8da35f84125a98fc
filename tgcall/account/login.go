package account

import (
	"context"
	"errors"
)

// Ask says what a Prompt is asked for and what was wrong with the answer before.
type Ask struct {
	Try  int    // 1 to 3
	Err  error  // what was wrong with the last answer; nil at the first try
	Hint string // Code: how it was sent; Password: the owner's own hint, which comes from outside
}

// Prompt asks a human being. An error ends the login and is returned by it.
type Prompt interface {
	Phone(ctx context.Context, a Ask) (string, error)    // the account's number, international
	Code(ctx context.Context, a Ask) (string, error)     // the code Telegram has just sent
	Password(ctx context.Context, a Ask) (string, error) // the two-step verification password
}

// LoginCode logs in with the code Telegram sends to the owner's app or by SMS, and the two-step password if there is one. A session that
// is logged in already is left as it is.
func (a *Account) LoginCode(ctx context.Context, p Prompt) (Person, error) {
	return Person{}, errors.ErrUnsupported
}

// LoginQR logs in by a QR code: show is given the URL to draw, again each time the old one expires, until the owner scans it with
// a logged-in app (Settings, Devices). Of p only Password is used, if the account has one.
func (a *Account) LoginQR(ctx context.Context, show func(url string), p Prompt) (Person, error) {
	return Person{}, errors.ErrUnsupported
}
