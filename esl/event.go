package esl

import (
	"iter"
	"log/slog"
	"strconv"
	"strings"
	"time"
)

// Event is one event of FreeSWITCH: headers, and sometimes a body. It is never changed once it is made.
//
// Names of headers are compared without regard to case. A name that occurs twice (FreeSWITCH sends Hangup-Cause so) means its first value.
//
// Values of JSON events are exact. Values of plain events are as good as FreeSWITCH sends them: it leaves a "%" followed by two upper-case hex
// digits as it is, so a value with "50%20off" in it arrives here as "50 off".
type Event struct {
	// Resync is set on the events a [Client] makes after a gap; nil on FreeSWITCH's own.
	Resync *Resync

	headers []header
	body    string
}

// header is a name and a value as it came over the wire; decoding waits until somebody asks.
type header struct {
	name, raw string
	encoding  encoding
}

const (
	usualHeaders = 512    // for more, the list has to grow
	mostHeaders  = 10_000 // an event with more is refused
)

type encoding uint8

const (
	verbatim encoding = iota
	percent           // plain events
	escaped           // a JSON string that has a backslash in it
	array             // a JSON array, with its brackets
)

func (h header) value() string {
	switch h.encoding {
	case percent:
		return unescapePercent(h.raw)
	case escaped:
		return unescapeJSON(h.raw)
	case array:
		return arrayPrefix + strings.Join(jsonElements(h.raw), arraySeparator)
	default:
		return h.raw
	}
}

// How FreeSWITCH writes a list of values in one: ARRAY::one|:two.
const (
	arrayPrefix    = "ARRAY::"
	arraySeparator = "|:"
)

func (h header) values() []string {
	if h.encoding == array {
		return jsonElements(h.raw)
	}
	v := h.value()
	if list, ok := strings.CutPrefix(v, arrayPrefix); ok {
		return strings.Split(list, arraySeparator)
	}
	return []string{v}
}

// find returns the first header of that name, nil if there is none.
func (e *Event) find(name string) *header {
	for i := range e.headers {
		if h := &e.headers[i]; len(h.name) == len(name) && (h.name == name || strings.EqualFold(h.name, name)) {
			return h
		}
	}
	return nil
}

// Get returns the value of a header, "" if the event has no such header. A list is written as FreeSWITCH does: ARRAY::one|:two.
func (e *Event) Get(name string) string {
	v, _ := e.Lookup(name)
	return v
}

// Lookup is Get that tells an empty value from a header that is not there.
func (e *Event) Lookup(name string) (value string, ok bool) {
	h := e.find(name)
	if h == nil {
		return "", false
	}
	return h.value(), true
}

// Values returns the elements of a list, or the only value in a list of one; nil if the event has no such header.
func (e *Event) Values(name string) []string {
	h := e.find(name)
	if h == nil {
		return nil
	}
	return h.values()
}

// All yields the headers in the order of the wire, the ones that occur twice included.
func (e *Event) All() iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		for _, h := range e.headers {
			if !yield(h.name, h.value()) {
				return
			}
		}
	}
}

// Body returns the event's body, "" if it has none.
func (e *Event) Body() string { return e.body }

// Name returns Event-Name, such as "CHANNEL_ANSWER".
func (e *Event) Name() string { return e.Get("Event-Name") }

// Subclass returns Event-Subclass, such as "sofia::register", of a CUSTOM event.
func (e *Event) Subclass() string { return e.Get("Event-Subclass") }

// UUID returns the channel the event is about, "" if it is about none.
func (e *Event) UUID() string { return e.Get("Unique-ID") }

// Variable returns a channel variable. Many events carry none: CHANNEL_STATE, CHANNEL_CALLSTATE and DTMF do not.
func (e *Event) Variable(name string) string { return e.Get("variable_" + name) }

// Cause returns why the channel ended, "" if the event does not say.
func (e *Event) Cause() Cause { return Cause(e.Get("Hangup-Cause")) }

// Time returns a header that counts microseconds since 1970, such as Event-Date-Timestamp or Caller-Channel-Answered-Time. The zero time means
// never, which FreeSWITCH writes as 0, or not a number.
func (e *Event) Time(name string) time.Time {
	us, err := strconv.ParseInt(e.Get(name), 10, 64)
	if err != nil || us <= 0 {
		return time.Time{}
	}
	return time.UnixMicro(us)
}

// LogValue names the event and its channel. The rest may be anything, so it stays out of logs.
func (e *Event) LogValue() slog.Value {
	return slog.GroupValue(slog.String("name", e.Name()), slog.String("uuid", e.UUID()))
}
