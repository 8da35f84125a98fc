package account

import "errors"

var (
	// ErrLoginNeeded says that the session is not logged in: LoginCode or LoginQR come first.
	ErrLoginNeeded = errors.New("telegram account is not logged in")
	// ErrRevoked says that Telegram, or the account's owner on another device, ended the session: only a new login helps.
	ErrRevoked = errors.New("telegram session was ended from outside")
	// ErrBusy says that the account is running or logging in already.
	ErrBusy = errors.New("account is in use: it runs or logs in already")
	// ErrUnknownPerson says that Telegram shows us nobody under that number, name or id. A hidden number looks the same as a free one.
	ErrUnknownPerson = errors.New("no such person on telegram, or hidden from us")
	// ErrBadAddress says that a text is neither a number nor a username nor an id.
	ErrBadAddress = errors.New("want +number, digits with country code, @username or *id")
	// ErrSignUp says that the number has no Telegram account. We do not create one.
	ErrSignUp = errors.New("number has no telegram account: make one with a telegram app first")
	// ErrTooManyTries says that a number, code or password was wrong three times.
	ErrTooManyTries = errors.New("wrong three times")
	// ErrCodeExpired says that the login code became too old; begin again.
	ErrCodeExpired = errors.New("login code has expired: begin again")
)
