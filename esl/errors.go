package esl

import (
	"errors"
	"fmt"
	"strings"
)

var (
	// ErrAuth: FreeSWITCH refused the password. Trying again soon can get the address banned.
	ErrAuth = errors.New("esl: password refused")
	// ErrRejected: FreeSWITCH's access list does not let this address in.
	ErrRejected = errors.New("esl: address refused by FreeSWITCH's access list")
	// ErrProtocol: what came is not the event socket's protocol.
	ErrProtocol = errors.New("esl: protocol error")
	// ErrSilent: the peer said nothing for longer than Options.Silence, not even when asked.
	ErrSilent = errors.New("esl: peer is silent")
	// ErrDisconnected: the connection ended before what was asked was done. Whether FreeSWITCH has done it is unknown.
	ErrDisconnected = errors.New("esl: disconnected")
	// ErrDown: a Client has no connection at the moment; the command was not sent.
	ErrDown = errors.New("esl: not connected")
	// ErrClosed: the connection, watch or server was closed on this side.
	ErrClosed = errors.New("esl: closed")
	// ErrOverflow: a watch ended because nobody read its events.
	ErrOverflow = errors.New("esl: watch overflowed")
	// ErrUnsafe: a word of a command has characters in it that FreeSWITCH would take for something else.
	ErrUnsafe = errors.New("esl: unsafe characters")
)

// ReplyError is a refusal by FreeSWITCH: -ERR and a text, which for commands that make calls is the name of a cause.
type ReplyError struct {
	Command string // its first word, such as "originate"
	Text    string // what followed -ERR
}

// Error names the command and FreeSWITCH's words.
func (e *ReplyError) Error() string { return fmt.Sprintf("esl: %s: %s", e.Command, e.Text) }

// Cause returns the cause FreeSWITCH named, "" if its words are no cause.
func (e *ReplyError) Cause() Cause {
	if c := Cause(e.Text); c.Known() {
		return c
	}
	return ""
}

// Q850 returns the number of the cause FreeSWITCH named, 0 if it named none.
func (e *ReplyError) Q850() int { return e.Cause().Q850() }

// HangupError says that the channel ended before what was asked was done.
type HangupError struct {
	Cause Cause // "" if FreeSWITCH has not said
}

// Error says that the channel ended, and why.
func (e *HangupError) Error() string { return "esl: channel ended: " + string(e.Cause) }

// Q850 returns the number of the cause, 0 if there is none.
func (e *HangupError) Q850() int { return e.Cause.Q850() }

// refusal makes a ReplyError of FreeSWITCH's words, nil if they are none: "-ERR text", "-USAGE: syntax", each perhaps with a line end.
func refusal(command, text string) error {
	if !strings.HasPrefix(text, "-ERR") && !strings.HasPrefix(text, "-USAGE") {
		return nil
	}
	word, _, _ := strings.Cut(command, " ")
	return &ReplyError{Command: word, Text: strings.TrimSpace(strings.TrimPrefix(text, "-ERR"))}
}
