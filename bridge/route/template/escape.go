package template

import (
	"html"
	"net/url"
	"strings"
)

// Escape makes a value part of a text of some kind, and nothing more.
type Escape uint8

// The kinds of texts.
const (
	Raw      Escape = iota // as it is: for texts that nobody reads for commands
	HTML                   // HTML and XML
	Slack                  // what Slack shows (api.slack.com/reference/surfaces/formatting#escaping)
	Markdown               // Telegram's MarkdownV2 (core.telegram.org/bots/api#markdownv2-style)
	Segment                // a part of the path of a URL; two dots, which would lead upwards, are escaped as well
	Query                  // a part of the query of a URL
	// Command is for what goes near FreeSWITCH, which looks for ${ in everything and runs what it finds: a backslash does not protect. Nor do
	// line breaks get through, or what is left of one.
	Command
)

// Apply escapes a value.
func (e Escape) Apply(value string) string {
	switch e {
	case HTML:
		return html.EscapeString(printable(value))
	case Slack:
		return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(value)
	case Markdown:
		return markdown(value)
	case Segment:
		if s := url.PathEscape(value); strings.Trim(s, ".") != "" {
			return s
		}
		return strings.ReplaceAll(value, ".", "%2E")
	case Query:
		return url.QueryEscape(value)
	case Command:
		return command(value)
	}
	return value
}

func markdown(value string) string {
	var b strings.Builder
	for _, r := range value {
		if strings.ContainsRune("_*[]()~`>#+-=|{}.!\\", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

func command(value string) string {
	value = printable(value)
	for strings.Contains(value, "${") {
		value = strings.ReplaceAll(value, "${", "")
	}
	return strings.TrimPrefix(strings.TrimRight(value, "$"), "{")
}

// printable is the value without control characters; those that separate words become blanks.
func printable(value string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case r < ' ' || r == 0x7f:
			return -1
		}
		return r
	}, value)
}
