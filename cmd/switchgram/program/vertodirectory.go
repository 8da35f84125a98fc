package program

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"switchgram/bridge/line"
	"switchgram/bridge/sip"
	"switchgram/esl"
	"switchgram/verto"
)

// directory is FreeSWITCH's, which knows passwords of users of one domain. It is an authority. It has a link to the event socket of its own: while
// FreeSWITCH looks a user up, perhaps on another server, it does nothing else on a link. A job ("bgapi") would keep none waiting, but tell the
// password to everybody on FreeSWITCH's bus.
type directory struct {
	link   *esl.Client
	domain string
}

func (c *Config) newDirectory(log *slog.Logger) (*directory, error) {
	options, err := c.socketClient(log)
	if err != nil {
		return nil, err
	}
	domain := c.Verto.Login.FreeSWITCH
	options.OnChange = func(err error) {
		if err == nil {
			log.Info("users of freeswitch may log in", "domain", domain)
		}
	}
	link, err := esl.NewClient(options)
	if err != nil {
		return nil, c.wrong("freeswitch.event_socket", err)
	}
	return &directory{link, domain}, nil
}

// run implements authority.
func (d *directory) run(ctx context.Context) { _ = d.link.Run(ctx) } // nil, when ctx has ended

// ask implements authority. FreeSWITCH finds users by their names in any case; only the right one counts, so that nobody has more tries than one name
// is given.
func (d *directory) ask(ctx context.Context, l verto.Login) (line.User, error) {
	name, err := esl.Number(l.Name)
	if err != nil {
		return line.User{}, verto.ErrUser // and would be something else in a command
	}
	if l.Domain != "" && !strings.EqualFold(l.Domain, d.domain) {
		return line.User{}, fmt.Errorf("%w: the login is of domain %.64q, and verto.login.freeswitch has those of %s", verto.ErrUser, l.Domain, d.domain)
	}
	ctx, cancel := context.WithTimeout(ctx, loginWithin)
	defer cancel()
	text, err := d.link.API(ctx, "find_user_xml id "+name+" "+d.domain)
	if refused := (*esl.ReplyError)(nil); errors.As(err, &refused) && refused.Text == "can't find user" {
		return line.User{}, verto.ErrUser
	} else if err != nil {
		return line.User{}, fmt.Errorf("ask freeswitch about a login: %w", err)
	}
	e, err := readEntry(text)
	if err != nil {
		return line.User{}, err
	}
	if e.ID != l.Name || !e.admits(d.domain, l.Password) {
		return line.User{}, verto.ErrPassword
	}
	return e.user()
}

// entry is a user of the directory, with what the user's group and domain say.
type entry struct {
	ID        string    `xml:"id,attr"`
	Params    []setting `xml:"params>param"`
	Variables []setting `xml:"variables>variable"`
}

type setting struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

func readEntry(text string) (e entry, err error) {
	if xml.Unmarshal([]byte(text), &e) != nil { // whose error may show a piece of it
		err = errors.New("ask freeswitch about a login: the answer is no XML")
	}
	return e, err
}

// valueOf is the first of that name. FreeSWITCH adds none of the group's or the domain's that the user has.
func valueOf(all []setting, name string) string {
	for _, s := range all {
		if strings.EqualFold(s.Name, name) {
			return s.Value
		}
	}
	return ""
}

// admits tells whether a password is the user's, by what mod_verto goes by: a1-hash, jsonrpc-password, password, of which the first counts that is
// there. Who has none of them cannot log in.
func (e *entry) admits(domain, password string) bool {
	if hash := valueOf(e.Params, "a1-hash"); hash != "" {
		digest, err := sip.Digest("MD5", e.ID, domain, password)
		return err == nil && same(digest, strings.ToLower(hash))
	}
	right := cmp.Or(valueOf(e.Params, "jsonrpc-password"), valueOf(e.Params, "password"))
	return right != "" && same(password, right)
}

// same compares in a time that says nothing of either.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// Variables of the directory that say what a user may whom the configuration does not have: words as the keys of users take, with blanks or commas
// between them.
const (
	grantedLines   = "switchgram_lines"
	grantedNumbers = "switchgram_numbers"
	grantedRoles   = "switchgram_roles"
)

// user is what the directory says of a user.
func (e *entry) user() (u line.User, err error) {
	u = line.User{Name: e.ID, DisplayName: valueOf(e.Variables, "effective_caller_id_name"), Lines: e.words(grantedLines)}
	if u.Numbers, err = parsed[line.Pattern](e, grantedNumbers); err != nil {
		return u, err
	}
	u.Roles, err = parsed[line.Role](e, grantedRoles)
	return u, err
}

// words are those of a variable.
func (e *entry) words(variable string) []string {
	return strings.FieldsFunc(valueOf(e.Variables, variable), func(r rune) bool { return r == ' ' || r == ',' })
}

// parsed are the words of a variable, each read.
func parsed[T any, P interface {
	*T
	UnmarshalText(text []byte) error
}](e *entry, variable string) (all []T, err error) {
	for _, word := range e.words(variable) {
		var one T
		if err := P(&one).UnmarshalText([]byte(word)); err != nil {
			return nil, fmt.Errorf("user %s of freeswitch: variable %s: %w", e.ID, variable, err)
		}
		all = append(all, one)
	}
	return all, nil
}
