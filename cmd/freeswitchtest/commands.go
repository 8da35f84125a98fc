package main

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"switchgram/bridge"
	"switchgram/esl"
	"switchgram/tgcall"
)

// commands are the rows about what the bridge is told by FreeSWITCH's bus.
func commands() []row {
	return []row{
		{"switchgram::command: dial", dialCommand},
		{"switchgram::command: hangup with USER_BUSY", hangupCommand},
		{"switchgram::command: transfer to an extension", transferCommand},
		{"switchgram::command: transfer to somebody on Telegram", transferToBob},
		{"switchgram::command: join, to talk", joinCommand},
		{"switchgram::command that is not allowed", refusedCommand},
	}
}

// command sends the bridge a command over FreeSWITCH's bus and returns its answer.
func (w *world) command(ctx context.Context, what string, fields ...esl.Field) (*esl.Event, error) {
	id := uuid.NewString()
	fields = append(fields, esl.Field{Name: "Event-Subclass", Value: "switchgram::command"}, esl.Field{Name: "TG-Command", Value: what}, esl.Field{Name: "TG-Command-ID", Value: id})
	return w.fs.await(ctx, "switchgram::answer", func(e *esl.Event) bool { return e.Get("TG-Command-ID") == id }, func() error {
		return w.fs.SendEvent(ctx, "CUSTOM", fields, "")
	})
}

// obeyed is a command that is not to be refused.
func (w *world) obeyed(ctx context.Context, what string, fields ...esl.Field) error {
	e, err := w.command(ctx, what, fields...)
	if err == nil && e.Get("TG-Result") != "ok" {
		err = fmt.Errorf("%s was answered %s %s", what, e.Get("TG-Result"), e.Get("TG-Text"))
	}
	return err
}

// parked has something done and waits for the channel that FreeSWITCH then parks.
func (w *world) parked(ctx context.Context, do func() error) (channel string, err error) {
	e, err := w.fs.await(ctx, "CHANNEL_PARK", func(e *esl.Event) bool { return e.Get("Caller-Destination-Number") == parking }, do)
	if err != nil {
		return "", err
	}
	return e.UUID(), nil
}

func dialCommand(ctx context.Context, w *world) (string, error) {
	channel, err := w.parked(ctx, func() error {
		return w.obeyed(ctx, "dial", esl.Field{Name: "TG-Line", Value: "udp"}, esl.Field{Name: "TG-From", Value: "sip:" + parking}, esl.Field{Name: "TG-To", Value: "tg:@ann"})
	})
	if err != nil {
		return "", err
	}
	if err := w.fs.send(ctx, channel, "answer", "echo"); err != nil {
		return "", err
	}
	path, err := w.echoed(ctx)
	return path + "; hears the echo", err
}

func hangupCommand(ctx context.Context, w *world) (string, error) {
	c, err := w.phoned(ctx, opusPhone, w.line(lineUDP), dialAnn)
	if err != nil {
		return "", err
	}
	if err := c.hear(ctx); err != nil {
		return "", err
	}
	if err := w.obeyed(ctx, "hangup", esl.Field{Name: "TG-Channel", Value: c.uuid}, esl.Field{Name: "TG-Cause", Value: "USER_BUSY"}); err != nil {
		return "", err
	}
	if err := c.telegram.wantDiscarded(ctx, tgcall.Hangup); err != nil {
		return "", err
	}
	_, err = c.over(ctx, bridge.UserBusy)
	return "USER_BUSY; Telegram: hangup", err
}

func transferCommand(ctx context.Context, w *world) (string, error) {
	c, err := w.rung(ctx, "udp", opusPhone, w.phones[opusPhone])
	if err != nil {
		return "", err
	}
	if err := c.hear(ctx); err != nil {
		return "", err
	}
	channel, err := w.parked(ctx, func() error {
		return w.obeyed(ctx, "transfer", esl.Field{Name: "TG-Channel", Value: c.uuid}, esl.Field{Name: "TG-To", Value: "sip:" + parking})
	})
	if err != nil {
		return "", err
	}
	if channel != c.uuid {
		return "", fmt.Errorf("channel %s was parked, not %s", channel, c.uuid)
	}
	if err := w.fs.send(ctx, c.uuid, "bridge:"+w.line(sparePhone)); err != nil {
		return "", err
	}
	if c.other, err = w.phones[sparePhone].answered(ctx); err != nil {
		return "", err
	}
	return c.talked(ctx)
}

// transferToBob has Ann, who has called a telephone, talk with somebody else on Telegram, and FreeSWITCH let go.
func transferToBob(ctx context.Context, w *world) (string, error) {
	c, err := w.rung(ctx, "udp", opusPhone, w.phones[opusPhone])
	if err != nil {
		return "", err
	}
	if err := c.hear(ctx); err != nil {
		return "", err
	}
	if err := w.obeyed(ctx, "transfer", esl.Field{Name: "TG-Channel", Value: c.uuid}, esl.Field{Name: "TG-To", Value: "tg:@bob"}); err != nil {
		return "", err
	}
	if c.other, err = w.bob.answered(ctx); err != nil {
		return "", err
	}
	return c.lasting(ctx)
}

// joinCommand lets a third into the call, who hears the person on Telegram and is heard, while the second is silent.
func joinCommand(ctx context.Context, w *world) (string, error) {
	c, err := w.phoned(ctx, opusPhone, w.line(lineUDP), dialAnn)
	if err != nil {
		return "", err
	}
	if err := c.hear(ctx); err != nil {
		return "", err
	}
	channel, err := w.parked(ctx, func() error {
		return w.obeyed(ctx, "join", esl.Field{Name: "TG-Channel", Value: c.uuid}, esl.Field{Name: "TG-To", Value: "sip:" + parking}, esl.Field{Name: "TG-Role", Value: "talk"})
	})
	if err != nil {
		return "", err
	}
	if err := w.fs.send(ctx, channel, "answer", "bridge:"+w.line(sparePhone)); err != nil {
		return "", err
	}
	second := c.other
	second.hush()
	if c.other, err = w.phones[sparePhone].answered(ctx); err != nil {
		return "", err
	}
	if err := c.hear(ctx); err != nil {
		return "", err
	}
	if err := second.hangup(ctx); err != nil { // or the two would talk on
		return "", err
	}
	return c.talked(ctx)
}

func refusedCommand(ctx context.Context, w *world) (string, error) {
	e, err := w.command(ctx, "dial", esl.Field{Name: "TG-Line", Value: "none"}, esl.Field{Name: "TG-From", Value: "sip:" + parking}, esl.Field{Name: "TG-To", Value: "tg:@ann"})
	if err != nil {
		return "", err
	}
	if e.Get("TG-Result") != "refused" || e.Get("TG-Text") == "" {
		return "", fmt.Errorf("answered %q %q", e.Get("TG-Result"), e.Get("TG-Text"))
	}
	return "refused: " + e.Get("TG-Text"), nil
}
