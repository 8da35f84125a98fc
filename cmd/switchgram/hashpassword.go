package main

import (
	"context"
	"errors"
	"fmt"

	"switchgram/bridge/line"
	"switchgram/bridge/sip"
	"switchgram/tgcall/account"
	"switchgram/xml"
)

type hashPasswordCommand struct {
	SIPUser string `name:"sip-user" placeholder:"NAME" help:"Also print the digest by which this user logs in to SIP."`
	Realm   string `help:"Realm of SIP logins." default:"switchgram"`
	MD5     bool   `name:"md5" help:"That digest for telephones that know nothing better than MD5. Of SHA-256 otherwise."`
	Domain  string `name:"freeswitch" placeholder:"DOMAIN" help:"Also print the digest by which the SIP user logs in at a FreeSWITCH that asks us for its directory, in this domain of it."`
}

// Validate refuses a domain without a user.
func (c *hashPasswordCommand) Validate() error {
	if c.Domain != "" && c.SIPUser == "" {
		return errors.New("--freeswitch: whose login? Want --sip-user, too")
	}
	return nil
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
	algorithm := "SHA-256"
	if c.MD5 {
		algorithm = "MD5"
	}
	digest, err := sip.Digest(algorithm, c.SIPUser, c.Realm, password)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "sip_digest: %q\n", digest)
	if c.Domain != "" {
		fmt.Fprintf(s.out, "a1_hash: %q\n", xml.A1(c.SIPUser, c.Domain, password))
	}
	return nil
}
