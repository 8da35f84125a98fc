package program

import (
	"cmp"
	"context"
	"errors"
	"log/slog"

	"switchgram/bridge/desk"
	"switchgram/bridge/line"
	"switchgram/verto"
)

// vertoUsers are the users of the configuration, as browsers log in.
type vertoUsers struct {
	registry *line.Registry
	asker    *asker // nil: all passwords are in the configuration
	log      *slog.Logger
}

// Login implements verto.Users.
func (u vertoUsers) Login(ctx context.Context, l verto.Login) (verto.User, error) {
	if user, ours := u.registry.User(l.Name); u.asker != nil && (!ours || user.Password == (line.Hash{})) {
		return u.ask(ctx, l, ours, user)
	}
	user, err := u.registry.Login(l.Name, l.Password)
	if errors.Is(err, line.ErrPassword) {
		return verto.User{}, verto.ErrPassword
	} else if err != nil {
		return verto.User{}, err
	}
	return u.known(user, ""), nil
}

// ask asks another server about a password. What a user may is in the configuration, so that those who are not there cannot log in.
func (u vertoUsers) ask(ctx context.Context, l verto.Login, ours bool, user line.User) (verto.User, error) {
	name, err := u.asker.ask(ctx, l)
	switch {
	case err != nil:
		return verto.User{}, err
	case !ours:
		u.log.Warn("a login is right of somebody who is not among users", "user", l.Name)
		return verto.User{}, verto.ErrUser
	}
	return u.known(user, name), nil
}

// known is a user of the configuration, perhaps by another name.
func (u vertoUsers) known(user line.User, name string) verto.User {
	return verto.User{ID: user.Name, Name: cmp.Or(name, user.DisplayName, user.Name), Number: user.Name, May: desk.Access{Registry: u.registry, User: user.Name}}
}
