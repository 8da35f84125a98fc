package esltest

import (
	"fmt"
	"strings"
	"time"
)

// Header is a name and a value; Values is a list instead of Value.
type Header struct {
	Name, Value string
	Values      []string
}

// Event is what a Switch sends: its headers in this order, and a body.
type Event struct {
	Headers []Header
	Body    string
}

// Get returns the first value of a header, "" if there is none. Names are compared without regard to case.
func (e Event) Get(name string) string {
	for _, h := range e.Headers {
		if strings.EqualFold(h.Name, name) {
			return h.plain()
		}
	}
	return ""
}

func (h Header) plain() string {
	if h.Values != nil {
		return "ARRAY::" + strings.Join(h.Values, "|:")
	}
	return h.Value
}

func (e Event) with(headers ...Header) Event {
	e.Headers = append(append([]Header{}, e.Headers...), headers...)
	return e
}

// frame writes the event as the event socket sends it.
func (e Event) frame(format string) []byte {
	content := e.plain(true)
	if format == "json" {
		content = e.json()
	}
	return fmt.Appendf(nil, "Content-Length: %d\nContent-Type: text/event-%s\n\n%s", len(content), format, content)
}

// plain writes the headers, one a line; with an end, the body and what announces it.
func (e Event) plain(ended bool) string {
	var b strings.Builder
	for _, h := range e.Headers {
		b.WriteString(h.Name + ": " + escapePercent(h.plain()) + "\n")
	}
	if !ended {
		return b.String()
	}
	if e.Body != "" {
		fmt.Fprintf(&b, "Content-Length: %d\n\n%s", len(e.Body), e.Body)
	} else {
		b.WriteByte('\n')
	}
	return b.String()
}

// unsafe are the printable characters that FreeSWITCH encodes.
const unsafe = "\r\n \"#%&+:;<=>?@[\\]^`{|}"

// escapePercent leaves "%" before two upper-case hex digits alone, as FreeSWITCH does: the encoding cannot be undone exactly.
func escapePercent(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		encoded := c == '%' && i+2 < len(s) && upperHex(s[i+1]) && upperHex(s[i+2])
		if !encoded && (c < ' ' || c > '~' || strings.IndexByte(unsafe, c) >= 0) {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func upperHex(c byte) bool { return '0' <= c && c <= '9' || 'A' <= c && c <= 'F' }

func (e Event) json() string {
	var fields []string
	for _, h := range e.Headers {
		value := quoteJSON(h.Value)
		if h.Values != nil {
			var quoted []string
			for _, v := range h.Values {
				quoted = append(quoted, quoteJSON(v))
			}
			value = "[" + strings.Join(quoted, ",") + "]"
		}
		fields = append(fields, quoteJSON(h.Name)+":"+value)
	}
	if e.Body != "" {
		fields = append(fields, fmt.Sprintf(`"Content-Length":"%d"`, len(e.Body)), `"_body":`+quoteJSON(e.Body))
	}
	return "{" + strings.Join(fields, ",") + "}"
}

// quoteJSON escapes what JSON demands and sends every other byte as it is, whether it is UTF-8 or not.
func quoteJSON(s string) string {
	b := []byte{'"'}
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case strings.IndexByte("\b\f\n\r\t", c) >= 0:
			b = append(b, '\\', "bfnrt"[strings.IndexByte("\b\f\n\r\t", c)])
		case c < ' ':
			b = fmt.Appendf(b, `\u%04x`, c)
		default:
			b = append(b, c)
		}
	}
	return string(append(b, '"'))
}

// base are the headers every event begins with.
func (s *Switch) base(name, file, function, line string) Event {
	now, sequence := s.stamp()
	return Event{Headers: []Header{
		{Name: "Event-Name", Value: name},
		{Name: "Core-UUID", Value: s.CoreUUID()},
		{Name: "FreeSWITCH-Hostname", Value: s.o.Hostname},
		{Name: "FreeSWITCH-Switchname", Value: s.o.Switchname},
		{Name: "FreeSWITCH-IPv4", Value: s.o.IPv4},
		{Name: "FreeSWITCH-IPv6", Value: s.o.IPv6},
		{Name: "Event-Date-Local", Value: now.Format(time.DateTime)},
		{Name: "Event-Date-GMT", Value: now.Format("Mon, 02 Jan 2006 15:04:05 GMT")},
		{Name: "Event-Date-Timestamp", Value: fmt.Sprint(now.UnixMicro())},
		{Name: "Event-Calling-File", Value: file},
		{Name: "Event-Calling-Function", Value: function},
		{Name: "Event-Calling-Line-Number", Value: line},
		{Name: "Event-Sequence", Value: fmt.Sprint(sequence)},
	}}
}
