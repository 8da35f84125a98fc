package testnet

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

// inputUser is whom a client means. Its access hash must be the one that this client's user was given.
func (r *request) inputUser(in tg.InputUserClass) (*User, error) {
	switch in := in.(type) {
	case *tg.InputUserSelf:
		return r.user, nil
	case *tg.InputUser:
		if u := r.n.users[in.UserID]; u != nil && in.AccessHash == r.n.accessHash(r.user, u) {
			return u, nil
		}
	}
	return nil, tgerr.New(400, "USER_ID_INVALID")
}

// inputPeer is the same for messages. There are only people here, no groups.
func (r *request) inputPeer(in tg.InputPeerClass) (*User, error) {
	switch in := in.(type) {
	case *tg.InputPeerSelf:
		return r.user, nil
	case *tg.InputPeerUser:
		if u, err := r.inputUser(&tg.InputUser{UserID: in.UserID, AccessHash: in.AccessHash}); err == nil {
			return u, nil
		}
	}
	return nil, tgerr.New(400, "PEER_ID_INVALID")
}

func (r *request) getUsers(q *tg.UsersGetUsersRequest) (bin.Encoder, error) {
	var all tg.UserClassVector
	for _, in := range q.ID {
		if u, err := r.inputUser(in); err == nil {
			all.Elems = append(all.Elems, r.viewer().see(u))
			continue
		}
		all.Elems = append(all.Elems, &tg.UserEmpty{})
	}
	return &all, nil
}

func (r *request) getFullUser(q *tg.UsersGetFullUserRequest) (bin.Encoder, error) {
	u, err := r.inputUser(q.ID)
	if err != nil {
		return nil, err
	}
	return &tg.UsersUserFull{
		FullUser: tg.UserFull{ID: u.o.ID, Blocked: r.user.blocked[u],
			PhoneCallsAvailable: u != r.user, PhoneCallsPrivate: u != r.user && (!u.allows(tg.InputPrivacyKeyPhoneCallTypeID, r.user) || u.blocked[r.user])},
		Users: r.viewer().seeAll(u),
	}, nil
}

func (r *request) resolveUsername(q *tg.ContactsResolveUsernameRequest) (bin.Encoder, error) {
	name := strings.ToLower(strings.TrimPrefix(q.Username, "@"))
	if name == "" || len(name) > 32 {
		return nil, tgerr.New(400, "USERNAME_INVALID")
	}
	return r.resolved(r.n.byName[name], "USERNAME_NOT_OCCUPIED")
}

func (r *request) resolvePhone(q *tg.ContactsResolvePhoneRequest) (bin.Encoder, error) {
	return r.resolved(r.n.findable(q.Phone, r.user), "PHONE_NOT_OCCUPIED")
}

// findable is the user with that number, unless he hides it from the one who looks.
func (n *Network) findable(phone string, by *User) *User {
	u := n.byPhone[digits(phone)]
	if u != nil && !u.showsPhone(by) {
		return nil
	}
	return u
}

func (r *request) resolved(u *User, otherwise string) (bin.Encoder, error) {
	if u == nil {
		return nil, tgerr.New(400, otherwise)
	}
	return &tg.ContactsResolvedPeer{Peer: &tg.PeerUser{UserID: u.o.ID}, Users: r.viewer().seeAll(u)}, nil
}

func (r *request) importContacts(q *tg.ContactsImportContactsRequest) (bin.Encoder, error) {
	answer := &tg.ContactsImportedContacts{}
	var found []*User
	for _, c := range q.Contacts {
		u := r.n.findable(c.Phone, r.user)
		if u == nil {
			continue
		}
		r.user.contacts[u] = true
		found = append(found, u)
		answer.Imported = append(answer.Imported, tg.ImportedContact{UserID: u.o.ID, ClientID: c.ClientID})
	}
	answer.Users = r.viewer().seeAll(found...)
	return answer, nil
}

func (r *request) deleteContacts(q *tg.ContactsDeleteContactsRequest) (bin.Encoder, error) {
	var gone []*User
	for _, in := range q.ID {
		u, err := r.inputUser(in)
		if err != nil {
			return nil, err
		}
		delete(r.user.contacts, u)
		gone = append(gone, u)
	}
	return &tg.Updates{Users: r.viewer().seeAll(gone...), Date: unix(time.Now())}, nil
}

func (r *request) getContacts(*tg.ContactsGetContactsRequest) (bin.Encoder, error) {
	answer := &tg.ContactsContacts{}
	var all []*User
	for u := range r.user.contacts {
		all = append(all, u)
		answer.Contacts = append(answer.Contacts, tg.Contact{UserID: u.o.ID, Mutual: u.contacts[r.user]})
	}
	slices.SortFunc(answer.Contacts, func(a, b tg.Contact) int { return cmp.Compare(a.UserID, b.UserID) })
	answer.Users = r.viewer().seeAll(all...)
	return answer, nil
}
