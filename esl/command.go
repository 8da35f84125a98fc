package esl

import (
	"fmt"
	"strconv"
	"strings"
)

// Command is what we send: a line, headers, a body. Neither line nor headers can hold a line break; a body can hold anything.
type Command struct {
	Line   string  // such as "api status"
	Fields []Field // in this order
	Body   string  // Content-Length is added
}

// Field is a header of a Command, and of an event that we send.
type Field struct{ Name, Value string }

// maxCommand is where FreeSWITCH stops reading a command.
const maxCommand = 10 << 20

// encode writes the command as FreeSWITCH reads it: it takes both \r and \n for the end of a line, and stops at NUL.
func (c Command) encode() ([]byte, error) {
	if c.Line == "" || !oneLine(c.Line) {
		return nil, fmt.Errorf("command %.40q: %w", c.Line, ErrUnsafe)
	}
	b := make([]byte, 0, len(c.Line)+len(c.Body)+64*(1+len(c.Fields)))
	b = append(b, c.Line...)
	for _, f := range c.Fields {
		if f.Name == "" || strings.ContainsAny(f.Name, ": ") || !oneLine(f.Name) || !oneLine(f.Value) {
			return nil, fmt.Errorf("%s: header %.40q: %w", c.verb(), f.Name, ErrUnsafe)
		}
		b = append(append(append(append(b, '\n'), f.Name...), ": "...), f.Value...)
	}
	if c.Body != "" {
		if strings.IndexByte(c.Body, 0) >= 0 {
			return nil, fmt.Errorf("%s: body with a NUL in it: %w", c.verb(), ErrUnsafe)
		}
		b = strconv.AppendInt(append(b, "\nContent-Length: "...), int64(len(c.Body)), 10)
	}
	b = append(append(b, "\n\n"...), c.Body...)
	if len(b) > maxCommand {
		return nil, fmt.Errorf("%s: %d bytes: %w", c.verb(), len(b), ErrUnsafe)
	}
	return b, nil
}

func oneLine(s string) bool { return !strings.ContainsAny(s, "\r\n\x00") }

// verb is what errors and logs call the command. Its arguments may be secret.
func (c Command) verb() string {
	verb, rest, _ := strings.Cut(c.Line, " ")
	if verb == "api" || verb == "bgapi" {
		verb, _, _ = strings.Cut(rest, " ")
	}
	return verb
}

func (c Command) isAPI() bool { return strings.HasPrefix(c.Line, "api ") }

// Reply is FreeSWITCH's answer to a Command.
type Reply struct {
	Text string // Reply-Text, such as "+OK accepted"; the whole answer of an "api" command
	head headers
}

// Get returns a header of the reply, "" if there is none.
func (r Reply) Get(name string) string { return r.head.get(name) }

func (f *frame) reply() Reply {
	r := Reply{Text: f.get("Reply-Text"), head: f.head}
	if f.get("Content-Type") == "api/response" {
		r.Text = f.body
	}
	return r
}
