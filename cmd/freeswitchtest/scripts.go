package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"switchgram/bridge"
)

// scripts are the rows about routing scripts that go on in FreeSWITCH.
func scripts() []row {
	return []row{
		{"a script moves its call to FreeSWITCH, into a conference", conferenceByScript},
		{"a script asks for keys, and plays, in FreeSWITCH", keysByScript},
		{"key 2 of a script's menu leads into a conference", menuByScript},
		{"a script's queue: timers, place, agent (mod_callcenter)", queueByScript},
		{"a script's caller leaves the queue (mod_callcenter)", leaveByScript},
		{"amd in a script (mod_amd)", amdByScript},
		{"nobody answers whom a script calls in FreeSWITCH", unansweredByScript},
		{"the caller of a script hangs up in FreeSWITCH", hungUpByScript},
		{"a script's originate: a telephone, then somebody on Telegram", originateByScript},
		{"a script may not dial a number from FreeSWITCH", tolledScript},
	}
}

// scripted has calls of the line udp take a route, until the row ends.
func (w *world) scripted(ctx context.Context, steps string) error {
	return w.route(ctx, "row", `{"name": "row", "context": "public", "destination_number": ["tg:udp"], "callflow": [`+steps+`]}`)
}

// route gives the bridge a route of that name, until the row ends.
func (w *world) route(ctx context.Context, name, script string) error {
	path := filepath.Join(w.routes, "row.json")
	if err := os.WriteFile(path, []byte(script), 0o600); err != nil {
		return err
	}
	w.perRow.add(func() {
		_ = os.Remove(path)
		_ = w.routed(context.WithoutCancel(ctx), name, false)
	})
	return w.routed(ctx, name, true)
}

// routed waits until the bridge has seen that there is a route of that name, or none any more.
func (w *world) routed(ctx context.Context, name string, wanted bool) error {
	ctx, cancel := context.WithTimeoutCause(ctx, tidyTime, errors.New("the bridge does not see its routes"))
	defer cancel()
	t := time.NewTicker(50 * time.Millisecond)
	defer t.Stop()
	for {
		if names, _, _ := w.program.Routes(); slices.Contains(names, name) == wanted {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-t.C:
		}
	}
}

// parkedForScript has Ann call, and FreeSWITCH hand the call that comes there to the bridge.
func (w *world) parkedForScript(ctx context.Context) (*call, error) {
	c, err := w.incoming(ctx, "udp")
	if err != nil {
		return nil, err
	}
	return c, w.fs.send(ctx, c.uuid, "socket:"+w.program.ScriptSocket()+" async full")
}

// scriptEnded says how the script went; a step that failed is an error.
func (w *world) scriptEnded(ctx context.Context) (string, error) {
	e, err := w.event(ctx, bridge.ScriptEnded)
	if err != nil {
		return "", err
	}
	var wrong []error
	for _, s := range e.Scripted.Steps {
		if s.Error != "" {
			wrong = append(wrong, fmt.Errorf("%s: %s", s.Step, s.Error))
		}
	}
	if !e.Scripted.Switch {
		wrong = append(wrong, errors.New("the script never was in FreeSWITCH"))
	}
	return fmt.Sprintf("%d steps", len(e.Scripted.Steps)), errors.Join(wrong...)
}

const scriptRoom = "switchgram-script"

func conferenceByScript(ctx context.Context, w *world) (string, error) {
	if err := w.fs.needs(ctx, "mod_conference"); err != nil {
		return "", err
	}
	err := w.scripted(ctx, `{"answer": ""}, {"setVar": {"crm": "${caller_id_name|upper}", "all:lead": "7"}}, {"conference": {"name": "`+scriptRoom+`"}},
		{"setVar": "after=${crm}"}, {"hangup": "USER_BUSY"}`)
	if err != nil {
		return "", err
	}
	c, err := w.parkedForScript(ctx)
	if err != nil {
		return "", err
	}
	room, err := w.roomOf(ctx, scriptRoom)
	if err != nil {
		return "", err
	}
	if crm, err := w.fs.variable(ctx, c.uuid, "crm"); err != nil || crm != "ANN AHLERS" {
		return "", fmt.Errorf("the channel's crm is %q: %w", crm, err)
	}
	if err := c.confer(ctx, room); err != nil {
		return "", err
	}
	if _, err := w.fs.API(ctx, "conference "+room+" kick all"); err != nil {
		return "", err
	}
	o, err := w.outcome(ctx)
	if err != nil {
		return "", err
	}
	saw, err := w.scriptEnded(ctx)
	return fmt.Sprintf("%s, variables, sound of the conference; ended with %s", saw, o.Cause), err
}

// confer lets the person on Telegram hear a tone of the conference.
func (c *call) confer(ctx context.Context, room string) error {
	const hz = 1300
	if _, err := c.w.fs.API(ctx, fmt.Sprintf("conference %s play tone_stream://%%(20000,0,%d)", room, hz)); err != nil {
		return err
	}
	return wrapf(c.telegram.Hears(ctx, hz), "in the conference")
}

// roomOf waits for somebody in a conference, whose name goes on with the domain.
func (w *world) roomOf(ctx context.Context, name string) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, eventTime, fmt.Errorf("nobody came into the conference %s", name))
	defer cancel()
	t := time.NewTicker(50 * time.Millisecond)
	defer t.Stop()
	for {
		list, err := w.fs.API(ctx, "conference list count")
		if err == nil {
			for word := range strings.FieldsSeq(list) {
				if strings.HasPrefix(word, name) {
					return word, nil
				}
			}
		}
		select {
		case <-ctx.Done():
			return "", errors.Join(context.Cause(ctx), err)
		case <-t.C:
		}
	}
}

func keysByScript(ctx context.Context, w *world) (string, error) {
	err := w.scripted(ctx, `{"answer": ""}, {"playback": {"type": "say", "name": "1", "lang": "en", "method": "pronounced"}, "onError": "continue"},
		{"playback": {"type": "tone", "name": "L=100;%(500,0,1400)", "getDigits": {"setVar": "key", "max": 1, "timeout": 20000}}},
		{"bridge": {"endpoints": [{"type": "user", "name": "`+w.o.users[opusPhone]+`"}]}}, {"hangup": "NORMAL_CLEARING"}`)
	if err != nil {
		return "", err
	}
	c, err := w.parkedForScript(ctx)
	if err != nil {
		return "", err
	}
	if err := c.telegram.Hears(ctx, 1400); err != nil {
		return "", wrapf(err, "the prompt")
	}
	if _, err := w.fs.API(ctx, "uuid_recv_dtmf "+c.uuid+" 5"); err != nil {
		return "", err
	}
	if c.other, err = w.phones[opusPhone].answered(ctx); err != nil {
		return "", err
	}
	saw, err := c.talked(ctx)
	if err != nil {
		return "", err
	}
	if key, _ := w.event(ctx, bridge.ScriptEnded); key.Scripted == nil || !key.Scripted.Switch {
		err = errors.New("the script never was in FreeSWITCH")
	}
	return "key, " + saw, err
}
