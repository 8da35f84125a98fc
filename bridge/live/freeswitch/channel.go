// Package freeswitch makes a route.Channel of a channel that FreeSWITCH has handed to us over its outbound event socket ("socket 127.0.0.1:8084
// async full" in the dialplan): what a script wants becomes FreeSWITCH's applications.
//
// The main type is Channel. It starts nothing and lives as long as its esl.Session.
package freeswitch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/route"
	"switchgram/esl"
)

// Options say what FreeSWITCH does not know. The zero value is usable.
type Options struct {
	ID         string // of the call, if it was ours before; empty: the channel's UUID
	Domain     string // of users, conferences and queues; empty: FreeSWITCH's own
	Recordings string // folder on FreeSWITCH's machine; empty: its recordings_dir

	// Sound is the path of a file that a script names, as FreeSWITCH can read it. Nil: the name is one of FreeSWITCH's own sounds.
	Sound func(name string) (path string, err error)

	// Met is told with whom the caller talks, whenever that begins: whom was dialled, or the name of a conference. Nil: nobody is told.
	Met func(who string)

	// Patience is how long FreeSWITCH may take for an application that takes no time, such as answer; for a command, half of it. 0: 10 s.
	Patience time.Duration

	// Telegram is how FreeSWITCH calls somebody on Telegram: the user of a line of ours, and what that is to dial. Nil: it cannot.
	Telegram func(peer string) (user, dial string, err error)
}

// Channel is a channel of FreeSWITCH's as a script drives it. Its methods are called by one goroutine at a time, except Variable, and
// all others while Wait has not returned.
type Channel struct {
	s *esl.Session
	o Options

	recording string // path; empty: none was begun

	mu       sync.Mutex
	latest   *esl.Event // the last that had all variables
	met      time.Time  // when the caller first talked with somebody; zero: never
	to       string     // with whom last
	joined   bool       // a conference, or an agent
	recorded string     // the last recording
	queue    string     // in which the caller waits; empty: none
}

var (
	_ route.Channel        = (*Channel)(nil)
	_ route.Ringer         = (*Channel)(nil)
	_ route.PreAnswerer    = (*Channel)(nil)
	_ route.Player         = (*Channel)(nil)
	_ route.Collector      = (*Channel)(nil)
	_ route.Flusher        = (*Channel)(nil)
	_ route.Connector      = (*Channel)(nil)
	_ route.Recorder       = (*Channel)(nil)
	_ route.MessageTaker   = (*Channel)(nil)
	_ route.Conferencer    = (*Channel)(nil)
	_ route.Queuer         = (*Channel)(nil)
	_ route.QueueMember    = (*Channel)(nil)
	_ route.VariableSetter = (*Channel)(nil)
	_ route.Executor       = (*Channel)(nil)
	_ route.Switchboard    = (*Channel)(nil)
)

// New makes a Channel of a session.
func New(s *esl.Session, o Options) *Channel {
	o.Patience = cmp.Or(o.Patience, 10*time.Second)
	return &Channel{s: s, o: o, latest: s.Data()}
}

// ID implements route.Channel.
func (c *Channel) ID() string {
	if c.o.ID != "" {
		return c.o.ID
	}
	return c.s.UUID()
}

// headers are where FreeSWITCH has what scripts know by other names than variables.
var headers = map[string]string{
	"uuid": "Unique-ID", "caller_id_name": "Caller-Caller-ID-Name", "caller_id_number": "Caller-Caller-ID-Number", "ani": "Caller-ANI",
	"aniii": "Caller-ANI-II", "destination_number": "Caller-Destination-Number", "context": "Caller-Context", "rdnis": "Caller-RDNIS",
	"network_addr": "Caller-Network-Addr", "channel_name": "Caller-Channel-Name", "username": "Caller-Username", "dialplan": "Caller-Dialplan",
	"source": "Caller-Source", "state": "Channel-State", "direction": "Call-Direction", "read_codec": "Channel-Read-Codec-Name",
	"read_rate": "Channel-Read-Codec-Rate", "write_codec": "Channel-Write-Codec-Name", "write_rate": "Channel-Write-Codec-Rate",
	"created_time": "Caller-Channel-Created-Time", "answered_time": "Caller-Channel-Answered-Time", "hangup_time": "Caller-Channel-Hangup-Time",
}

// Variable implements route.Channel.
func (c *Channel) Variable(name string) (string, bool) {
	e := c.event()
	switch name {
	case "call_id":
		return c.ID(), true
	case "call_source":
		return "freeswitch", true
	case "call_direction":
		return e.Get("Call-Direction"), true
	}
	if v, ok := e.Lookup("variable_" + name); ok {
		return v, true
	}
	if header, ok := headers[name]; ok {
		return e.Lookup(header)
	}
	return "", false
}

func (c *Channel) event() *esl.Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.latest
}

// know notes what an event shows of the channel.
func (c *Channel) know(e *esl.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e.UUID() == c.s.UUID() {
		c.latest = e
	}
}

// lasting are the applications that take their time.
var lasting = map[string]bool{
	"playback": true, "say": true, "play_and_get_digits": true, "bridge": true, "conference": true, "amd": true, "record": true, "valet_park": true,
	"pickup": true, "echo": true, "delay_echo": true, "sleep": true,
}

// errSlow is why a script does not wait for FreeSWITCH any longer: it hangs, and the call with it.
var errSlow = errors.New("FreeSWITCH does not answer")

// promptly bounds what FreeSWITCH takes no time for.
func promptly(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, d, errSlow)
}

// run runs an application to its end.
func (c *Channel) run(ctx context.Context, app, arg string) (*esl.Event, error) {
	if !lasting[app] {
		within, cancel := promptly(ctx, c.o.Patience)
		defer cancel()
		ctx = within
	}
	e, err := c.s.Execute(ctx, app, arg)
	if err != nil {
		return nil, hungUp(err)
	}
	c.know(e)
	return e, nil
}

// hungUp is an error in the bridge's words, if the channel has ended.
func hungUp(err error) error {
	var end *esl.HangupError
	if errors.As(err, &end) {
		return &bridge.EndedError{Cause: bridge.CauseOfQ850(end.Cause.Q850())}
	}
	return err
}

// Answer implements route.Channel.
func (c *Channel) Answer(ctx context.Context) error { return c.simple(ctx, "answer") }

// Ring implements route.Ringer.
func (c *Channel) Ring(ctx context.Context) error { return c.simple(ctx, "ring_ready") }

// PreAnswer implements route.PreAnswerer.
func (c *Channel) PreAnswer(ctx context.Context) error { return c.simple(ctx, "pre_answer") }

func (c *Channel) simple(ctx context.Context, app string) error {
	_, err := c.run(ctx, app, "")
	return err
}

// Hangup implements route.Channel.
func (c *Channel) Hangup(ctx context.Context, cause bridge.Cause) error {
	if cause == 0 {
		cause = bridge.NormalClearing
	}
	return c.s.Hangup(ctx, esl.Cause(cause.String()))
}

// HangupCall implements route.Switchboard: the call of a channel, by its UUID.
func (c *Channel) HangupCall(ctx context.Context, id string, cause bridge.Cause) error {
	return c.s.Kill(ctx, id, esl.Cause(cause.String()))
}

// Execute implements route.Executor.
func (c *Channel) Execute(ctx context.Context, application, argument string) error {
	if _, err := esl.Word(application); err != nil {
		return err
	}
	_, err := c.run(ctx, application, esl.AppText(argument))
	return err
}

// SetVariable implements route.VariableSetter.
func (c *Channel) SetVariable(ctx context.Context, name, value string, s route.Scope) (err error) {
	switch s {
	case route.Channelwide:
		err = c.assign(ctx, name, value)
	case route.Exported:
		err = c.export(ctx, "", name, value)
	case route.Inherited:
		err = c.export(ctx, "nolocal:", name, value)
	}
	return err
}

func (c *Channel) export(ctx context.Context, scope, name, value string) error {
	if _, err := esl.Number(name); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	_, err := c.run(ctx, "export", scope+name+"="+esl.AppText(value))
	return err
}

// UnsetVariable implements route.VariableSetter.
func (c *Channel) UnsetVariable(ctx context.Context, name string) error {
	return c.assign(ctx, name, "")
}

func (c *Channel) assign(ctx context.Context, name, value string) error {
	ctx, cancel := promptly(ctx, c.o.Patience/2)
	defer cancel()
	return c.s.SetVariable(ctx, c.s.UUID(), name, value)
}

// setAll sets several; an empty value takes one away.
func (c *Channel) setAll(ctx context.Context, all map[string]string) error {
	ctx, cancel := promptly(ctx, c.o.Patience/2)
	defer cancel()
	return c.s.SetVariables(ctx, c.s.UUID(), all)
}

// join puts words together that FreeSWITCH separates by a character, none of which may have it.
func join(separator string, all ...string) (string, error) {
	for _, word := range all {
		if _, err := esl.Number(word); err != nil {
			return "", err
		}
	}
	return strings.Join(all, separator), nil
}
