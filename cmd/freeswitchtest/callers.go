package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"switchgram/bridge"
	"switchgram/tgcall"
)

// handed has a call, which FreeSWITCH has parked, go on with its script.
func (w *world) handed(ctx context.Context, channel string) error {
	return w.fs.send(ctx, channel, "socket:"+w.program.ScriptSocket()+" async full")
}

// menuByScript has the menu on our side, and what a key leads to in FreeSWITCH.
func menuByScript(ctx context.Context, w *world) (string, error) {
	if err := w.fs.needs(ctx, "mod_conference"); err != nil {
		return "", err
	}
	err := w.scripted(ctx, `{"answer": "200 OK"},
		{"tag": "menu", "limit": {"max": 4, "failover": "bye"}, "playback": {"type": "tone", "name": "L=100;%(500,0,1400)",
			"getDigits": {"setVar": "key", "min": 1, "max": 1, "timeout": 20000, "regexp": "^[129]$"}}},
		{"switch": {"variable": "${key}", "case": {"1": [{"hangup": "USER_BUSY"}], "2": [{"conference": {"name": "`+scriptRoom+`", "profile": "default"}}], "default": [{"goto": "menu"}]}}},
		{"tag": "bye", "hangup": "NORMAL_CLEARING"}`)
	if err != nil {
		return "", err
	}
	tg, err := w.ann.phone.Dial(ctx, "@line_udp")
	if err != nil {
		return "", err
	}
	c := &call{w: w, telegram: w.ann.party(tg)}
	if err := c.telegram.Hears(ctx, 1400); err != nil {
		return "", wrapf(err, "the menu")
	}
	if c.uuid, err = w.parked(ctx, func() error { return w.writes(ctx, "udp", "2") }); err != nil {
		return "", err
	}
	if err := w.handed(ctx, c.uuid); err != nil {
		return "", err
	}
	saw, err := w.conferred(ctx, c, scriptRoom)
	return "menu, key, " + saw, err
}

// quietlyEnded waits for the word about a script whose caller has left it in FreeSWITCH: the step that ran then says so.
func (w *world) quietlyEnded(ctx context.Context) error {
	e, err := w.event(ctx, bridge.ScriptEnded)
	if err == nil && !e.Scripted.Switch {
		err = errors.New("the script never was in FreeSWITCH")
	}
	return err
}

// queueing has Ann wait in the queue by a script, with these steps in the queue and after it.
func (w *world) queueing(ctx context.Context, in, after string) (*call, error) {
	if err := w.queued(ctx); err != nil {
		return nil, err
	}
	if err := w.scripted(ctx, `{"answer": ""}, {"queue": {"name": "`+queue+`", "ringtone": "silence_stream://-1", `+in+`}}, `+after); err != nil {
		return nil, err
	}
	return w.parkedForScript(ctx)
}

func queueByScript(ctx context.Context, w *world) (string, error) {
	c, err := w.queueing(ctx, `"waiting": [{"ccPosition": {"var": "place"}}], "bridged": [{"setVar": "taken=yes"}],
		"timers": [{"interval": 1, "tries": 1, "actions": [{"playback": {"type": "tone", "name": "L=3;%(1000,0,1400)"}}]}]`, `{"hangup": "USER_BUSY"}`)
	if err != nil {
		return "", err
	}
	if err := c.telegram.Hears(ctx, 1400); err != nil {
		return "", wrapf(err, "by the timer")
	}
	if err := w.tells(ctx, c.uuid, map[string]string{"place": "1"}); err != nil {
		return "", err
	}
	saw, err := c.served(ctx)
	if err != nil {
		return "", err
	}
	return "timer, place 1, agent; " + saw, w.quietlyEnded(ctx)
}

// served is talked, of a call that waits in the queue, with the only agent there.
func (c *call) served(ctx context.Context) (string, error) {
	undo, err := c.w.agent(ctx, c.w.line(opusPhone))
	defer undo()
	if err != nil {
		return "", err
	}
	if c.other, err = c.w.phones[opusPhone].answered(ctx); err != nil {
		return "", err
	}
	return c.talked(ctx)
}

func leaveByScript(ctx context.Context, w *world) (string, error) {
	c, err := w.queueing(ctx, `"timers": [{"interval": 2, "actions": [{"cancelQueue": {}}]}]`, `{"setVar": "went=${cc_result}"}, {"playback": {"type": "tone", "name": "L=20;%(1000,0,1400)"}}, {"hangup": "USER_BUSY"}`)
	if err != nil {
		return "", err
	}
	if err := c.telegram.Hears(ctx, 1400); err != nil {
		return "", wrapf(err, "after the queue")
	}
	if err := w.tells(ctx, c.uuid, map[string]string{"went": "cancel"}); err != nil {
		return "", err
	}
	if _, err := c.end(ctx); err != nil {
		return "", err
	}
	return "left after 2 s, cancel", w.quietlyEnded(ctx)
}

// amdByScript has somebody on Telegram speak without end, as machines do.
func amdByScript(ctx context.Context, w *world) (string, error) {
	if err := w.fs.needs(ctx, "mod_amd"); err != nil {
		return "", err
	}
	if err := w.scripted(ctx, `{"answer": ""}, {"amd": {"totalAnalysisTime": 4000}}, {"setVar": ["result=${amd_result}", "why=${amd_cause}"]}, {"sleep": 20000}, {"hangup": "USER_BUSY"}`); err != nil {
		return "", err
	}
	c, err := w.parkedForScript(ctx)
	if err != nil {
		return "", err
	}
	if err := w.tells(ctx, c.uuid, map[string]string{"result": "MACHINE", "why": "*"}); err != nil {
		return "", err
	}
	why, err := w.fs.variable(ctx, c.uuid, "why")
	if err != nil {
		return "", err
	}
	if _, err := c.end(ctx); err != nil {
		return "", err
	}
	return "MACHINE, " + why, w.quietlyEnded(ctx)
}

// unansweredByScript has FreeSWITCH call where nobody says a word.
func unansweredByScript(ctx context.Context, w *world) (string, error) {
	silent, err := net.ListenPacket("udp", net.JoinHostPort(w.ours.String(), "0"))
	if err != nil {
		return "", err
	}
	defer silent.Close()
	if err := w.scripted(ctx, fmt.Sprintf(`{"bridge": {"global": {"call_timeout": 3}, "endpoints": [{"type": "sipUri", "profile": %q, "dialString": "nobody", "host": %q}]}},
		{"hangup": "NO_ANSWER"}`, w.o.profile, silent.LocalAddr())); err != nil {
		return "", err
	}
	c, err := w.parkedForScript(ctx)
	if err != nil {
		return "", err
	}
	if err := c.telegram.wantDiscarded(ctx, tgcall.Missed); err != nil {
		return "", err
	}
	missed, err := w.event(ctx, bridge.CallMissed)
	if err != nil {
		return "", err
	}
	o, err := w.outcome(ctx)
	if err == nil && (o.Cause != bridge.NoAnswer || o.Times.Answered()) {
		err = fmt.Errorf("ended with %s, answered %v", o.Cause, o.Times.Connected)
	}
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s, %s; Telegram: missed", missed.Kind, o.Cause), w.quietlyEnded(ctx)
}

// hungUpByScript has Ann leave while FreeSWITCH plays to her.
func hungUpByScript(ctx context.Context, w *world) (string, error) {
	if err := w.scripted(ctx, `{"answer": ""}, {"playback": {"type": "say", "name": "1", "lang": "en", "method": "pronounced"}}, {"playback": {"type": "tone", "name": "L=100;%(500,0,1400)"}}, {"hangup": "USER_BUSY"}`); err != nil {
		return "", err
	}
	c, err := w.parkedForScript(ctx)
	if err != nil {
		return "", err
	}
	if err := c.telegram.Hears(ctx, 1400); err != nil {
		return "", wrapf(err, "in FreeSWITCH")
	}
	pause(ctx, time.Second)
	if err := c.telegram.hangup(ctx); err != nil {
		return "", err
	}
	e, err := w.event(ctx, bridge.CallEnded)
	if err != nil {
		return "", err
	}
	if r := e.Report(); e.Outcome.Cause != bridge.NormalClearing || r.EndedBy != "caller" {
		return "", fmt.Errorf("ended with %s by %s", e.Outcome.Cause, r.EndedBy)
	}
	return "NORMAL_CLEARING by caller", w.quietlyEnded(ctx)
}
