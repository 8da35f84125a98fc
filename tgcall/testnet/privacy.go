package testnet

import (
	"cmp"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

// audience is who may do something, https://core.telegram.org/api/privacy: one rule for all, and people for whom the opposite holds.
type audience struct {
	base  tg.PrivacyRuleClass // allowAll, allowContacts or disallowAll; nil: allowAll
	never map[*User]bool
	also  map[*User]bool
}

// privacyKeys are the settings that this network knows, by what a request calls them and what an answer does.
var privacyKeys = map[uint32]tg.PrivacyKeyClass{
	tg.InputPrivacyKeyPhoneCallTypeID:   &tg.PrivacyKeyPhoneCall{},
	tg.InputPrivacyKeyPhoneP2PTypeID:    &tg.PrivacyKeyPhoneP2P{},
	tg.InputPrivacyKeyPhoneNumberTypeID: &tg.PrivacyKeyPhoneNumber{},
}

// allows says whether u lets other do what key is about.
func (u *User) allows(key uint32, other *User) bool {
	a := u.privacy[key]
	switch {
	case other == u, a.also[other]:
		return true
	case a.never[other]:
		return false
	}
	switch a.base.(type) {
	case *tg.PrivacyValueDisallowAll:
		return false
	case *tg.PrivacyValueAllowContacts:
		return u.contacts[other]
	default:
		return true
	}
}

// forbid sets what key is about to nobody or everybody.
func (u *User) forbid(key uint32, on bool) {
	u.n.mu.Lock()
	defer u.n.mu.Unlock()
	u.privacy[key] = audience{base: &tg.PrivacyValueAllowAll{}}
	if on {
		u.privacy[key] = audience{base: &tg.PrivacyValueDisallowAll{}}
	}
}

// rules tells an audience as Telegram does: exceptions first.
func (r *request) rules(key uint32) *tg.AccountPrivacyRules {
	a := r.user.privacy[key]
	answer := &tg.AccountPrivacyRules{}
	var people []*User
	ids := func(of map[*User]bool) (all []int64) {
		for u := range of {
			all, people = append(all, u.o.ID), append(people, u)
		}
		return all
	}
	if also := ids(a.also); also != nil {
		answer.Rules = append(answer.Rules, &tg.PrivacyValueAllowUsers{Users: also})
	}
	if never := ids(a.never); never != nil {
		answer.Rules = append(answer.Rules, &tg.PrivacyValueDisallowUsers{Users: never})
	}
	answer.Rules = append(answer.Rules, cmp.Or(a.base, tg.PrivacyRuleClass(&tg.PrivacyValueAllowAll{})))
	answer.Users = r.viewer().seeAll(people...)
	return answer
}

func (r *request) getPrivacy(q *tg.AccountGetPrivacyRequest) (bin.Encoder, error) {
	if privacyKeys[q.Key.TypeID()] == nil {
		return nil, tgerr.New(400, "PRIVACY_KEY_INVALID")
	}
	return r.rules(q.Key.TypeID()), nil
}

func (r *request) setPrivacy(q *tg.AccountSetPrivacyRequest) (bin.Encoder, error) {
	key := q.Key.TypeID()
	if privacyKeys[key] == nil {
		return nil, tgerr.New(400, "PRIVACY_KEY_INVALID")
	}
	a := audience{never: map[*User]bool{}, also: map[*User]bool{}}
	for _, rule := range q.Rules {
		if err := r.apply(&a, rule); err != nil {
			return nil, err
		}
	}
	r.user.privacy[key] = a
	rules := r.rules(key)
	r.then(func() {
		r.n.pushAll(r.user, r.device, func(viewer) bin.Encoder {
			return &tg.UpdateShort{Update: &tg.UpdatePrivacy{Key: privacyKeys[key], Rules: rules.Rules}, Date: unix(time.Now())}
		})
	})
	return rules, nil
}

// apply adds one rule to an audience.
func (r *request) apply(a *audience, rule tg.InputPrivacyRuleClass) error {
	switch rule := rule.(type) {
	case *tg.InputPrivacyValueAllowAll:
		a.base = &tg.PrivacyValueAllowAll{}
	case *tg.InputPrivacyValueAllowContacts:
		a.base = &tg.PrivacyValueAllowContacts{}
	case *tg.InputPrivacyValueDisallowAll:
		a.base = &tg.PrivacyValueDisallowAll{}
	case *tg.InputPrivacyValueAllowUsers:
		return r.except(a.also, rule.Users)
	case *tg.InputPrivacyValueDisallowUsers:
		return r.except(a.never, rule.Users)
	default:
		return tgerr.New(400, "PRIVACY_VALUE_INVALID")
	}
	return nil
}

func (r *request) except(to map[*User]bool, people []tg.InputUserClass) error {
	for _, in := range people {
		u, err := r.inputUser(in)
		if err != nil {
			return err
		}
		to[u] = true
	}
	return nil
}
