package sip

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/emiago/sipgo/sip"
)

// UserURI is the SIP URI of a user, whose name may be any text, at a host, with or without port. Transport is "udp", "tcp", "tls" or empty.
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

// transportOf is the transport that the URI asks for: "udp", "tcp" or "tls", which a sips URI always means (RFC 3261 §26.2.2).
func transportOf(u sip.Uri) (string, error) {
	if u.Scheme == "sips" {
		return "tls", nil
	}
	for _, p := range u.UriParams {
		if !strings.EqualFold(p.K, "transport") {
			continue
		}
		if t := strings.ToLower(p.V); t == "udp" || t == "tcp" || t == "tls" {
			return t, nil
		}
		return "", fmt.Errorf("transport %q: want udp, tcp or tls", p.V)
	}
	return "udp", nil
}

// nextHop is where a request to the URI goes first: to its host, or to a proxy, whose Route header field it then has (RFC 3261 §8.1.2).
// The proxy is a URI, or host:port, and spoken to by the transport of the target if it says nothing else.
func nextHop(u sip.Uri, proxy string) (next sip.Uri, route string, err error) {
	if proxy == "" {
		return u, "", nil
	}
	if !strings.HasPrefix(proxy, "sip:") {
		proxy = "sip:" + proxy
	}
	if next, err = parseURI(proxy); err != nil {
		return next, "", fmt.Errorf("proxy: %w", err)
	}
	if transport, ok := u.UriParams.Get("transport"); ok && !next.UriParams.Has("transport") {
		next.UriParams.Add("transport", transport)
	}
	if !next.UriParams.Has("lr") {
		next.UriParams.Add("lr", "")
	}
	return next, "<" + next.String() + ">", nil
}

// bracketed is the host as a URI spells it.
func bracketed(host string) string {
	if strings.Contains(host, ":") && !strings.HasPrefix(host, "[") {
		return "[" + host + "]"
	}
	return host
}
