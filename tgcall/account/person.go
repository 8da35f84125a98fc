package account

import (
	"log/slog"
	"strconv"
	"strings"

	"github.com/gotd/td/tg"
)

// Person is somebody on Telegram as this account sees them. ID and AccessHash together address them; the hash is worth nothing to
// another account. The other fields may be empty, and come from outside.
type Person struct {
	ID         int64  `json:"id"`
	AccessHash int64  `json:"hash"`
	Phone      string `json:"phone,omitempty"`    // digits with country code, without "+"
	Username   string `json:"username,omitempty"` // without "@"
	FirstName  string `json:"first,omitempty"`
	LastName   string `json:"last,omitempty"`
	Contact    bool   `json:"contact,omitempty"` // in the account's contacts
}

// Input addresses the person in a request, such as a call.
func (p Person) Input() *tg.InputUser {
	return &tg.InputUser{UserID: p.ID, AccessHash: p.AccessHash}
}

// LogValue is the id alone: names and numbers are the person's business.
func (p Person) LogValue() slog.Value {
	return slog.StringValue("*" + strconv.FormatInt(p.ID, 10))
}

// personOf reads a user.
func personOf(u *tg.User) Person {
	return Person{
		ID:         u.ID,
		AccessHash: u.AccessHash,
		Phone:      digits(u.Phone),
		Username:   activeUsername(u),
		FirstName:  u.FirstName,
		LastName:   u.LastName,
		Contact:    u.Contact || u.MutualContact,
	}
}

// addressable says that we can write to and call the user: a "min" one has a hash that does not work by itself
// (https://core.telegram.org/api/min).
func addressable(u *tg.User) bool {
	return !u.Min && u.ID != 0 && u.AccessHash != 0
}

// activeUsername is the one username, or the first active of several (https://fragment.com sells more).
func activeUsername(u *tg.User) string {
	if u.Username != "" {
		return u.Username
	}
	for _, n := range u.Usernames {
		if n.Active {
			return n.Username
		}
	}
	return ""
}

// digits is s without all that is no decimal digit.
func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}
