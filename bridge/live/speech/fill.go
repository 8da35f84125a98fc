package speech

import (
	"encoding/json"
	"net/url"
	"strings"
)

// fill puts words in the place of their names in braces; quote is for what they stand in. A word that has a name in it is not looked at again.
func fill(text string, words map[string]string, quote func(string) string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, after, closed := strings.Cut(rest, "}")
		word, known := words[name]
		if !closed || !known {
			b.WriteByte('{')
			text = rest
			continue
		}
		b.WriteString(quote(word))
		text = after
	}
}

func queryEscape(s string) string { return url.QueryEscape(s) }

func oneLine(s string) string {
	return strings.NewReplacer("\r", " ", "\n", " ", "\x00", " ").Replace(s)
}

// asJSON is a string of JSON, with its quotes.
func asJSON(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		return `""`
	}
	return string(text)
}
