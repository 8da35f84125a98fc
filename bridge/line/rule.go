package line

import (
	"fmt"
	"regexp"
	"strings"
)

// Rules change the numbers that people dial by a line, or stop them. They stand in one text, separated by blanks, and are applied from left to right, each
// to what the one before has made:
//
//	[^0-9+]=    regex=replacement: every match becomes the replacement, $1 being a group; here all but digits and "+" goes
//	^8=7        8926… becomes 7926…
//	^79\d{9}$   a filter, without "=": numbers that it does not match cannot be called
//
// A lone "=" forgets the rules before it. The zero Rules let every number be.
type Rules struct {
	text string
	all  []rule
}

type rule struct {
	text   string
	re     *regexp.Regexp
	with   string
	filter bool
}

// maxRules is how long they may be together, in bytes.
const maxRules = 4096

// group is $1 in a replacement, or \1; regexp has ${1}.
var group = regexp.MustCompile(`[$\\](\d)`)

// ParseRules reads rules. The error names the one that is wrong.
func ParseRules(text string) (Rules, error) {
	if len(text) > maxRules {
		return Rules{}, fmt.Errorf("rules: longer than %d bytes", maxRules)
	}
	r := Rules{text: text}
	for _, word := range strings.Fields(text) {
		if word == "=" {
			r.all = nil
			continue
		}
		left, with, replaces := strings.Cut(word, "=")
		re, err := regexp.Compile(left)
		if err != nil {
			return Rules{}, fmt.Errorf("rule %q: %w", word, err)
		}
		r.all = append(r.all, rule{word, re, group.ReplaceAllString(with, "$${$1}"), !replaces})
	}
	return r, nil
}

// String is what ParseRules read.
func (r Rules) String() string { return r.text }

// MarshalText writes what String says.
func (r Rules) MarshalText() ([]byte, error) { return []byte(r.text), nil }

// UnmarshalText reads what ParseRules reads.
func (r *Rules) UnmarshalText(text []byte) (err error) {
	*r, err = ParseRules(string(text))
	return err
}

// RuleStep is what a rule did to a number.
type RuleStep struct {
	Rule    string
	Number  string // after it
	Stopped bool   // it is a filter that does not match
}

// Steps applies the rules one by one, until one stops the number.
func (r Rules) Steps(number string) (all []RuleStep) {
	for _, one := range r.all {
		stopped := one.filter && !one.re.MatchString(number)
		if !one.filter {
			number = one.re.ReplaceAllString(number, one.with)
		}
		all = append(all, RuleStep{one.text, number, stopped})
		if stopped {
			break
		}
	}
	return all
}

// Apply is what the rules make of a number; not ok: they stop it.
func (r Rules) Apply(number string) (changed string, ok bool) {
	steps := r.Steps(number)
	if len(steps) == 0 {
		return number, true
	}
	last := steps[len(steps)-1]
	return last.Number, !last.Stopped
}

// Dialled is whom somebody means who dials who by the line: changed by its rules, and then International. Empty: the rules stop the number, and
// nobody may call it.
func (c *Config) Dialled(who string) string {
	changed, ok := c.Rules.Apply(who)
	if !ok {
		return ""
	}
	return c.International(changed)
}
