package sip

import (
	"fmt"
	"strconv"
	"strings"
)

// formatReason writes a Reason header field (RFC 3326); "" if there is nothing to say.
func formatReason(cause int, text string) string {
	if cause < 1 || cause > 127 {
		return ""
	}
	s := fmt.Sprintf("Q.850;cause=%d", cause)
	if text = clean(text, maxPhrase); text != "" {
		s += `;text="` + quote(text) + `"`
	}
	return s
}

// parseReason reads Reason header fields, each of which may hold several values: the Q.850 cause, 0 if none, and the text beside it
// or else the first text there is.
func parseReason(fields []string) (cause int, text string) {
	for _, field := range fields {
		for _, value := range splitOutsideQuotes(field, ',') {
			protocol, c, t := parseReasonValue(value)
			if protocol == "Q.850" && c >= 1 && c <= 127 {
				return c, t
			}
			if text == "" {
				text = t
			}
		}
	}
	return 0, text
}

func parseReasonValue(s string) (protocol string, cause int, text string) {
	parts := splitOutsideQuotes(s, ';')
	protocol = strings.ToUpper(strings.TrimSpace(parts[0]))
	for _, p := range parts[1:] {
		k, v, _ := strings.Cut(p, "=")
		switch v = strings.TrimSpace(v); strings.ToLower(strings.TrimSpace(k)) {
		case "cause":
			cause, _ = strconv.Atoi(v)
		case "text":
			text = clean(unquote(strings.TrimSuffix(strings.TrimPrefix(v, `"`), `"`)), maxPhrase)
		}
	}
	return protocol, cause, text
}

// splitOutsideQuotes splits at sep where it does not stand in a quoted-string. There is always at least one part.
func splitOutsideQuotes(s string, sep byte) []string {
	var parts []string
	start, quoted := 0, false
	for i := 0; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == sep && !quoted:
			parts = append(parts, s[start:i])
			start = i + 1
		}
	}
	return append(parts, s[start:])
}
