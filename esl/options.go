package esl

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"
)

// Options say how to talk to FreeSWITCH. The zero value, with a password, will do.
type Options struct {
	// Password of the event socket, or of User if there is one.
	Password string
	// User, as in "1000@example.org", logs in as a user of FreeSWITCH's directory, with what its esl-… parameters allow.
	User string
	// Plain asks for events in plain instead of JSON. Values with "%" in them are not exact then.
	Plain bool
	// Timeout is how long connecting and logging in may take, 10 s if 0.
	Timeout time.Duration
	// Silence is how long FreeSWITCH may say nothing before the connection is given up, 40 s if 0. At half that time it is asked for a sign of
	// life. While somebody waits for an "api" command, which stops everything else, silence is allowed.
	Silence time.Duration
	// Dialer replaces the dialer, for TLS or tests.
	Dialer func(ctx context.Context, network, address string) (net.Conn, error)
	// Log hears what is not an error for anybody; nil: nobody does.
	Log *slog.Logger
}

func (o Options) complete() (Options, error) {
	o.Timeout = cmp.Or(o.Timeout, 10*time.Second)
	o.Silence = cmp.Or(o.Silence, 40*time.Second)
	if o.Timeout < 0 || o.Silence < 0 {
		return o, errors.New("esl: negative time in options")
	}
	if !oneLine(o.Password) || strings.ContainsAny(o.User, ": \r\n\x00") {
		return o, fmt.Errorf("esl: user or password: %w", ErrUnsafe)
	}
	if o.Dialer == nil {
		o.Dialer = new(net.Dialer).DialContext
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o, nil
}

func (o Options) login() Command {
	if o.User != "" {
		return Command{Line: "userauth " + o.User + ":" + o.Password}
	}
	return Command{Line: "auth " + o.Password}
}

func (o Options) format() string {
	if o.Plain {
		return "plain"
	}
	return "json"
}
