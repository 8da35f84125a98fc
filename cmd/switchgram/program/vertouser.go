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

// vertoUsers are the users of the configuration, as browsers log in, and guests.
type vertoUsers struct {
	registry  *line.Registry
	elsewhere authority // nil: all passwords are in the configuration
	log       *slog.Logger
}

// Login implements verto.Users.
func (u vertoUsers) Login(ctx context.Context, l verto.Login) (verto.User, error) {
	if user, ours := u.registry.Configured(l.Name); u.elsewhere != nil && (!ours || user.Password == (line.Hash{})) {
		return u.ask(ctx, l)
	}
	user, err := u.registry.Login(l.Name, l.Password)
	if errors.Is(err, line.ErrPassword) {
		return verto.User{}, verto.ErrPassword
	} else if err != nil {
		return verto.User{}, err
	}
	return u.known(user, "", nil), nil
}

// ask asks elsewhere about a password. What a user may is in the configuration, or said there; who has no line by either does not get in.
func (u vertoUsers) ask(ctx context.Context, l verto.Login) (verto.User, error) {
	said, err := u.elsewhere.ask(ctx, l)
	if err != nil {
		return verto.User{}, err
	}
	if user, ours := u.registry.Configured(l.Name); ours {
		return u.known(user, said.DisplayName, nil), nil
	}
	if len(said.Lines) == 0 {
		u.log.Warn("a login is right of somebody who is not among users", "user", l.Name)
		return verto.User{}, verto.ErrUser
	}
	guest, err := u.registry.Guest(said)
	return u.known(guest, "", &guest), err
}

// known is a user, perhaps by another name.
func (u vertoUsers) known(user line.User, name string, guest *line.User) verto.User {
	return verto.User{
		ID: user.Name, Name: cmp.Or(name, user.DisplayName, user.Name), Number: user.Name, May: desk.Access{Registry: u.registry, User: user.Name, Guest: guest},
	}
}
