package esl

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text makes text from outside, such as a caller's name, safe to be an argument or the value of a variable. FreeSWITCH expands ${variable} and
// runs ${function(arguments)} in both, at once or whenever somebody refers to the variable later; a backslash does not help. So Text takes away
// every dollar sign that could come to stand before a brace. Line breaks and other control characters become blanks. Bytes that are not UTF-8 go,
// and so do "ARRAY::" in front, which would make a list of the value, and the "%" of "%[…]" in front, which would set variables. What remains is
// as it was, quotes, commas and backslashes included.
func Text(s string) string {
	s = strings.Map(printable, strings.ToValidUTF8(s, ""))
	for s != withoutMagic(s) {
		s = withoutMagic(s)
	}
	if !strings.Contains(s, "$") {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := range len(s) {
		if s[i] != '$' || harmlessDollar(s[i+1:]) {
			b = append(b, s[i])
		}
	}
	return string(b)
}

// withoutMagic takes away what means something at the beginning of a value: a list, or, behind blanks that get lost, variables in brackets with a
// comma or another separator between them.
func withoutMagic(s string) string {
	s = strings.TrimPrefix(s, arrayPrefix)
	bare := strings.TrimLeft(s, " ")
	if list, ok := strings.CutPrefix(bare, "%"); ok && strings.IndexByte(list[:min(2, len(list))], '[') >= 0 {
		return list
	}
	return s
}

// AppText is Text for a part of an application's argument, such as Session.Execute takes: FreeSWITCH takes one backslash of two away there. For a
// variable, Commands.SetVariable is better than the application "set", which does that twice if there is a dollar sign.
func AppText(s string) string { return doubled(Text(s)) }

func doubled(s string) string { return strings.ReplaceAll(s, `\`, `\\`) }

// printable turns what would break a line, or hide, into a blank.
func printable(r rune) rune {
	switch {
	case r == '\u2028' || r == '\u2029' || unicode.IsControl(r):
		return ' '
	case unicode.Is(unicode.Bidi_Control, r):
		return -1
	default:
		return r
	}
}

// harmlessDollar looks at what follows a dollar sign. Quotes, backslashes and dollars may vanish on the way to FreeSWITCH's parser; and at the
// end, we do not know what our text is put in front of.
func harmlessDollar(rest string) bool {
	next := strings.TrimLeft(rest, `\'" `)
	return next != "" && next[0] != '{' && next[0] != '$'
}

// Word returns s if it can stand as one word in a command: letters, digits and -_.,:;@/+*#~=%!?() of ASCII, nothing else. The error is
// ErrUnsafe. It is for what must not be changed, such as identifiers and numbers.
func Word(s string) (string, error) {
	for _, r := range s {
		if r >= utf8.RuneSelf || !(unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-_.,:;@/+*#~=%!?()", r)) {
			return "", fmt.Errorf("%w: %.40q", ErrUnsafe, s)
		}
	}
	if s == "" {
		return "", fmt.Errorf("%w: empty word", ErrUnsafe)
	}
	return s, nil
}

// words checks several and joins them with blanks.
func words(all ...string) (string, error) {
	for _, w := range all {
		if _, err := Word(w); err != nil {
			return "", err
		}
	}
	return strings.Join(all, " "), nil
}

// Number returns s if it can stand as a number or name inside a dial string: letters, digits and -_.+*#~ of ASCII. Slashes, commas, "@" and the
// like, which mean something there, are refused with ErrUnsafe.
func Number(s string) (string, error) {
	if strings.ContainsAny(s, ",:;@/=%!?()") {
		return "", fmt.Errorf("%w: %.40q", ErrUnsafe, s)
	}
	return Word(s)
}

// Argument quotes text to be one argument of an "api" command, exact but for what Text changes.
func Argument(s string) string { return argument(Text(s)) }

// argument quotes what may hold ${…} on purpose.
func argument(s string) string {
	if s == "" {
		return "''"
	}
	return hideBlanks(unsplit(s))
}

// FreeSWITCH splits lists with one function everywhere: it takes away blanks at the ends, quotes, and backslashes before what they protect. \s
// becomes a blank that stays.
func hideBlanks(s string) string { return strings.ReplaceAll(s, " ", `\s`) }

// unsplit makes up for what one splitting takes away.
func unsplit(s string) string { return strings.ReplaceAll(strings.ReplaceAll(s, `\`, `\\`), "'", `\'`) }
