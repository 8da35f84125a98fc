// Package template is text with variables in it, as routing scripts write them: "Call from ${caller_id_name|html}".
//
// A template is read once. What its variables hold is put in and never read again: a caller whose name is "${secret}" is called just that. Where the
// text goes to, an Escape makes the values part of it and nothing more. docs/routing.md lists all forms.
package template

import (
	"fmt"
	"strings"
	"time"
)

// Values are what variables stand for. What is not known is empty.
type Values interface {
	Variable(name string) string
	Secret(name string) string // or a global
	Global(name string) string
	Capture(register int, group string) string
	Cookie(jar, name string) string
	Now() time.Time // in the zone of the script
}

// Allow says what a template may have besides variables.
type Allow struct {
	Secrets   bool // $${name} may be a secret; elsewhere it is a global
	Functions bool // FreeSWITCH's ${sofia_contact(…)} and such, which are left as they are
	Bare      bool // $1 for ${1}
}

// Template is text with variables. The zero Template is empty. It is not changed after Parse.
type Template struct {
	source string
	parts  []part
}

// part is text, or something that stands for text.
type part interface {
	// value is the text, and whether it is to be escaped.
	value(v Values) (text string, foreign bool)
}

type literal string

func (l literal) value(Values) (string, bool) { return string(l), false }

// Literal is a template without variables.
func Literal(text string) Template {
	return Template{source: text, parts: []part{literal(text)}}
}

// Parse reads a template.
func Parse(text string, a Allow) (Template, error) {
	p := &parser{text: text, allow: a}
	if err := p.parse(); err != nil {
		return Template{}, err
	}
	return Template{source: text, parts: p.parts}, nil
}

// String is what Parse read.
func (t Template) String() string { return t.source }

// Empty tells whether there is nothing in it.
func (t Template) Empty() bool { return t.source == "" }

// Constant is the text of a template without variables.
func (t Template) Constant() (string, bool) {
	var b strings.Builder
	for _, p := range t.parts {
		l, ok := p.(literal)
		if !ok {
			return "", false
		}
		b.WriteString(string(l))
	}
	return b.String(), true
}

// Render puts the values in, each escaped.
func (t Template) Render(v Values, e Escape) string {
	if len(t.parts) == 1 {
		return escaped(t.parts[0], v, e)
	}
	var b strings.Builder
	for _, p := range t.parts {
		b.WriteString(escaped(p, v, e))
	}
	return b.String()
}

func escaped(p part, v Values, e Escape) string {
	text, foreign := p.value(v)
	if v, ok := p.(variable); ok && v.escaped && e != Command {
		foreign = false // the script says how
	}
	if foreign {
		return e.Apply(text)
	}
	return text
}

// RenderURL puts the values into a URL: before the first "?" as parts of its path, after it as parts of its query. Secrets go in as they are: they may be
// all of it.
func (t Template) RenderURL(v Values) string {
	var b strings.Builder
	escape := Segment
	for _, p := range t.parts {
		text := escaped(p, v, escape)
		if b.WriteString(text); strings.Contains(text, "?") {
			escape = Query
		}
	}
	return b.String()
}

// Variables are the names of the variables that it reads.
func (t Template) Variables() (names []string) {
	for _, p := range t.parts {
		if v, ok := p.(variable); ok && v.name != "" {
			names = append(names, v.name)
		}
	}
	return names
}

// Globals are the names of the globals that it reads, where no secret may be.
func (t Template) Globals() (names []string) {
	for _, p := range t.parts {
		if g, ok := p.(global); ok {
			names = append(names, string(g))
		}
	}
	return names
}

// Secrets are the names of the secrets, or globals, that it reads.
func (t Template) Secrets() (names []string) {
	for _, p := range t.parts {
		if s, ok := p.(secret); ok {
			names = append(names, string(s))
		}
	}
	return names
}

// ForeignHost tells whether something that a caller may have written would choose the host of a URL.
func (t Template) ForeignHost() bool {
	var before string
	for _, p := range t.parts {
		switch p := p.(type) {
		case literal:
			before += string(p)
		case secret, global:
			return false
		default:
			_, rest, ok := strings.Cut(before, "://")
			return !ok || !strings.ContainsAny(rest, "/?")
		}
	}
	return false
}

type parser struct {
	text  string
	allow Allow
	at    int
	plain strings.Builder
	parts []part
}

func (p *parser) fail(format string, args ...any) error {
	return fmt.Errorf("character %d: %s", len([]rune(p.text[:p.at]))+1, fmt.Sprintf(format, args...))
}

func (p *parser) parse() error {
	for p.at < len(p.text) {
		found, length, err := p.reference(p.text[p.at:])
		if err != nil {
			return err
		}
		if found == nil {
			p.plain.WriteByte(p.text[p.at])
			p.at++
			continue
		}
		p.flush()
		p.parts = append(p.parts, found)
		p.at += length
	}
	p.flush()
	return nil
}

func (p *parser) flush() {
	if p.plain.Len() > 0 {
		p.parts = append(p.parts, literal(p.plain.String()))
		p.plain.Reset()
	}
}

// reference reads what stands for something else at the beginning of a text; nil: nothing does.
func (p *parser) reference(s string) (part, int, error) {
	switch {
	case strings.HasPrefix(s, "$${"):
		return p.braced(s, 3, p.secret)
	case strings.HasPrefix(s, "${"):
		return p.braced(s, 2, p.variable)
	case s[0] == '$' && p.allow.Bare && len(s) > 1 && digit(s[1]):
		return captured{group: s[1:2]}, 2, nil
	case s[0] == '&':
		return p.function(s)
	}
	return nil, 0, nil
}

func (p *parser) braced(s string, from int, read func(string) (part, error)) (part, int, error) {
	end := strings.IndexByte(s, '}')
	if end < 0 {
		return nil, 0, p.fail("%q has no end: } is missing", s[:from])
	}
	found, err := read(s[from:end])
	return found, end + 1, err
}

func (p *parser) secret(name string) (part, error) {
	switch {
	case !identifier(name):
		return nil, p.fail("$${%s}: %q is no name", name, name)
	case !p.allow.Secrets:
		return global(name), nil
	}
	return secret(name), nil
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

// identifier tells whether it is a name: letters, digits, "_", "-", "." and ":".
func identifier(s string) bool {
	if s == "" || len(s) > 128 {
		return false
	}
	for _, c := range []byte(s) {
		if !digit(c) && (c|0x20 < 'a' || c|0x20 > 'z') && !strings.ContainsRune("_-.:", rune(c)) {
			return false
		}
	}
	return true
}
