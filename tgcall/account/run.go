package account

import (
	"context"
	"errors"
)

// Run connects, and once the account is known to be logged in calls serve with its Session; it returns when serve does. Lost
// connections are made again without serve noticing, other than by State.
//
// It returns serve's error, nil when ctx ended, ErrLoginNeeded, or ErrRevoked when the session was ended from outside (serve's context ends then).
func (a *Account) Run(ctx context.Context, serve func(ctx context.Context, s *Session) error) error {
	return errors.ErrUnsupported
}
