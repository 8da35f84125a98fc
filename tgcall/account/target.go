package account

import (
	"fmt"
	"strconv"
	"strings"
)

// target is what a text asks Resolve for.
type target struct {
	kind  targetKind
	value string // digits of a number, or a username in lower case
	id    int64
}

type targetKind uint8

const (
	byPhone targetKind = iota
	byUsername
	byID
)

// String is the target in one spelling for all ways to write it.
func (t target) String() string {
	switch t.kind {
	case byUsername:
		return "@" + t.value
	case byID:
		return "*" + strconv.FormatInt(t.id, 10)
	default:
		return "+" + t.value
	}
}

// parseTarget reads what a person dials. Its errors name the text.
func parseTarget(who string) (target, error) {
	s := strings.TrimSpace(who)
	if name, ok := cutUsername(s); ok {
		return usernameTarget(who, name)
	}
	if rest, ok := strings.CutPrefix(s, "*"); ok {
		return idTarget(who, rest)
	}
	if s != "" && isLetter(s[0]) {
		return usernameTarget(who, s)
	}
	phone, err := parsePhone(s)
	if err != nil {
		return target{}, fmt.Errorf("%q: %w", who, err)
	}
	return target{kind: byPhone, value: phone}, nil
}

func cutUsername(s string) (name string, ok bool) {
	if name, ok = strings.CutPrefix(s, "@"); ok {
		return name, true
	}
	return strings.CutPrefix(s, "tg#")
}

// usernameTarget: up to 32 letters, digits and underscores, the first a letter. How short one may be is Telegram's affair: 5, or less if
// bought on https://fragment.com.
func usernameTarget(who, name string) (target, error) {
	ok := name != "" && len(name) <= 32 && isLetter(name[0])
	for i := range len(name) {
		c := name[i]
		ok = ok && (isLetter(c) || c == '_' || c >= '0' && c <= '9')
	}
	if !ok {
		return target{}, fmt.Errorf("%q is no username: %w", who, ErrBadAddress)
	}
	return target{kind: byUsername, value: strings.ToLower(name)}, nil
}

func idTarget(who, text string) (target, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id <= 0 || text[0] == '+' {
		return target{}, fmt.Errorf("%q is no telegram id: %w", who, ErrBadAddress)
	}
	return target{kind: byID, id: id}, nil
}

// parsePhone reads an international number, written "+49 30 1234-56", "004930123456" or "4930123456", and returns its digits. We do not
// ask whether a country really has such numbers: Telegram sells some that none has (+888).
func parsePhone(s string) (string, error) {
	rest, plus := strings.CutPrefix(s, "+")
	if strings.Trim(rest, "0123456789 ()-./") != "" {
		return "", ErrBadAddress
	}
	number := digits(rest)
	if !plus {
		number = strings.TrimPrefix(number, "00")
	}
	switch {
	case strings.HasPrefix(number, "0"):
		return "", fmt.Errorf("number lacks the country code: %w", ErrBadAddress)
	case len(number) < 7 || len(number) > 15: // E.164 §6.2.1
		return "", fmt.Errorf("number has %d digits, want 7 to 15: %w", len(number), ErrBadAddress)
	}
	return number, nil
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
