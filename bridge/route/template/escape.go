package template

import (
	"html"
	"net/url"
	"strings"
)

// Escape makes a value part of a text of some kind, and nothing more.
type Escape func(value string) string

// Raw leaves it as it is: for texts that nobody reads for commands.
func Raw(value string) string { return value }

// HTML is for HTML and XML.
func HTML(value string) string { return html.EscapeString(printable(value)) }

// Slack is for texts that Slack shows (api.slack.com/reference/surfaces/formatting#escaping).
func Slack(value string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(value)
}

// Markdown is for Telegram's MarkdownV2 (core.telegram.org/bots/api#markdownv2-style).
func Markdown(value string) string {
	var b strings.Builder
	for _, r := range value {
		if strings.ContainsRune("_*[]()~`>#+-=|{}.!\\", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Segment is for a part of the path of a URL. Two dots, which would lead upwards, are escaped as well.
func Segment(value string) string {
	s := url.PathEscape(value)
	if strings.Trim(s, ".") == "" {
		return strings.ReplaceAll(s, ".", "%2E")
	}
	return s
}

// Query is for a part of the query of a URL.
func Query(value string) string { return url.QueryEscape(value) }

// Command is for what goes near FreeSWITCH, which looks for ${ in everything and runs what it finds: a backslash does not protect. Nor do
// line breaks get through, or what is left of one.
func Command(value string) string {
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
