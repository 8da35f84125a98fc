package testnet

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/session"
	"github.com/gotd/td/tg"
)

// UserOptions describe an account. Phone is the only one that must be given.
type UserOptions struct {
	Phone     string // digits, E.164 without "+"
	Username  string // without "@"
	FirstName string // "": Username, or the phone number
	LastName  string
	ID        int64  // 0: the next free one
	Password  string // two-step password; "": none
	HidePhone bool   // others neither see the number nor find the account by it
	DC        int    // the data centre where it lives; 0: 2
	Photo     []byte // JPEG, small; nil: none
}

// User is an account on the network.
type User struct {
	n *Network
	o UserOptions // as completed by AddUser; never changes

	// The network's lock guards these.
	home     *centre
	password *password // nil: none
	contacts map[*User]bool
	blocked  map[*User]bool
	privacy  map[uint32]audience // by constructor of the key; none: everybody
	outdated bool
	box      box
}

// AddUser opens an account. Two users may not share a phone number, a username or an id: a second one is a mistake of the program, and panics.
func (n *Network) AddUser(o UserOptions) *User {
	o.Phone = strings.TrimPrefix(o.Phone, "+")
	if !isPhone(o.Phone) {
		panic(fmt.Sprintf("testnet: phone number %q: want 5 to 15 digits", o.Phone))
	}
	if o.FirstName == "" {
		o.FirstName = o.Username
	}
	if o.FirstName == "" {
		o.FirstName = o.Phone
	}
	def(&o.DC, firstDC)
	u := &User{n: n, o: o, home: n.centre(o.DC), contacts: map[*User]bool{}, blocked: map[*User]bool{}, privacy: map[uint32]audience{}, box: newBox()}
	if o.Password != "" {
		u.password = newPassword(o.Password)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.enter(u)
	return u
}

// enter gives u its id and makes it known.
func (n *Network) enter(u *User) {
	for u.o.ID == 0 {
		n.lastID++
		if n.users[n.lastID] == nil {
			u.o.ID = n.lastID
		}
	}
	name := strings.ToLower(u.o.Username)
	if n.users[u.o.ID] != nil || n.byPhone[u.o.Phone] != nil || name != "" && n.byName[name] != nil {
		panic(fmt.Sprintf("testnet: user %d, phone %s or username %q exists already", u.o.ID, u.o.Phone, u.o.Username))
	}
	n.users[u.o.ID], n.byPhone[u.o.Phone] = u, u
	if name != "" {
		n.byName[name] = u
	}
}

func isPhone(s string) bool {
	return len(s) >= 5 && len(s) <= 15 && strings.Trim(s, "0123456789") == ""
}

// ID is the user id, the same for everybody who looks.
func (u *User) ID() int64 { return u.o.ID }

// PhoneNumber is digits only, without "+".
func (u *User) PhoneNumber() string { return u.o.Phone }

// Username is without "@", and may be "".
func (u *User) Username() string { return u.o.Username }

// Session is a new device of u, logged in already: hand it to a gotd client as its session storage. Every call makes another device.
func (u *User) Session(ctx context.Context) session.Storage { return u.n.newSession(ctx, u) }

// NewSession is a new device that has a key, but is not logged in. A client that begins with it need not do the key exchange, which takes long.
func (n *Network) NewSession(ctx context.Context) session.Storage { return n.newSession(ctx, nil) }

func (n *Network) newSession(ctx context.Context, u *User) session.Storage {
	n.mu.Lock()
	at := n.centre(firstDC)
	if u != nil {
		at = u.home
	}
	k := at.srv.NewKey()
	n.authorise(n.deviceOfKey(at, k.Key.ID), u)
	n.mu.Unlock()
	s := &session.StorageMemory{}
	_ = (&session.Loader{Storage: s}).Save(ctx, &session.Data{ // memory takes everything
		DC: at.dc, Addr: at.addr.String(), AuthKey: k.Key.Value[:], AuthKeyID: k.Key.ID[:], Salt: k.Salt})
	return s
}

// ForbidCalls sets u's privacy: nobody may call, or everybody (the default).
func (u *User) ForbidCalls(on bool) { u.forbid(tg.InputPrivacyKeyPhoneCallTypeID, on) }

// ForbidP2P sets u's privacy: calls go through relays only.
func (u *User) ForbidP2P(on bool) { u.forbid(tg.InputPrivacyKeyPhoneP2PTypeID, on) }

// Block makes u refuse calls and messages of other.
func (u *User) Block(other *User, on bool) {
	u.n.mu.Lock()
	defer u.n.mu.Unlock()
	u.blocked[other] = on
}

// Outdated makes calls to u fail as if all of u's apps were too old to have a version in common with anybody.
func (u *User) Outdated(on bool) {
	u.n.mu.Lock()
	defer u.n.mu.Unlock()
	u.outdated = on
}

// viewer is from whose point of view, and in which layer of the API, a value is told. Each session gets its own.
type viewer struct {
	n     *Network
	user  *User // nil: nobody
	layer int
}

// see returns other as the viewer sees it.
func (v viewer) see(other *User) tg.UserClass {
	t := &tg.User{ID: other.o.ID, Self: other == v.user, FirstName: other.o.FirstName, Status: &tg.UserStatusRecently{}}
	t.SetAccessHash(v.n.accessHash(v.user, other))
	if other.o.LastName != "" {
		t.SetLastName(other.o.LastName)
	}
	if other.o.Username != "" {
		t.SetUsername(other.o.Username)
	}
	if other.showsPhone(v.user) {
		t.SetPhone(other.o.Phone)
	}
	if photo, ok := other.photo(); ok {
		t.SetPhoto(photo)
	}
	if v.user != nil {
		t.Contact = v.user.contacts[other]
		t.MutualContact = t.Contact && other.contacts[v.user]
	}
	if v.layer != 0 && v.layer < linkedCommunityLayer {
		return userOfLayer227{t}
	}
	return t
}

// showsPhone says whether u lets viewer see the number, and find the account by it.
func (u *User) showsPhone(viewer *User) bool {
	return viewer == u || !u.o.HidePhone && u.allows(tg.InputPrivacyKeyPhoneNumberTypeID, viewer)
}

func (v viewer) seeAll(others ...*User) []tg.UserClass {
	seen := map[*User]tg.UserClass{}
	for _, u := range others {
		seen[u] = v.see(u)
	}
	sorted := slices.SortedFunc(maps.Keys(seen), func(a, b *User) int { return int(a.o.ID - b.o.ID) })
	var all []tg.UserClass
	for _, u := range sorted {
		all = append(all, seen[u])
	}
	return all
}

// linkedCommunityLayer is the first layer whose user has a linked community, and with it another constructor number. Of all that this network
// sends, this is the only type that changed between the clients that are tested against it.
const linkedCommunityLayer = 228

// userOfLayer227 is a user for older clients: the same fields, but for the one that this network never sets.
type userOfLayer227 struct{ *tg.User }

const userOfLayer227ID = 0x31774388

// Encode writes the older constructor number before the fields.
func (u userOfLayer227) Encode(b *bin.Buffer) error {
	b.PutID(userOfLayer227ID)
	return u.EncodeBare(b)
}

// accessHash of other as viewer knows it: different for each viewer, so that a hash learnt on one account is of no use on another.
func (n *Network) accessHash(viewer, other *User) int64 {
	m := hmac.New(sha256.New, n.secret)
	var ids [16]byte
	if viewer != nil {
		binary.LittleEndian.PutUint64(ids[:], uint64(viewer.o.ID))
	}
	binary.LittleEndian.PutUint64(ids[8:], uint64(other.o.ID))
	_, _ = m.Write(ids[:]) // a hash never fails
	return int64(binary.LittleEndian.Uint64(m.Sum(nil)))
}
