package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"switchgram/tgcall/account"
)

type privacyCommand struct {
	configFlag
	Line        string            `short:"l" placeholder:"LINE" help:"Line whose account it is; may be left out if there is only one."`
	Calls       *account.Audience `placeholder:"WHO" help:"Set who may call it: everybody, contacts or nobody."`
	PhoneNumber *account.Audience `placeholder:"WHO" help:"Set who sees its number."`
	P2P         *account.Audience `name:"p2p" placeholder:"WHO" help:"Set with whom calls may run directly, which shows both sides' addresses."`
}

// Run sets what is asked for, and prints what is set then.
func (c *privacyCommand) Run(ctx context.Context, log *slog.Logger, s surroundings) error {
	login, err := openLogin(c.Config, c.Line, log, s)
	if err != nil {
		return err
	}
	return login.Run(ctx, nil, func(ctx context.Context, session *account.Session) error {
		for _, row := range []struct {
			name    string
			setting account.Privacy
			to      *account.Audience
		}{
			{"may call it", account.PrivacyCalls, c.Calls},
			{"see its number", account.PrivacyPhoneNumber, c.PhoneNumber},
			{"call it directly", account.PrivacyPeerToPeer, c.P2P},
		} {
			now, err := setOrRead(ctx, session, row.setting, row.to)
			if err != nil {
				return fmt.Errorf("line %s: %w", login.Line.Name, err)
			}
			fmt.Fprintf(s.out, "%-18s%s\n", row.name, describeAllowed(now))
		}
		return nil
	})
}

func setOrRead(ctx context.Context, s *account.Session, p account.Privacy, to *account.Audience) (account.Allowed, error) {
	if to == nil {
		return s.Privacy(ctx, p)
	}
	return s.SetPrivacy(ctx, p, *to)
}

// describeAllowed is "contacts, and 2 others, but not 1".
func describeAllowed(a account.Allowed) string {
	words := []string{a.Audience.String()}
	if a.Also > 0 {
		words = append(words, fmt.Sprintf("and %d others", a.Also))
	}
	if a.Never > 0 {
		words = append(words, fmt.Sprintf("but not %d", a.Never))
	}
	return strings.Join(words, ", ")
}
