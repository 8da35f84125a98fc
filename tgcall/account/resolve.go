package account

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

// Resolve finds a person: "+49 30 123456", "4930123456", "004930123456", "@ann", "tg#ann", "ann" or "*77" (a Telegram id, of somebody met
// before). Who was seen under that name or number within Options.Fresh is not asked for again.
//
// Errors: ErrBadAddress, ErrUnknownPerson, *FloodError, or what the connection said. All name the input.
func (s *Session) Resolve(ctx context.Context, who string) (Person, error) {
	t, err := parseTarget(who)
	if err != nil {
		return Person{}, fmt.Errorf("resolve %w", err)
	}
	person, err := s.resolve(ctx, t)
	if err != nil {
		return Person{}, fmt.Errorf("resolve %q: %w", who, err)
	}
	return person, nil
}

func (s *Session) resolve(ctx context.Context, t target) (Person, error) {
	known, err := s.people.find(ctx, t)
	switch {
	case err == nil && s.fresh(t, known):
		return known.Person, nil
	case err != nil && !errors.Is(err, ErrUnknownPerson):
		s.log.Warn("people not read", "err", err)
	}
	if t.kind == byID {
		return Person{}, fmt.Errorf("%w: an id alone finds only people met before", ErrUnknownPerson)
	}
	if s.people.missing(t) {
		return Person{}, ErrUnknownPerson
	}
	person, err := s.ask(ctx, t)
	switch {
	case known.ID != 0 && errors.As(err, new(*FloodError)): // what we knew is better than nothing
		return known.Person, nil
	case errors.Is(err, ErrUnknownPerson):
		s.people.missed(t)
	case err == nil:
		s.people.remember(person)
	}
	return person, err
}

// fresh says that p is good enough an answer to t: ids stay, names and numbers change hands.
func (s *Session) fresh(t target, p Peer) bool {
	switch t.kind {
	case byID:
		return true
	case byUsername:
		return time.Since(p.Seen) < s.freshFor
	default:
		return time.Since(p.PhoneSeen) < s.freshFor
	}
}

func (s *Session) ask(ctx context.Context, t target) (Person, error) {
	if t.kind == byUsername {
		return s.askUsername(ctx, t.value)
	}
	person, err := s.askPhone(ctx, t.value)
	if errors.Is(err, ErrUnknownPerson) && s.importContacts {
		person, err = s.importPhone(ctx, t.value)
	}
	if err == nil && person.Phone == "" { // found by it, so it is theirs
		person.Phone = t.value
	}
	return person, err
}

func (s *Session) askUsername(ctx context.Context, name string) (Person, error) {
	r, err := s.api.ContactsResolveUsername(ctx, &tg.ContactsResolveUsernameRequest{Username: name})
	if tgerr.Is(err, "USERNAME_NOT_OCCUPIED", "USERNAME_INVALID") {
		return Person{}, ErrUnknownPerson
	}
	if err != nil {
		return Person{}, err
	}
	return resolved(r)
}

func (s *Session) askPhone(ctx context.Context, number string) (Person, error) {
	r, err := s.api.ContactsResolvePhone(ctx, number)
	if tgerr.Is(err, "PHONE_NOT_OCCUPIED", "PHONE_NUMBER_INVALID") {
		return Person{}, ErrUnknownPerson
	}
	if err != nil {
		return Person{}, err
	}
	return resolved(r)
}

// resolved is the user among the answer's users that its peer means. A channel has no telephone.
func resolved(r *tg.ContactsResolvedPeer) (Person, error) {
	peer, ok := r.Peer.(*tg.PeerUser)
	if !ok {
		return Person{}, fmt.Errorf("%w: the name belongs to a group or channel", ErrUnknownPerson)
	}
	return pick(r.Users, peer.UserID)
}

func pick(users []tg.UserClass, id int64) (Person, error) {
	if u, ok := tg.UserClassArray(users).NotEmptyToMap()[id]; ok && addressable(u) {
		return personOf(u), nil
	}
	return Person{}, fmt.Errorf("%w: telegram answers without the access hash of %d", ErrUnknownPerson, id)
}

// importPhone makes the number a contact to see whose it is, and removes the contact again
// (https://core.telegram.org/api/contacts). Somebody who was a contact before would have been found without.
func (s *Session) importPhone(ctx context.Context, number string) (Person, error) {
	r, err := s.api.ContactsImportContacts(ctx, []tg.InputPhoneContact{{
		ClientID: randomID(), Phone: "+" + number, FirstName: "+" + number,
	}})
	switch {
	case err != nil:
		return Person{}, err
	case len(r.RetryContacts) > 0:
		return Person{}, errors.New("telegram asks to try again later")
	case len(r.Imported) == 0:
		return Person{}, ErrUnknownPerson
	}
	person, err := pick(r.Users, r.Imported[0].UserID)
	if err != nil {
		return Person{}, err
	}
	if _, err := s.api.ContactsDeleteContacts(ctx, []tg.InputUserClass{person.Input()}); err != nil {
		s.log.Warn("contact made to find a number stays", "err", err)
	}
	person.FirstName, person.LastName = "", "" // ours, not theirs
	return person, nil
}

func randomID() int64 {
	var b [8]byte
	rand.Read(b[:]) // never fails
	return int64(binary.LittleEndian.Uint64(b[:]))
}
