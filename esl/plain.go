package esl

import (
	"fmt"
	"strconv"
	"strings"
)

// parsePlain reads the content of a text/event-plain frame: percent-encoded headers, a blank line, and a body if the headers have a
// Content-Length of their own (the frame's counts both).
func parsePlain(text string) (*Event, error) {
	e := &Event{headers: make([]header, 0, min(strings.Count(text, "\n"), usualHeaders))}
	for rest := text; rest != ""; {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		if line == "" || line == "\r" {
			return e, e.takeBody(rest)
		}
		name, value, err := cutHeader(line)
		if err != nil {
			return nil, err
		}
		if len(e.headers) == mostHeaders {
			return nil, fmt.Errorf("%w: event of more than %d headers", ErrProtocol, mostHeaders)
		}
		e.headers = append(e.headers, header{name, value, percent})
	}
	return e, nil
}

// takeBody takes as many bytes as the event's own Content-Length says.
func (e *Event) takeBody(rest string) error {
	h := e.find("Content-Length")
	if h == nil {
		return nil
	}
	n, err := strconv.Atoi(h.value())
	if err != nil || n < 0 || n > len(rest) {
		return fmt.Errorf("%w: an event's body of %.20q bytes, of which %d came", ErrProtocol, h.value(), len(rest))
	}
	e.body = rest[:n]
	return nil
}

// cutHeader splits "Name: value". FreeSWITCH writes exactly one blank; an empty value may lack it.
func cutHeader(line string) (name, value string, err error) {
	colon := strings.IndexByte(line, ':')
	if colon <= 0 {
		return "", "", fmt.Errorf("%w: header line without a name: %.80q", ErrProtocol, line)
	}
	name, value = line[:colon], line[colon+1:]
	if value != "" && value[0] == ' ' {
		value = value[1:]
	}
	if value != "" && value[len(value)-1] == '\r' {
		value = value[:len(value)-1]
	}
	return name, value, nil
}

// unescapePercent decodes %XX and leaves what is no such code alone. A "+" is a plus sign, not a blank.
func unescapePercent(s string) string {
	at := strings.IndexByte(s, '%')
	if at < 0 {
		return s
	}
	b := make([]byte, at, len(s))
	copy(b, s)
	for i := at; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
			b = append(b, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
		} else {
			b = append(b, s[i])
		}
	}
	return string(b)
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c <= 'F':
		return c - 'A' + 10
	default:
		return c - 'a' + 10
	}
}
