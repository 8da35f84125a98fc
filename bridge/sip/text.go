package sip

import (
	"crypto/rand"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Lengths of what others may have us write into a message. A request has to fit one datagram with room to spare.
const (
	maxName   = 80   // runes of a display name
	maxValue  = 1024 // bytes of a header's value
	maxPhrase = 120  // runes of a reason phrase or text
)

// clean makes hostile text fit for a line: controls become spaces, broken UTF-8 the replacement character, and it has an end.
func clean(s string, runes int) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n++; n > runes {
			break
		}
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			r = ' '
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}

// quote makes the inside of a quoted-string (RFC 3261 §25.1).
func quote(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s)
}

// unquote undoes quote.
func unquote(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	escaped := false
	for _, r := range s {
		if r == '\\' && !escaped {
			escaped = true
			continue
		}
		escaped = false
		b.WriteRune(r)
	}
	return b.String()
}

const tokenMarks = "-.!%*_+`'~"

// isToken tells whether s is a token of RFC 3261 §25.1, with further characters allowed.
func isToken(s, more string) bool {
	for _, r := range s {
		if !isAlphanum(r) && !strings.ContainsRune(tokenMarks, r) && !strings.ContainsRune(more, r) {
			return false
		}
	}
	return s != ""
}

func isAlphanum(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

// ours are the header fields that make a dialog; nobody else writes them.
var ours = map[string]bool{
	"via": true, "v": true, "from": true, "f": true, "to": true, "t": true, "call-id": true, "i": true, "cseq": true,
	"contact": true, "m": true, "max-forwards": true, "route": true, "record-route": true, "content-length": true, "l": true,
	"content-type": true, "c": true, "content-encoding": true, "e": true, "authorization": true, "proxy-authorization": true,
	"require": true, "proxy-require": true, "supported": true, "k": true, "session-expires": true, "x": true,
}

// check tells why the header field cannot be sent. It is what keeps text with line breaks from becoming further header fields.
func (h Header) check() error {
	switch {
	case !isToken(h.Name, ""):
		return fmt.Errorf("header name %q: not a token", h.Name)
	case ours[strings.ToLower(h.Name)]:
		return fmt.Errorf("header %s: set by the agent itself", h.Name)
	case len(h.Value) > maxValue:
		return fmt.Errorf("header %s: %d bytes, at most %d", h.Name, len(h.Value), maxValue)
	case !isLine(h.Value):
		return fmt.Errorf("header %s: value %q has a line break or other control character, or is not UTF-8", h.Name, h.Value)
	}
	return nil
}

// isLine tells whether s can stand in one line.
func isLine(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\t' })
}

// checkCallID tells why the text cannot be a Call-ID: callid = word [ "@" word ].
func checkCallID(s string) error {
	if len(s) > 128 || !isToken(s, "@()<>:\\\"/[]?{}") || strings.Count(s, "@") > 1 {
		return fmt.Errorf("call-id %q: not a word of RFC 3261", s)
	}
	return nil
}

// newUUID is a random UUID (RFC 9562 §5.4).
func newUUID() string {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		panic("sip: no randomness: " + err.Error())
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
