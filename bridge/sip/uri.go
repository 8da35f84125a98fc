package sip

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/emiago/sipgo/sip"
)

// UserURI is the SIP URI of a user, whose name may be any text, at a host, with or without port. Transport is "udp", "tcp" or empty.
func UserURI(user, host, transport string) string {
	uri := "sip:" + host
	if user != "" {
		uri = "sip:" + escapeUser(user) + "@" + host
	}
	if transport != "" {
		uri += ";transport=" + transport
	}
	return uri
}

// escapeUser escapes what RFC 3261 §25.1 does not allow in a user part, and what parsers are known to trip over (";", "?", "/").
func escapeUser(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if isAlphanum(rune(c)) || strings.IndexByte("-_.!~*'()&=+$,", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

// unescape undoes escapes; what is no escape stays.
func unescape(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if v, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b = append(b, byte(v))
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b)
}

// parseURI reads a URI that we were told to use.
func parseURI(s string) (sip.Uri, error) {
	var u sip.Uri
	if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || r > 126 || strings.ContainsRune(" <>\"", r) }) {
		return u, fmt.Errorf("uri %q: has a character that must be escaped", s)
	}
	if err := sip.ParseUri(s, &u); err != nil {
		return u, fmt.Errorf("uri %q: %w", s, err)
	}
	if u.Scheme != "sip" || u.Host == "" || u.Wildcard {
		return u, fmt.Errorf("uri %q: want sip:user@host", s)
	}
	if u.Port < 0 || u.Port > 65535 {
		return u, fmt.Errorf("uri %q: no such port", s)
	}
	if _, err := transportOf(u); err != nil {
		return u, fmt.Errorf("uri %q: %w", s, err)
	}
	return u, nil
}

// transportOf is the transport that the URI asks for: "udp" or "tcp".
func transportOf(u sip.Uri) (string, error) {
	for _, p := range u.UriParams {
		if !strings.EqualFold(p.K, "transport") {
			continue
		}
		if t := strings.ToLower(p.V); t == "udp" || t == "tcp" {
			return t, nil
		}
		return "", fmt.Errorf("transport %q: want udp or tcp", p.V)
	}
	return "udp", nil
}

// bracketed is the host as a URI spells it.
func bracketed(host string) string {
	if strings.Contains(host, ":") && !strings.HasPrefix(host, "[") {
		return "[" + host + "]"
	}
	return host
}
