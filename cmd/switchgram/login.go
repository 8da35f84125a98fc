package main

import (
	"context"
	"fmt"
	"log/slog"

	"switchgram/cmd/switchgram/program"
	"switchgram/tgcall/account"
)

// configFlag is the flag of every command that needs the configuration.
type configFlag struct {
	Config string `short:"c" help:"Configuration file." default:"switchgram.yaml"`
}

type loginCommand struct {
	configFlag
	Line  string `short:"l" placeholder:"LINE" help:"Line to log in; may be left out if there is only one."`
	QR    bool   `name:"qr" help:"Log in by scanning a QR code with a Telegram app that is logged in (Settings, Devices)."`
	Phone string `placeholder:"NUMBER" help:"Phone number of the account; asked for otherwise."`
}

// Run logs the line's account in and keeps the session, sealed, in the state folder.
func (c *loginCommand) Run(ctx context.Context, log *slog.Logger, s surroundings) error {
	login, err := openLogin(c.Config, c.Line, log, s)
	if err != nil {
		return err
	}
	a, release, err := login.Open(nil)
	if err != nil {
		return err
	}
	defer release()
	who, err := c.login(ctx, a, s)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.err, "Logged in as %s (id %d). `switchgram run` can use line %s now.\n", nameOf(who), who.ID, login.Line.Name)
	return nil
}

// openLogin finds a line of the configuration.
func openLogin(config, line string, log *slog.Logger, s surroundings) (*program.Login, error) {
	c, err := program.Load(config)
	if err != nil {
		return nil, err
	}
	l, err := c.Line(line)
	if err != nil {
		return nil, err
	}
	return c.Login(l, s.network, log)
}

func (c *loginCommand) login(ctx context.Context, a *account.Account, s surroundings) (account.Person, error) {
	p := newPrompt(s, c.Phone)
	if !c.QR {
		return a.LoginCode(ctx, p)
	}
	return a.LoginQR(ctx, p.showQR, p)
}
