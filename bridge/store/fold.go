package store

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// underscore stands for that of usernames: a letter, since LIKE takes the other one for any character.
const underscore = '\u02cd'

// fold makes of a text what is compared when one searches: words of lower-case letters, digits and marks, parted by one space. Whether somebody
// writes ё or е, or an accent as a character of its own, makes no difference.
func fold(s string) string {
	var b strings.Builder
	gap := false
	for _, r := range norm.NFKC.String(s) {
		if r == '_' {
			r = underscore
		}
		if !unicode.In(r, unicode.L, unicode.N, unicode.M) {
			gap = b.Len() > 0
			continue
		}
		if gap {
			b.WriteByte(' ')
			gap = false
		}
		if r = unicode.ToLower(r); r == 'ё' {
			r = 'е'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// digits are those of a number, without what people put before it: +49 30 123456, 0049 30 123456 and 030 123456 all end in 30123456.
func digits(s string) string {
	only := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, norm.NFKC.String(s))
	return strings.TrimLeft(only, "0")
}

// numeric tells whether a text is a number as people write it, and not a name.
func numeric(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return unicode.In(r, unicode.L, unicode.M) }) < 0 && digits(s) != ""
}

// joined folds a number to one word, however it is written, and anything else as it is.
func joined(s string) string {
	if numeric(s) {
		return digits(s)
	}
	return strings.ReplaceAll(fold(s), " ", "")
}

// number is that of an address, folded, with its scheme or without.
func number(address string) string {
	if _, user, schemed := strings.Cut(address, ":"); schemed {
		address = user
	}
	return joined(address)
}

// Lengths of the pieces of words that the index has, in characters. The long ones are rare, so that a whole number or name is found fast.
const (
	shortPiece  = 2
	middlePiece = 3
	longPiece   = 6
)

// grams are the pieces of the words of a folded text, each once; but for pieces of two digits, which stand in every number.
func grams(folded string) []string {
	var all []string
	for word := range strings.FieldsSeq(folded) {
		runes := []rune(word)
		for i := range runes {
			for _, n := range []int{shortPiece, middlePiece, longPiece} {
				if piece := string(runes[i:min(i+n, len(runes))]); i+n <= len(runes) && (n > shortPiece || !numeric(piece)) {
					all = append(all, piece)
				}
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// needles are pieces that a text must have in which a folded word stands, each with a mark before it: an expression of FTS5. Empty: nothing helps,
// since the word is too short for that.
func needles(word, mark string) string {
	runes, n := []rune(word), middlePiece
	switch {
	case len(runes) < shortPiece || len(runes) == shortPiece && numeric(word):
		return ""
	case len(runes) == shortPiece:
		n = shortPiece
	case len(runes) >= longPiece:
		n = longPiece
	}
	var all []string
	for i, last := 0, len(runes)-n; ; i = min(i+n, last) { // one after the other, the last ends with the word
		all = append(all, quote(mark+string(runes[i:i+n])))
		if i == last {
			break
		}
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), " AND ")
}

// quote writes a token for FTS5 (sqlite.org/fts5.html#fts5_strings). What was folded has no quotes.
func quote(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
