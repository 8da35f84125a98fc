package main

import (
	"context"
	"errors"
	"fmt"

	"switchgram/verto/vertotest"
)

// logins are the rows about users of FreeSWITCH's directory who log in to the bridge.
func logins() []row {
	return []row{{"pages log in with passwords of FreeSWITCH's directory", loggedIn}}
}

func loggedIn(ctx context.Context, w *world) (string, error) {
	user := w.o.users[vertoUser]
	password, err := w.fs.passwordOf(ctx, user)
	if err != nil {
		return "", err
	}
	for _, name := range []string{user, user + "@" + w.fs.domain} {
		if err := w.logIn(ctx, name, password); err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
	}
	wrong := [][2]string{
		{user, password + "x"}, {"nobody", password}, {w.o.users[sparePhone], password}, // who is no user of the bridge's
		{user + " " + w.fs.domain, password}, {"${user_data(" + user + " param password)}", password}, {user + "'", password},
	}
	for _, one := range wrong {
		refused := (*vertotest.Error)(nil)
		if err := w.logIn(ctx, one[0], one[1]); !errors.As(err, &refused) || refused.Message != "Authentication Failure" {
			return "", fmt.Errorf("%q logs in: %w", one[0], err)
		}
	}
	return fmt.Sprintf("logged in; %d others refused", len(wrong)), nil
}

// logIn has a page log in at the bridge.
func (w *world) logIn(ctx context.Context, name, password string) error {
	c, err := vertotest.Dial(ctx, "ws://"+w.program.VertoAddr().String(), vertotest.Options{})
	if err != nil {
		return err
	}
	return errors.Join(c.Login(ctx, name, password), c.Close())
}
