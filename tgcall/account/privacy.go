package account

import (
	"context"
	"fmt"

	"github.com/gotd/td/tg"
)

// Audience is to whom a privacy setting gives something.
type Audience uint8

// The audiences. Each can have exceptions, people by name, which stay as they are when another audience is set.
const (
	Everybody Audience = iota
	Contacts           // those whom the account has in its contacts
	Nobody
)

var audiences = [...]string{"everybody", "contacts", "nobody"}

// String is "everybody", "contacts" or "nobody".
func (a Audience) String() string { return audiences[min(a, Nobody)] }

// UnmarshalText reads what String says.
func (a *Audience) UnmarshalText(text []byte) error {
	for i, name := range audiences {
		if string(text) == name {
			*a = Audience(i)
			return nil
		}
	}
	return fmt.Errorf("%q: want everybody, contacts or nobody", text)
}

// Privacy is one of the account's own settings (https://core.telegram.org/api/privacy).
type Privacy uint8

// The settings that matter to calls.
const (
	PrivacyCalls       Privacy = iota // who may call the account
	PrivacyPhoneNumber                // who sees its number
	PrivacyPeerToPeer                 // with whom calls may run directly, which shows both our address
)

func (p Privacy) key() tg.InputPrivacyKeyClass {
	switch p {
	case PrivacyCalls:
		return &tg.InputPrivacyKeyPhoneCall{}
	case PrivacyPhoneNumber:
		return &tg.InputPrivacyKeyPhoneNumber{}
	default:
		return &tg.InputPrivacyKeyPhoneP2P{}
	}
}

// Allowed is an audience with the number of its exceptions.
type Allowed struct {
	Audience
	Also  int // people and groups outside the audience who are allowed
	Never int // people and groups in it who are not
}

// Privacy reads a setting.
func (s *Session) Privacy(ctx context.Context, p Privacy) (Allowed, error) {
	rules, err := s.api.AccountGetPrivacy(ctx, p.key())
	if err != nil {
		return Allowed{}, fmt.Errorf("read privacy: %w", err)
	}
	return allowed(rules.Rules), nil
}

// SetPrivacy changes a setting, and keeps its exceptions. It returns what is set then.
func (s *Session) SetPrivacy(ctx context.Context, p Privacy, to Audience) (Allowed, error) {
	before, err := s.api.AccountGetPrivacy(ctx, p.key())
	if err != nil {
		return Allowed{}, fmt.Errorf("read privacy: %w", err)
	}
	after, err := s.api.AccountSetPrivacy(ctx, &tg.AccountSetPrivacyRequest{Key: p.key(), Rules: append(exceptions(before), to.rule())})
	if err != nil {
		return Allowed{}, fmt.Errorf("set privacy: %w", err)
	}
	return allowed(after.Rules), nil
}

func (a Audience) rule() tg.InputPrivacyRuleClass {
	switch a {
	case Everybody:
		return &tg.InputPrivacyValueAllowAll{}
	case Contacts:
		return &tg.InputPrivacyValueAllowContacts{}
	default:
		return &tg.InputPrivacyValueDisallowAll{}
	}
}

// allowed reads rules as Telegram tells them; the first that fits somebody counts, and whom none fits is not allowed.
func allowed(rules []tg.PrivacyRuleClass) Allowed {
	a := Allowed{Audience: Nobody}
	for _, r := range rules {
		switch r := r.(type) {
		case *tg.PrivacyValueAllowAll:
			a.Audience = Everybody
		case *tg.PrivacyValueAllowContacts:
			a.Audience = Contacts
		case *tg.PrivacyValueAllowUsers:
			a.Also += len(r.Users)
		case *tg.PrivacyValueAllowChatParticipants:
			a.Also += len(r.Chats)
		case *tg.PrivacyValueDisallowUsers:
			a.Never += len(r.Users)
		case *tg.PrivacyValueDisallowChatParticipants:
			a.Never += len(r.Chats)
		}
	}
	return a
}

// exceptions turns the exceptions among rules into what a request wants.
func exceptions(rules *tg.AccountPrivacyRules) (all []tg.InputPrivacyRuleClass) {
	known := tg.UserClassArray(rules.Users).NotEmptyToMap()
	users := func(ids []int64) (in []tg.InputUserClass) {
		for _, id := range ids {
			if u := known[id]; u != nil { // nobody is left out but who has deleted their account
				in = append(in, u.AsInput())
			}
		}
		return in
	}
	for _, r := range rules.Rules {
		switch r := r.(type) {
		case *tg.PrivacyValueAllowUsers:
			all = append(all, &tg.InputPrivacyValueAllowUsers{Users: users(r.Users)})
		case *tg.PrivacyValueDisallowUsers:
			all = append(all, &tg.InputPrivacyValueDisallowUsers{Users: users(r.Users)})
		case *tg.PrivacyValueAllowChatParticipants:
			all = append(all, &tg.InputPrivacyValueAllowChatParticipants{Chats: r.Chats})
		case *tg.PrivacyValueDisallowChatParticipants:
			all = append(all, &tg.InputPrivacyValueDisallowChatParticipants{Chats: r.Chats})
		case *tg.PrivacyValueAllowPremium:
			all = append(all, &tg.InputPrivacyValueAllowPremium{})
		case *tg.PrivacyValueAllowCloseFriends:
			all = append(all, &tg.InputPrivacyValueAllowCloseFriends{})
		case *tg.PrivacyValueAllowBots:
			all = append(all, &tg.InputPrivacyValueAllowBots{})
		case *tg.PrivacyValueDisallowBots:
			all = append(all, &tg.InputPrivacyValueDisallowBots{})
		}
	}
	return all
}
