package signal

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Message is one message of the signalling or of the data channel: InitialSetup, NegotiateChannels, Candidates or MediaState.
type Message interface {
	// name is the message's @type.
	name() string
	// wire is the message as json.Marshal shall write it, with no nil slice or map in it: Telegram's engine drops a message
	// in which it finds null.
	wire() any
}

// parsers by @type.
var parsers = map[string]func(*object) Message{
	InitialSetup{}.name():      parseInitialSetup,
	NegotiateChannels{}.name(): parseNegotiateChannels,
	Candidates{}.name():        parseCandidates,
	MediaState{}.name():        parseMediaState,
}

// Parse reads one message, as strictly as Telegram's engine does: a required field that is missing, or any known field of the
// wrong type, spoils the whole message. Unknown fields are ignored. The error is *InvalidError, or *UnknownError for a @type
// that is not ours, which is to be ignored.
func Parse(text []byte) (Message, error) {
	o, err := parseObject(text)
	if err != nil {
		return nil, err
	}
	o.message = o.text("@type")
	if o.err() != nil {
		return nil, o.err()
	}
	parse, ok := parsers[o.message]
	if !ok {
		return nil, &UnknownError{Type: o.message}
	}
	m := parse(o)
	if o.err() != nil {
		return nil, o.err()
	}
	return m, nil
}

// Encode writes a message as JSON, its keys in Telegram's (alphabetical) order.
func Encode(m Message) []byte {
	text, err := json.Marshal(m.wire())
	if err != nil {
		panic(err) // plain structs of strings and numbers
	}
	return text
}

// UnknownError says that a message is of a type this package does not speak.
type UnknownError struct {
	Type string // as received: hostile text
}

// Error names the type.
func (e *UnknownError) Error() string {
	return fmt.Sprintf("signalling: unknown message type %q", shorten(e.Type))
}

// WrongVersion reports whether the message belongs to the engines that exchange SDP (10.0.0, 11.0.0): then the two sides do not
// agree on the call's version, and waiting will not help.
func (e *UnknownError) WrongVersion() bool {
	switch e.Type {
	case "offer", "answer", "candidate":
		return true
	}
	return false
}

// InvalidError says why a message was not understood.
type InvalidError struct {
	Message string // its @type, if that could be read
	Field   string // "contents[0].ssrc"; empty: the message as a whole
	Problem string // "missing", "want string"
}

// Error names message, field and problem.
func (e *InvalidError) Error() string {
	var b strings.Builder
	b.WriteString("signalling: ")
	if e.Message != "" {
		fmt.Fprintf(&b, "%s: ", shorten(e.Message))
	}
	if e.Field != "" {
		fmt.Fprintf(&b, "%s: ", e.Field)
	}
	b.WriteString(e.Problem)
	return b.String()
}

// shorten keeps hostile text out of logs beyond a glance.
func shorten(s string) string {
	const most = 40
	if len(s) <= most {
		return s
	}
	return s[:most] + "…"
}
