package main

import (
	"context"
	"fmt"

	"switchgram/bridge/line"
	"switchgram/bridge/sip"
	"switchgram/tgcall/account"
)

type hashPasswordCommand struct {
	SIPUser string `name:"sip-user" placeholder:"NAME" help:"Also print the digest by which this user logs in to SIP."`
	Realm   string `help:"Realm of SIP logins." default:"switchgram"`
}

// Run prints what belongs into the configuration in place of the password.
func (c *hashPasswordCommand) Run(ctx context.Context, s surroundings) error {
	password, err := newPrompt(s, "").secret(ctx, account.Ask{}, "Password")
	if err != nil {
		return err
	}
	hash, err := line.HashPassword(password)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "password: %q\n", hash.Text())
	if c.SIPUser == "" {
		return nil
	}
	digest, err := sip.Digest("SHA-256", c.SIPUser, c.Realm, password)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "sip_digest: %q\n", digest)
	return nil
}
