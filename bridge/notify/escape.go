package notify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// escapes make of text what a destination shows as just that text, by the names that HTTP.Escape may have.
var escapes = map[string]func(string) string{
	"text":   func(s string) string { return s },
	"html":   strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;").Replace,
	"mrkdwn": strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace, // https://api.slack.com/reference/surfaces/formatting#escaping
}

// plain leaves of a text from outside what is to be seen: one line, without what moves the cursor or turns the direction of what follows, and no
// longer than anybody reads.
func plain(v any) string {
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(fmt.Sprint(v), string(utf8.RuneError)) {
		switch {
		case unicode.IsSpace(r), r == '\u2028', r == '\u2029':
			b.WriteByte(' ')
		case unicode.IsControl(r), turns(r):
		default:
			b.WriteRune(r)
		}
		if b.Len() >= longestText {
			b.WriteString("…")
			break
		}
	}
	return strings.TrimSpace(b.String())
}

// longestText is how much of one text is told, in bytes.
const longestText = 1000

// turns tells of the characters by which text can make what stands beside it look like something else (Unicode UAX #9 §2).
func turns(r rune) bool {
	return r >= '\u202A' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069' || r == '\u200E' || r == '\u200F' || r == '\u061C'
}

// quoted is text as it stands between the quotes of a JSON string.
func quoted(s string) (string, error) {
	var b bytes.Buffer
	to := json.NewEncoder(&b)
	to.SetEscapeHTML(false)
	if err := to.Encode(s); err != nil {
		return "", err
	}
	return string(b.Bytes()[1 : b.Len()-2]), nil // without the quotes and the end of the line
}
