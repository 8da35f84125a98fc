package esl

import (
	"iter"
	"log/slog"
	"strconv"
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

	headers headers
	body    string
}

// Get returns the value of a header, "" if the event has no such header. A list is written as FreeSWITCH does: ARRAY::one|:two.
func (e *Event) Get(name string) string { return e.headers.get(name) }

// Lookup is Get that tells an empty value from a header that is not there.
func (e *Event) Lookup(name string) (value string, ok bool) { return e.headers.lookup(name) }

// Values returns the elements of a list, or the only value in a list of one; nil if the event has no such header.
func (e *Event) Values(name string) []string {
	p, ok := e.headers.find(name)
	if !ok {
		return nil
	}
	return p.values(e.headers.text)
}

// All yields the headers in the order of the wire, the ones that occur twice included.
func (e *Event) All() iter.Seq2[string, string] { return e.headers.each() }

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
