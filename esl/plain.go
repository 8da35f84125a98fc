package esl

import (
	"fmt"
	"strconv"
	"strings"
)

// parsePlain reads the content of a text/event-plain frame: percent-encoded headers, a blank line, and a body if the headers have a
// Content-Length of their own (the frame's counts both).
func parsePlain(text string) (*Event, error) {
	e := &Event{headers: headers{text, make([]header, 0, min(strings.Count(text, "\n"), usualHeaders))}}
	for from := 0; from < len(text); {
		to := from + lineLength(text[from:])
		if to == from || to == from+1 && text[from] == '\r' {
			return e, e.takeBody(text[min(to+1, len(text)):])
		}
		h, err := cutHeader(text, from, to, percent)
		if err != nil {
			return nil, err
		}
		if len(e.headers.all) == mostHeaders {
			return nil, fmt.Errorf("%w: event of more than %d headers", ErrProtocol, mostHeaders)
		}
		e.headers.all = append(e.headers.all, h)
		from = to + 1
	}
	return e, nil
}

// lineLength is how long the first line is, without its end.
func lineLength(text string) int {
	if n := strings.IndexByte(text, '\n'); n >= 0 {
		return n
	}
	return len(text)
}

// takeBody takes as many bytes as the event's own Content-Length says.
func (e *Event) takeBody(rest string) error {
	said, ok := e.Lookup("Content-Length")
	if !ok {
		return nil
	}
	n, err := strconv.Atoi(said)
	if err != nil || n < 0 || n > len(rest) {
		return fmt.Errorf("%w: an event's body of %.20q bytes, of which %d came", ErrProtocol, said, len(rest))
	}
	e.body = rest[:n]
	return nil
}

// cutHeader splits the line "Name: value" that stands between two places. FreeSWITCH writes exactly one blank; an empty value may lack it.
func cutHeader(text string, from, to int, e encoding) (header, error) {
	colon := from + strings.IndexByte(text[from:to], ':')
	if colon <= from {
		return header{}, fmt.Errorf("%w: header line without a name: %.80q", ErrProtocol, text[from:to])
	}
	begin := colon + 1
	if begin < to && text[begin] == ' ' {
		begin++
	}
	if begin < to && text[to-1] == '\r' {
		to--
	}
	return header{part(from, colon, verbatim), part(begin, to, e)}, nil
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
