package esl

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// sender is what Commands need of a connection.
type sender interface {
	Send(ctx context.Context, cmd Command) (Reply, error)
	job(ctx context.Context, line string) (string, error)
}

// Commands are what a Conn, a Client and a Session can ask of FreeSWITCH. Foreign text in arguments is made safe; identifiers that are not one
// safe word are refused with ErrUnsafe. A refusal by FreeSWITCH is a *ReplyError.
type Commands struct{ sender sender }

// API runs one of FreeSWITCH's console commands and returns what it printed. FreeSWITCH does nothing else on this connection meanwhile, so it
// is for quick ones; Job is for the others. The line is sent as it is: foreign text belongs in Argument.
func (c Commands) API(ctx context.Context, line string) (string, error) {
	r, err := c.sender.Send(ctx, Command{Line: "api " + line})
	return r.Text, err
}

// Job runs a console command in the background and waits for what it printed. When the context ends first, FreeSWITCH goes on with it.
func (c Commands) Job(ctx context.Context, line string) (string, error) {
	return c.sender.job(ctx, line)
}

// SendEvent puts an event on FreeSWITCH's bus, such as "CUSTOM" with a field Event-Subclass. Values go through Text.
func (c Commands) SendEvent(ctx context.Context, name string, fields []Field, body string) error {
	if _, err := Word(name); err != nil {
		return fmt.Errorf("sendevent: %w", err)
	}
	cmd := Command{Line: "sendevent " + name, Body: body}
	for _, f := range fields {
		cmd.Fields = append(cmd.Fields, Field{f.Name, Text(f.Value)})
	}
	_, err := c.sender.Send(ctx, cmd)
	return err
}

// api runs a command whose arguments must be single words.
func (c Commands) api(ctx context.Context, args ...string) (string, error) {
	line, err := words(args...)
	if err != nil {
		return "", fmt.Errorf("%s: %w", args[0], err)
	}
	return c.API(ctx, line)
}

// Exists reports whether there is such a channel.
func (c Commands) Exists(ctx context.Context, uuid string) (bool, error) {
	answer, err := c.api(ctx, "uuid_exists", uuid)
	return strings.TrimSpace(answer) == "true", err
}

// Dump returns everything FreeSWITCH knows of a channel, as a CHANNEL_DATA event.
func (c Commands) Dump(ctx context.Context, uuid string) (*Event, error) {
	answer, err := c.api(ctx, "uuid_dump", uuid, "json")
	if err != nil {
		return nil, err
	}
	return parseJSON(strings.TrimSpace(answer))
}

// Kill ends a channel. An empty cause is NORMAL_CLEARING.
func (c Commands) Kill(ctx context.Context, uuid string, cause Cause) error {
	if cause == "" {
		cause = NormalClearing
	}
	_, err := c.api(ctx, "uuid_kill", uuid, string(cause))
	return err
}

// Bridge joins two channels.
func (c Commands) Bridge(ctx context.Context, uuid, other string) error {
	_, err := c.api(ctx, "uuid_bridge", uuid, other)
	return err
}

// Transfer says where to send a channel.
type Transfer struct {
	Extension string
	Dialplan  string // "XML" if empty
	Context   string // the channel's own if empty
	Leg       Leg    // the channel itself if empty
}

// Leg is which of two bridged channels a command is about.
type Leg string

// The legs: the channel named, the one it is bridged with, both.
const (
	ALeg Leg = "aleg"
	BLeg Leg = "bleg"
	Both Leg = "both"
)

// Transfer sends a channel to an extension of the dialplan.
func (c Commands) Transfer(ctx context.Context, uuid string, to Transfer) error {
	args := []string{"uuid_transfer", uuid}
	if to.Leg == BLeg || to.Leg == Both {
		args = append(args, "-"+string(to.Leg))
	}
	args = append(args, to.Extension)
	if to.Dialplan != "" || to.Context != "" {
		args = append(args, cmp.Or(to.Dialplan, "XML"))
	}
	if to.Context != "" {
		args = append(args, to.Context)
	}
	_, err := c.api(ctx, args...)
	return err
}

// Broadcast plays a sound, or runs an application written "app::argument", on a channel.
func (c Commands) Broadcast(ctx context.Context, uuid, what string, leg Leg) error {
	line, err := words("uuid_broadcast", uuid)
	if err != nil {
		return err
	}
	_, err = c.API(ctx, line+" "+argument(what)+" "+string(cmp.Or(string(leg), string(ALeg))))
	return err
}

// SendDTMF sends digits, 0-9 A-D * # and w or W for a pause of a half or a whole second, from the channel to its far end. Each lasts that long;
// 0 is FreeSWITCH's usual.
func (c Commands) SendDTMF(ctx context.Context, uuid, digits string, each time.Duration) error {
	if digits == "" || strings.Trim(digits, "0123456789ABCDabcdwW*#") != "" {
		return fmt.Errorf("uuid_send_dtmf: digits %.40q: %w", digits, ErrUnsafe)
	}
	if each > 0 {
		digits += "@" + strconv.FormatInt(each.Milliseconds(), 10)
	}
	_, err := c.api(ctx, "uuid_send_dtmf", uuid, digits)
	return err
}

// SetVariable sets a variable of a channel; an empty value takes it away. The value goes through Text.
func (c Commands) SetVariable(ctx context.Context, uuid, name, value string) error {
	line, err := words("uuid_setvar", uuid, name)
	if err != nil {
		return err
	}
	_, err = c.API(ctx, line+" "+Argument(value))
	return err
}

// mostVariables is how many FreeSWITCH sets by one command.
const mostVariables = 64

// SetVariables sets variables of a channel, up to 64 by one command; an empty value takes its variable away. Values go through Text.
func (c Commands) SetVariables(ctx context.Context, uuid string, v map[string]string) error {
	if len(v) > mostVariables {
		return fmt.Errorf("uuid_setvar_multi: %d variables: %w", len(v), ErrUnsafe)
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(v)) {
		if !isVariable(name) {
			return fmt.Errorf("uuid_setvar_multi: variable %.40q: %w", name, ErrUnsafe)
		}
		all = append(all, name+"="+strings.ReplaceAll(hideBlanks(unsplit(Text(v[name]))), ";", `\;`))
	}
	line, err := words("uuid_setvar_multi", uuid)
	if err != nil || len(all) == 0 {
		return err
	}
	_, err = c.API(ctx, line+" "+strings.Join(all, ";"))
	return err
}

// Channel is a row of "show channels".
type Channel struct {
	UUID        string `json:"uuid"`
	CallUUID    string `json:"call_uuid"` // shared by the two channels of a call
	Direction   string `json:"direction"` // "inbound" or "outbound", as FreeSWITCH sees it
	Name        string `json:"name"`
	State       string `json:"state"`     // such as "CS_EXECUTE"
	CallState   string `json:"callstate"` // such as "ACTIVE"
	CallerName  string `json:"cid_name"`
	Caller      string `json:"cid_num"`
	Destination string `json:"dest"`
	Application string `json:"application"`
	Context     string `json:"context"`
}

// Channels lists the channels of FreeSWITCH. The list lags behind the truth by some 100 ms; Exists and Dump do not.
func (c Commands) Channels(ctx context.Context) ([]Channel, error) {
	answer, err := c.API(ctx, "show channels as json")
	if err != nil {
		return nil, err
	}
	var table struct{ Rows []Channel } // no rows without channels
	if err := json.Unmarshal([]byte(answer), &table); err != nil {
		return nil, fmt.Errorf("show channels: %w", err)
	}
	return table.Rows, nil
}
