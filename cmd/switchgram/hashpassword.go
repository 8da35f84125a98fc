package main

import (
	"fmt"

	"switchgram/bridge/line"
	"switchgram/bridge/sip"
	"switchgram/tgcall/account"
)

type hashPasswordCommand struct {
	SIPUser string `name:"sip-user" help:"Also print the digest by which this user logs in to SIP."`
	Realm   string `help:"Realm of SIP logins." default:"switchgram"`
}

// Run prints what belongs into the configuration in place of the password.
func (c *hashPasswordCommand) Run() error {
	password, err := newPrompt("").secret(account.Ask{}, "Password")
	if err != nil {
		return err
	}
	hash, err := line.HashPassword(password)
	if err != nil {
		return err
	}
	fmt.Printf("password: %q\n", hash.Text())
	if c.SIPUser == "" {
		return nil
	}
	digest, err := sip.Digest("SHA-256", c.SIPUser, c.Realm, password)
	if err != nil {
		return err
	}
	fmt.Printf("sip_digest: %q\n", digest)
	return nil
}
