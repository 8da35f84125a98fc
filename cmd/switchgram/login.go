package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"switchgram/cmd/switchgram/program"
	"switchgram/tgcall/account"
)

// configFlag is the flag of every command that needs the configuration.
type configFlag struct {
	Config string `short:"c" help:"Configuration file." default:"switchgram.yaml" type:"path"`
}

type loginCommand struct {
	configFlag
	Line  string `short:"l" help:"Line to log in; may be left out if there is only one."`
	QR    bool   `name:"qr" help:"Log in by scanning a QR code with a Telegram app that is logged in (Settings, Devices)."`
	Phone string `help:"Phone number of the account; asked for otherwise."`
}

// Run logs the line's account in and keeps the session, sealed, in the state folder.
func (c *loginCommand) Run(ctx context.Context, log *slog.Logger) error {
	config, err := program.Load(c.Config)
	if err != nil {
		return err
	}
	options, err := config.AccountOptions(c.Line, log)
	if err != nil {
		return err
	}
	a, err := account.New(options)
	if err != nil {
		return err
	}
	who, err := c.login(ctx, a)
	if err != nil {
		return fmt.Errorf("login: %w", err)
	}
	fmt.Fprintf(os.Stderr, "Logged in as %s (id %d). `switchgram run` can use this line now.\n", printable(who.FirstName+" "+who.LastName), who.ID)
	return nil
}

func (c *loginCommand) login(ctx context.Context, a *account.Account) (account.Person, error) {
	p := newPrompt(c.Phone)
	if !c.QR {
		return a.LoginCode(ctx, p)
	}
	return a.LoginQR(ctx, showQR, p)
}

func showQR(url string) {
	fmt.Fprintln(os.Stderr, "\nScan this with a Telegram app that is logged in: Settings, Devices, Link Desktop Device.")
	if err := printQR(os.Stderr, url); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}
