// Package pattern has what routes compare numbers with: exact text, or regular expressions of RE2 (github.com/google/re2/wiki/Syntax), bare or as
// /…/flags.
package pattern

import (
	"fmt"
	"math"
	"regexp"
	"regexp/syntax"
	"strings"
)

// Pattern is text to be equal to, or a regular expression. It is not changed after Parse.
type Pattern struct {
	source string
	re     *regexp.Regexp // nil: exact
}

// Parse reads a pattern. /…/flags is a regular expression with flags of i, m and s; so is what has one of ^$([{|*+?\ in it, but for a "+" at the
// beginning, which is how numbers begin; everything else is exact.
func Parse(s string) (*Pattern, error) {
	if !strings.HasPrefix(s, "/") && !strings.ContainsAny(strings.TrimPrefix(s, "+"), `^$([{|*+?\`) {
		return &Pattern{source: s}, nil
	}
	re, err := Regexp(s)
	if err != nil {
		return nil, err
	}
	return &Pattern{source: s, re: re}, nil
}

// Regexp reads a regular expression, bare or as /…/flags.
func Regexp(s string) (*regexp.Regexp, error) {
	body := s
	if end := strings.LastIndexByte(s, '/'); strings.HasPrefix(s, "/") && end > 0 {
		flags := s[end+1:]
		if strings.Trim(flags, "gims") != "" {
			return nil, fmt.Errorf("%s: there are no flags %q; want i, m or s", s, flags)
		}
		body = s[1:end]
		if flags = strings.ReplaceAll(flags, "g", ""); flags != "" {
			body = "(?" + flags + ")" + body
		}
	}
	re, err := regexp.Compile(body)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", s, explain(err))
	}
	return re, nil
}

// Parts is how many steps an expression may take for each byte that it looks at.
func Parts(re *regexp.Regexp) int {
	parsed, err := syntax.Parse(re.String(), syntax.Perl)
	if err != nil { // it was compiled of this
		return math.MaxInt16
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return math.MaxInt16
	}
	return len(program.Inst)
}

// explain says what is wrong with an expression that other engines may take.
func explain(err error) string {
	e, ok := err.(*syntax.Error)
	if !ok {
		return err.Error()
	}
	switch {
	case strings.HasPrefix(e.Expr, "(?=") || strings.HasPrefix(e.Expr, "(?!") || strings.HasPrefix(e.Expr, "(?<"):
		return "looking ahead or behind, " + e.Expr + ", is not possible here (RE2)"
	case e.Code == syntax.ErrInvalidEscape && len(e.Expr) == 2 && '1' <= e.Expr[1] && e.Expr[1] <= '9':
		return "looking back at a group, " + e.Expr + ", is not possible here (RE2)"
	}
	return e.Code.String() + ": " + e.Expr
}

// String is what Parse read.
func (p *Pattern) String() string { return p.source }

// Exact tells whether it is no regular expression.
func (p *Pattern) Exact() bool { return p.re == nil }

// Match compares a number. The first group is all that was found.
func (p *Pattern) Match(s string) (groups []string, named map[string]string, ok bool) {
	if p.re == nil {
		return []string{s}, nil, s == p.source
	}
	return Find(p.re, s)
}

// Find is what an expression finds in a text.
func Find(re *regexp.Regexp, s string) (groups []string, named map[string]string, ok bool) {
	groups = re.FindStringSubmatch(s)
	for i, name := range re.SubexpNames() {
		if groups != nil && name != "" {
			if named == nil {
				named = map[string]string{}
			}
			named[name] = groups[i]
		}
	}
	return groups, named, groups != nil
}

// Loose tells whether a regular expression takes numbers that merely contain what it means: 1001 is in 51001.
func (p *Pattern) Loose() bool {
	if p.re == nil {
		return false
	}
	parsed, err := syntax.Parse(p.re.String(), syntax.Perl)
	return err == nil && !(begins(parsed, syntax.OpBeginText, 0) && begins(parsed, syntax.OpEndText, -1))
}

// begins tells whether every way through an expression begins (0) or ends (-1) with an anchor.
func begins(re *syntax.Regexp, anchor syntax.Op, side int) bool {
	switch re.Op {
	case anchor:
		return true
	case syntax.OpCapture:
		return begins(re.Sub[0], anchor, side)
	case syntax.OpConcat:
		if side < 0 {
			return begins(re.Sub[len(re.Sub)-1], anchor, side)
		}
		return begins(re.Sub[0], anchor, side)
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			if !begins(sub, anchor, side) {
				return false
			}
		}
		return true
	}
	return false
}
