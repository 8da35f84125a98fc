package line

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// User is a person who may use lines, as the configuration has it.
type User struct {
	Name        string   `yaml:"name"`         // of the login
	DisplayName string   `yaml:"display_name"` // shown to whom the user calls; empty: Name
	Password    Hash     `yaml:"password"`     // what HashPassword made
	SIPDigest   Secret   `yaml:"sip_digest"`   // H(name:realm:password) in hexadecimal, MD5 or SHA-256, for logins by SIP; empty: none
	A1Hash      Secret   `yaml:"a1_hash"`      // MD5 of name:domain:password in hexadecimal, for logins at FreeSWITCH; empty: none
	Lines       []string `yaml:"lines"`        // names of lines, or "*" for all; empty: none
	Numbers     Patterns `yaml:"numbers"`      // whom of those that the line allows; empty: all of them
	Roles       []Role   `yaml:"roles"`        // as what the user may join calls; empty: talk

	Variables map[string]string `yaml:"variables"` // what scripts and FreeSWITCH are to know besides, by name
}

// Role is as what a user takes part in a call.
type Role uint8

// The roles.
const (
	Talk    Role = iota // speaks with and hears everybody
	Listen              // hears everybody
	Whisper             // hears everybody, and is heard by our side alone

	// Moderate: while taking part as one of the others, mutes, turns down and hangs up who else is in the call.
	Moderate
)

// String is the word of the configuration.
func (r Role) String() string {
	return [...]string{"talk", "listen", "whisper", "moderate"}[min(r, Moderate)]
}

// MarshalText writes what String says.
func (r Role) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads the word of the configuration.
func (r *Role) UnmarshalText(text []byte) error {
	for _, known := range []Role{Talk, Listen, Whisper, Moderate} {
		if string(text) == known.String() {
			*r = known
			return nil
		}
	}
	return fmt.Errorf("%q: want talk, listen, whisper or moderate", text)
}

// uses reports whether the user may use the line at all.
func (u *User) uses(line string) bool {
	return slices.Contains(u.Lines, line) || slices.Contains(u.Lines, "*")
}

func (u *User) check(lines map[string]*Line, say func(field, format string, args ...any)) {
	if err := checkName(u.Name); err != nil {
		say("name", "%v", err)
	}
	if u.SIPDigest != "" && !isDigest(string(u.SIPDigest)) {
		say("sip_digest", "want 32 (MD5) or 64 (SHA-256) hexadecimal digits")
	}
	if u.A1Hash != "" && (!isDigest(string(u.A1Hash)) || len(u.A1Hash) != 32) {
		say("a1_hash", "want 32 hexadecimal digits: MD5 of name:domain:password")
	}
	for i, name := range u.Lines {
		if _, ok := lines[name]; !ok && name != "*" {
			say(fmt.Sprintf("lines[%d]", i), "%q: no such line", name)
		}
	}
	for name := range u.Variables {
		if !variableName.MatchString(name) {
			say("variables", "%q is no name of a variable", name)
		}
	}
	if len(u.Roles) == 0 {
		u.Roles = []Role{Talk}
	}
}

// variableName is what FreeSWITCH and scripts take for the name of a variable.
var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]{0,127}$`)

func isDigest(s string) bool {
	return (len(s) == 32 || len(s) == 64) && strings.Trim(s, "0123456789abcdefABCDEF") == ""
}
