package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"switchgram/esl"
)

// steering are the rows about what the bridge and FreeSWITCH tell each other by the event socket.
func steering() []row {
	return []row{
		{"variables tg_… of a call from Telegram", variablesIn},
		{"variables tg_… of a call to Telegram", variablesOut},
		{"switchgram::call on FreeSWITCH's bus, with quality", announced},
		{"a line loses Telegram: line.down, line.up on FreeSWITCH's bus", unplugged},
	}
}

// tells waits until the channel has these variables; "*" is any value.
func (w *world) tells(ctx context.Context, channel string, want map[string]string) error {
	ctx, cancel := context.WithTimeout(ctx, eventTime)
	defer cancel()
	for {
		var wrong []string
		for name, value := range want {
			is, err := w.fs.variable(ctx, channel, name)
			if err != nil {
				return err
			}
			if is != value && (value != "*" || is == "") {
				wrong = append(wrong, fmt.Sprintf("%s is %q, not %q", name, is, value))
			}
		}
		if len(wrong) == 0 {
			return nil
		}
		if pause(ctx, lookEvery); ctx.Err() != nil {
			return errors.New(strings.Join(wrong, "; "))
		}
	}
}

// ofAnn are the variables of a call with Ann by the line "udp".
func (w *world) ofAnn() map[string]string {
	return map[string]string{"tg_username": "ann", "tg_id": fmt.Sprint(w.ann.user.ID()), "tg_name": "Ann Ahlers", "tg_line": "udp", "tg_call_id": "*"}
}

func variablesIn(ctx context.Context, w *world) (string, error) {
	c, err := w.incoming(ctx, "udp")
	if err != nil {
		return "", err
	}
	if err := w.tells(ctx, c.uuid, w.ofAnn()); err != nil {
		return "", fmt.Errorf("before the answer: %w", err)
	}
	if err := w.fs.send(ctx, c.uuid, "answer", "echo"); err != nil {
		return "", err
	}
	return w.versionThen(ctx, c)
}

func variablesOut(ctx context.Context, w *world) (string, error) {
	channel := uuid.NewString()
	if err := w.fs.originate(ctx, "{sip_h_X-TG-Dial=@ann,origination_uuid="+channel+"}"+w.line(lineUDP), "echo"); err != nil {
		return "", err
	}
	tg, err := w.ann.answered(ctx)
	if err != nil {
		return "", err
	}
	if err := w.tells(ctx, channel, w.ofAnn()); err != nil {
		return "", err
	}
	return w.versionThen(ctx, &call{w: w, telegram: tg, uuid: channel})
}

// versionThen looks for what is known from the answer on, and ends the call.
func (w *world) versionThen(ctx context.Context, c *call) (string, error) {
	if err := w.tells(ctx, c.uuid, map[string]string{"tg_version": "*"}); err != nil {
		return "", fmt.Errorf("after the answer: %w", err)
	}
	if err := c.telegram.Hears(ctx, c.telegram.Hz); err != nil {
		return "", wrapf(err, "the person on Telegram")
	}
	path, err := c.end(ctx)
	return path + "; tg_username=ann, tg_name, tg_id, tg_line, tg_call_id, tg_version", err
}

// quality is how long a call has to last for something to be said of its quality.
const quality = 6 * time.Second

// announced follows a call on FreeSWITCH's bus.
func announced(ctx context.Context, w *world) (string, error) {
	bus := w.fs.Listen(func(e *esl.Event) bool { return e.Subclass() == "switchgram::call" })
	defer bus.Close()
	c, err := w.rung(ctx, "udp", opusPhone, w.phones[opusPhone])
	if err != nil {
		return "", err
	}
	if err := c.hear(ctx); err != nil {
		return "", err
	}
	pause(ctx, quality)
	if _, err := c.end(ctx); err != nil {
		return "", err
	}
	var seen []string
	for {
		e, err := w.nextOf(ctx, bus)
		if err != nil {
			return "", fmt.Errorf("after %s: %w", strings.Join(seen, ", "), err)
		}
		if len(seen) == 0 && e.Get("TG-Action") != "incoming" { // of the row before
			continue
		}
		seen = append(seen, e.Get("TG-Action"))
		if e.Get("TG-Action") == "ended" {
			return strings.Join(seen, ", ") + "; MOS " + e.Get("TG-Caller-Hears-MOS"), c.complete(seen, e)
		}
	}
}

// complete finds what the bus was not told of a call.
func (c *call) complete(seen []string, ended *esl.Event) error {
	all := strings.Join(seen, " ")
	for _, want := range []string{"incoming", "accepted", "answered"} {
		if !strings.Contains(all, want) {
			return fmt.Errorf("nothing of %q among %s", want, all)
		}
	}
	for name, want := range map[string]string{
		"TG-Cause": "NORMAL_CLEARING", "TG-Cause-Q850": "16", "TG-Channel": c.uuid, "TG-Path": "relay opus", "TG-Username": "ann", "TG-Line": "udp",
	} {
		if is := ended.Get(name); is != want {
			return fmt.Errorf("%s is %q at the end, not %q", name, is, want)
		}
	}
	if ended.Get("TG-Caller-Hears-MOS") == "" {
		return errors.New("the end says nothing of quality")
	}
	return nil
}

// unplugged takes Telegram away from a line, and gives it back.
func unplugged(ctx context.Context, w *world) (string, error) {
	const line = "tcp"
	bus := w.fs.Listen(func(e *esl.Event) bool {
		return strings.HasPrefix(e.Get("TG-Action"), "line.") && e.Get("TG-Line") == line
	})
	defer bus.Close()
	plugIn := w.net.Unplug(w.accounts[line])
	defer plugIn()
	down, err := w.nextOf(ctx, bus)
	if err != nil {
		return "", err
	}
	plugIn()
	up, err := w.nextOf(ctx, bus)
	if err != nil {
		return "", fmt.Errorf("after line.down: %w", err)
	}
	saw := fmt.Sprintf("%s: %s %s; %s", down.Get("TG-Action"), down.Get("TG-Side"), down.Get("TG-State"), up.Get("TG-Action"))
	if saw != "line.down: telegram down; line.up" || down.Get("TG-Call") != "" {
		return "", errors.New(saw)
	}
	return saw, nil
}

func (w *world) nextOf(ctx context.Context, bus *esl.Watch) (*esl.Event, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, eventTime, errors.New("no event"))
	defer cancel()
	return bus.Next(ctx)
}
