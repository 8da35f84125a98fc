package line

import (
	"errors"
	"fmt"
	"strings"

	"switchgram/bridge"
)

// Pattern describes whom somebody may call, or with "!" before it, may not:
//
//	+49*         numbers that begin so; +4930xxxx with exactly that many digits, x being any
//	1000, 10xx   extensions of the switch, or what else a SIP user may be called; 10* that begin so
//	@ann, @a*    Telegram users by name, in any case; @* all
//	*77, **      Telegram users by id; any id
//	*            everybody
//
// Numbers of Telegram are compared in their international form, however they were dialled.
type Pattern struct {
	text   string
	deny   bool
	body   string // without "!" and the star at the end, in lower case
	prefix bool   // a star stood there
	digits bool   // x stands for a digit
}

const maxPattern = 64

// ParsePattern reads a pattern. The error names it, and what is wrong.
func ParsePattern(text string) (Pattern, error) {
	p := Pattern{text: text}
	p.body, p.deny = strings.CutPrefix(text, "!")
	p.body = strings.ToLower(p.body)
	switch {
	case p.body == "" || len(text) > maxPattern:
		return Pattern{}, fmt.Errorf("pattern %q: want 1 to %d characters, such as +49*, @ann, *77 or 1000", text, maxPattern)
	case p.body == "**":
		p.body, p.prefix = "*", true
		return p, nil
	case strings.HasPrefix(p.body, "*") && p.body != "*":
		return p, p.checkID()
	}
	p.body, p.prefix = strings.CutSuffix(p.body, "*")
	p.digits = strings.Trim(strings.TrimPrefix(p.body, "+"), "0123456789x") == ""
	if err := p.check(); err != nil {
		return Pattern{}, fmt.Errorf("pattern %q: %w", text, err)
	}
	return p, nil
}

func (p Pattern) checkID() error {
	if strings.Trim(p.body[1:], "0123456789") != "" {
		return fmt.Errorf("pattern %q: a star at the front begins a Telegram id, such as *77", p.text)
	}
	return nil
}

func (p Pattern) check() error {
	if p.body == "" && !p.prefix {
		return errors.New("is empty")
	}
	for i, r := range p.body {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '.', r == '_', r == '-':
		case i == 0 && (r == '+' || r == '@'):
		case r == '*':
			return errors.New("a star may stand only at the end")
		default:
			return fmt.Errorf("%q has no place in it", r)
		}
	}
	if strings.HasPrefix(p.body, "+") && !p.digits {
		return errors.New("a number has digits, and x for any digit")
	}
	return nil
}

// String is the pattern as it was written.
func (p Pattern) String() string { return p.text }

// Deny reports whether the pattern forbids what it matches.
func (p Pattern) Deny() bool { return p.deny }

// MarshalText writes what String says.
func (p Pattern) MarshalText() ([]byte, error) { return []byte(p.text), nil }

// UnmarshalText reads what ParsePattern reads.
func (p *Pattern) UnmarshalText(text []byte) (err error) {
	*p, err = ParsePattern(string(text))
	return err
}

// Match reports whether the pattern is about the address, whatever it then says.
func (p Pattern) Match(to bridge.Address) bool {
	who := canonical(to)
	if p.prefix && p.body == "" {
		return who != ""
	}
	if len(who) < len(p.body) || len(who) > len(p.body) && !p.prefix {
		return false
	}
	for i := range len(p.body) {
		if !p.matchByte(p.body[i], who[i]) {
			return false
		}
	}
	return true
}

func (p Pattern) matchByte(want, got byte) bool {
	if p.digits && want == 'x' {
		return got >= '0' && got <= '9'
	}
	return want == got
}

// canonical is one spelling for all the ways to dial somebody.
func canonical(a bridge.Address) string {
	user := strings.ToLower(a.User)
	if a.Scheme != "tg" {
		return user
	}
	if name, ok := strings.CutPrefix(user, "tg#"); ok {
		return "@" + name
	}
	if user == "" || strings.ContainsRune("@*", rune(user[0])) {
		return user
	}
	if user[0] >= 'a' && user[0] <= 'z' {
		return "@" + user
	}
	return "+" + strings.TrimPrefix(strings.Map(digitOnly, user), international(user))
}

// international is the prefix that stands for "+" in a number dialled without one.
func international(number string) string {
	if strings.HasPrefix(number, "+") {
		return ""
	}
	return "00"
}

func digitOnly(r rune) rune {
	if r < '0' || r > '9' {
		return -1
	}
	return r
}

// Patterns are asked in order; the first that matches decides, and what none matches is forbidden.
type Patterns []Pattern

// Allow reports whether the address may be called, and which pattern says so; the zero Pattern if none does.
func (p Patterns) Allow(to bridge.Address) (bool, Pattern) {
	for _, pattern := range p {
		if pattern.Match(to) {
			return !pattern.deny, pattern
		}
	}
	return false, Pattern{}
}
