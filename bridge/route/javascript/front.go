package javascript

import (
	"fmt"
	"strings"
)

// front turns ${name} into a call that the runtime answers, wherever JavaScript has no text of its own. It never puts in what a variable holds.
type front struct {
	source     string
	at         int
	out        strings.Builder
	references []string
	last       byte  // the last sign that was no blank
	nested     []int // open brackets, for each part of a text in backquotes that we are in
	closing    int   // of closes
}

func (f *front) rest() string { return f.source[f.at:] }

// take copies what is as it is.
func (f *front) take(length int) {
	length = min(length, len(f.rest()))
	text := f.source[f.at : f.at+length]
	f.out.WriteString(text)
	f.at += length
	if trimmed := strings.TrimSpace(text); trimmed != "" {
		f.last = trimmed[len(trimmed)-1]
	}
}

func (f *front) translate() {
	for f.at < len(f.source) {
		f.token(f.rest())
	}
}

func (f *front) token(s string) {
	switch {
	case strings.HasPrefix(s, "//"):
		f.aside(upTo(s, "\n"))
	case strings.HasPrefix(s, "/*"):
		f.aside(upTo(s, "*/"))
	case strings.HasPrefix(s, "${"), strings.HasPrefix(s, "$${"):
		f.reference(s)
	case s[0] == '\'' || s[0] == '"':
		f.take(quoted(s, s[0]))
	case s[0] == '/' && f.operator():
		f.take(regexp(s))
	case s[0] == '`':
		f.take(1)
		f.backquoted()
	case s[0] == '{' || s[0] == '}':
		f.bracket(s[0])
	default:
		f.take(1)
	}
}

// aside copies a comment.
func (f *front) aside(length int) {
	last := f.last
	f.take(length)
	f.last = last
}

// upTo is how long a text is with its end.
func upTo(s, end string) int {
	if i := strings.Index(s, end); i >= 0 {
		return i + len(end)
	}
	return len(s)
}

// quoted is how long a text in quotes is.
func quoted(s string, quote byte) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case quote, '\n':
			return i + 1
		}
	}
	return len(s)
}

// regexp is how long a pattern is; in [ ] a slash does not end it.
func regexp(s string) int {
	class := false
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			i++
		case s[i] == '\n', s[i] == '/' && !class:
			return i + 1
		case s[i] == '[':
			class = true
		case s[i] == ']':
			class = false
		}
	}
	return len(s)
}

// operator tells whether a slash begins a pattern here: what came before is not the end of a value.
func (f *front) operator() bool {
	if f.last == 0 || strings.IndexByte("(,=:[!&|?{};+-*%~^<>", f.last) >= 0 {
		return true
	}
	before := strings.TrimRight(f.out.String(), " \t\r\n")
	for _, word := range []string{"return", "typeof", "case", "in", "of", "delete", "void", "throw", "new", "else", "do"} {
		if rest, ok := strings.CutSuffix(before, word); ok && (rest == "" || !inName(rest[len(rest)-1])) {
			return true
		}
	}
	return false
}

func inName(c byte) bool {
	return c == '_' || c == '$' || c == '.' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// backquoted copies a text in backquotes up to its end, or to ${, which is JavaScript's own there.
func (f *front) backquoted() {
	s := f.rest()
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			i++
		case s[i] == '`':
			f.take(i + 1)
			return
		case strings.HasPrefix(s[i:], "${"):
			f.take(i + 2)
			f.nested = append(f.nested, 0)
			return
		}
	}
	f.take(len(s))
}

// bracket copies one, and goes on with the text in backquotes that it brings us back to.
func (f *front) bracket(c byte) {
	f.take(1)
	deepest := len(f.nested) - 1
	switch {
	case deepest < 0:
	case c == '{':
		f.nested[deepest]++
	case f.nested[deepest] > 0:
		f.nested[deepest]--
	default:
		f.nested = f.nested[:deepest]
		f.backquoted()
	}
}

// closes is where the next bracket } or end of a line is. It is looked for again only behind the last: many that lack an end cost no more than one.
func (f *front) closes() int {
	if f.closing < f.at || f.at == 0 {
		f.closing = len(f.source)
		if i := strings.IndexAny(f.rest(), "}\n"); i >= 0 {
			f.closing = f.at + i
		}
	}
	return f.closing
}

// reference turns ${name} into a call. One without an end stays, for the parser to complain about.
func (f *front) reference(s string) {
	end := f.closes() - f.at
	if end == len(s) || s[end] != '}' {
		f.take(1)
		return
	}
	fmt.Fprintf(&f.out, "$value(%d)", len(f.references))
	f.references = append(f.references, s[:end+1])
	f.at += end + 1
	f.last = ')'
}
