package esl

import (
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// deepest is how far brackets in a JSON event may nest. FreeSWITCH nests lists one deep.
const deepest = 8

// parseJSON reads an event in JSON. It is a parser of its own because encoding/json would replace bytes that are not UTF-8, which channel
// variables may hold, and would lose the order and the second of two headers of one name.
func parseJSON(text string) (*Event, error) {
	e := &Event{headers: headers{text, make([]header, 0, min(1+strings.Count(text, `"`)/4, usualHeaders))}}
	s := scanner{text: text}
	s.object(func(h header) {
		if h.name.value(text) == "_body" {
			e.body = h.value.value(text)
			return
		}
		e.headers.all = append(e.headers.all, h)
		s.bad = s.bad || len(e.headers.all) > mostHeaders
	})
	s.blanks()
	if s.bad || s.at != len(text) {
		return nil, fmt.Errorf("%w: JSON event goes wrong at byte %d of %d", ErrProtocol, s.at, len(text))
	}
	return e, nil
}

// scanner walks over JSON text. Once bad it stays bad, where it went wrong.
type scanner struct {
	text  string
	at    int
	depth int
	bad   bool
}

// blanks skips white space and returns the byte after it, 0 at the end.
func (s *scanner) blanks() byte {
	for ; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

// take skips white space and the byte c, which must follow.
func (s *scanner) take(c byte) bool {
	if s.bad || s.blanks() != c {
		s.bad = true
		return false
	}
	s.at++
	return true
}

// object calls f with every name and value.
func (s *scanner) object(f func(h header)) {
	s.list('{', '}', func() {
		name := s.string()
		if s.take(':') {
			if value := s.value(); !s.bad {
				f(header{name, value})
			}
		}
	})
}

// list walks over "a, b, c" between two brackets.
func (s *scanner) list(opening, closing byte, item func()) {
	if s.depth++; s.depth > deepest {
		s.bad = true
	}
	if !s.take(opening) {
		return
	}
	for s.blanks() != closing && !s.bad {
		if item(); s.bad || s.blanks() == closing {
			break
		}
		if s.take(',') && s.blanks() == closing {
			s.bad = true
		}
	}
	s.take(closing)
	s.depth--
}

func (s *scanner) value() piece {
	switch s.blanks() {
	case '"':
		return s.string()
	case '[':
		from := s.at
		s.list('[', ']', func() { s.value() })
		return part(from, s.at, array)
	case '{':
		from := s.at
		s.object(func(header) {})
		return part(from, s.at, verbatim)
	default:
		return s.word()
	}
}

// word is a number, true, false or null. What it says is not looked at: FreeSWITCH sends strings.
func (s *scanner) word() piece {
	from := s.at
	for s.at < len(s.text) && strings.IndexByte(" \t\r\n,]}", s.text[s.at]) < 0 {
		c := s.text[s.at]
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'z' || c == '-' || c == '+' || c == '.' || c == 'E') {
			s.bad = true
			break
		}
		s.at++
	}
	s.bad = s.bad || from == s.at
	return part(from, s.at, verbatim)
}

func (s *scanner) string() piece {
	if !s.take('"') {
		return piece{}
	}
	from := s.at
	quote := strings.IndexByte(s.text[from:], '"')
	if quote >= 0 && strings.IndexByte(s.text[from:from+quote], '\\') < 0 {
		s.at += quote + 1
		return part(from, from+quote, verbatim)
	}
	for ; s.at < len(s.text); s.at++ {
		switch s.text[s.at] {
		case '\\':
			s.at++
		case '"':
			s.at++
			return part(from, s.at-1, escaped)
		}
	}
	s.at, s.bad = len(s.text), true
	return piece{}
}

// jsonElements decodes a list that value has walked over. Lists in lists, which FreeSWITCH never sends, stay as they are.
func jsonElements(raw string) (elements []string) {
	s := scanner{text: raw}
	s.list('[', ']', func() {
		p := s.value()
		if p.encoding == array {
			p.encoding = verbatim
		}
		elements = append(elements, p.value(raw))
	})
	return elements
}

// simpleEscapes are what a backslash makes of the byte after it.
const simpleEscapes = "\"\"\\\\//b\bf\fn\nr\rt\t"

// unescapeJSON decodes the inside of a JSON string. What is no escape is left alone, and so are bytes that are not UTF-8.
func unescapeJSON(s string) string {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b = append(b, s[i])
			continue
		}
		i++
		if s[i] == 'u' {
			r, n := unicodeEscape(s[i+1:])
			b = utf8.AppendRune(b, r)
			i += n
		} else if at := escapeIndex(s[i]); at >= 0 {
			b = append(b, simpleEscapes[at+1])
		} else {
			b = append(b, '\\', s[i])
		}
	}
	return string(b)
}

func escapeIndex(c byte) int {
	for i := 0; i < len(simpleEscapes); i += 2 {
		if simpleEscapes[i] == c {
			return i
		}
	}
	return -1
}

// unicodeEscape decodes what follows \u, and the second half of a pair if there is one. It returns how many bytes that took.
func unicodeEscape(s string) (r rune, n int) {
	r, ok := hex4(s)
	if !ok {
		return utf8.RuneError, 0
	}
	if !utf16.IsSurrogate(r) {
		return r, 4
	}
	if strings.HasPrefix(s[4:], `\u`) {
		if low, ok := hex4(s[6:]); ok && utf16.DecodeRune(r, low) != utf8.RuneError {
			return utf16.DecodeRune(r, low), 10
		}
	}
	return utf8.RuneError, 4
}

func hex4(s string) (r rune, ok bool) {
	if len(s) < 4 {
		return 0, false
	}
	for i := range 4 {
		if !isHex(s[i]) {
			return 0, false
		}
		r = r<<4 | rune(unhex(s[i]))
	}
	return r, true
}
