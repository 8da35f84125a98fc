package bridge

import (
	"cmp"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Address says whom to call, or who called: a scheme and what that scheme's dialer understands, such as tg:@ann, tg:+4930123456,
// tg:*77 or sip:1000. The zero Address is nobody.
type Address struct {
	Scheme string // tg, sip, verto
	User   string // the rest
}

// maxAddress is the longest address in bytes: longer than any number, name or SIP user, short enough for a log line.
const maxAddress = 256

// ParseAddress reads "scheme:user": a scheme of lower-case letters, and a user without spaces and control characters. Which
// schemes there are the Bridge's dialers decide. The error names the text.
func ParseAddress(s string) (Address, error) {
	scheme, user, ok := strings.Cut(s, ":")
	switch {
	case len(s) > maxAddress:
		return Address{}, fmt.Errorf("address %q…: longer than %d bytes", s[:32], maxAddress)
	case !ok || scheme == "" || user == "":
		return Address{}, fmt.Errorf("address %q: want scheme:user, such as tg:@ann or sip:1000", s)
	case strings.Trim(scheme, "abcdefghijklmnopqrstuvwxyz") != "":
		return Address{}, fmt.Errorf("address %q: scheme %q is not lower-case letters", s, scheme)
	case !utf8.ValidString(user) || strings.ContainsFunc(user, unprintable):
		return Address{}, fmt.Errorf("address %q: has a space or a character that cannot be printed", s)
	}
	return Address{Scheme: scheme, User: user}, nil
}

func unprintable(r rune) bool { return !unicode.IsGraphic(r) || unicode.IsSpace(r) }

// String is the form ParseAddress reads.
func (a Address) String() string {
	if a == (Address{}) {
		return ""
	}
	return a.Scheme + ":" + a.User
}

// MarshalText writes what String says.
func (a Address) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what ParseAddress reads, and nothing as nobody.
func (a *Address) UnmarshalText(text []byte) (err error) {
	*a = Address{}
	if len(text) > 0 {
		*a, err = ParseAddress(string(text))
	}
	return err
}

// LogValue hides all but the last two digits of a number, which is a person's.
func (a Address) LogValue() slog.Value {
	digits := strings.TrimLeft(a.User, "+")
	if len(digits) > 4 && strings.Trim(digits, "0123456789") == "" {
		return slog.StringValue(a.Scheme + ":" + strings.Repeat("x", len(a.User)-2) + a.User[len(a.User)-2:])
	}
	return slog.StringValue(a.String())
}

// Party is what is known about a person at the far end of a leg. All fields may be empty, and all of them come from outside:
// whoever writes them into SIP, XML, JSON or HTML escapes them.
type Party struct {
	Phone     string // E.164 with "+"
	Username  string // Telegram username without "@"
	ID        int64  // Telegram user id
	FirstName string
	LastName  string
	Number    string // SIP user part, of somebody who is not on Telegram
}

// Name is the first and last name, or the best substitute.
func (p Party) Name() string {
	return cmp.Or(p.ownName(), p.Caller())
}

// ownName is the first and last name; empty: unknown.
func (p Party) ownName() string { return strings.TrimSpace(p.FirstName + " " + p.LastName) }

// Caller is what to show as the calling number: the first known of phone, username, *id and SIP number; "anonymous" otherwise.
func (p Party) Caller() string {
	switch {
	case p.Phone != "":
		return p.Phone
	case p.Username != "":
		return p.Username
	case p.ID != 0:
		return "*" + strconv.FormatInt(p.ID, 10)
	case p.Number != "":
		return p.Number
	default:
		return "anonymous"
	}
}
