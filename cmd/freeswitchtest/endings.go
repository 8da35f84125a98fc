package main

import (
	"context"
	"fmt"
	"time"

	"switchgram/bridge"
	"switchgram/esl"
	"switchgram/tgcall"
)

// endings are the rows about how calls end, and FreeSWITCH with them.
func endings() []row {
	return []row{
		{"the telephone hangs up", telephoneEnds},
		{"uuid_kill from the console", func(ctx context.Context, w *world) (string, error) {
			return w.killed(ctx, esl.NormalClearing, bridge.NormalClearing)
		}},
		{"uuid_kill with USER_BUSY", func(ctx context.Context, w *world) (string, error) {
			return w.killed(ctx, "USER_BUSY", bridge.UserBusy)
		}},
		{"FreeSWITCH refuses a caller from Telegram: CALL_REJECTED", refused},
	}
}

func telephoneEnds(ctx context.Context, w *world) (string, error) {
	c, err := w.rung(ctx, "udp", opusPhone, w.phones[opusPhone])
	if err != nil {
		return "", err
	}
	if err := c.hear(ctx); err != nil {
		return "", err
	}
	if err := c.other.hangup(ctx); err != nil {
		return "", err
	}
	if err := c.telegram.wantDiscarded(ctx, tgcall.Hangup); err != nil {
		return "", err
	}
	path, err := c.over(ctx, bridge.NormalClearing)
	return path + "; Telegram: hangup", err
}

func (w *world) killed(ctx context.Context, with esl.Cause, want bridge.Cause) (string, error) {
	c, err := w.phoned(ctx, opusPhone, w.line(lineUDP), dialAnn)
	if err != nil {
		return "", err
	}
	if err := c.hear(ctx); err != nil {
		return "", err
	}
	began := time.Now()
	if err := w.fs.Kill(ctx, c.uuid, with); err != nil {
		return "", err
	}
	if err := c.telegram.wantDiscarded(ctx, tgcall.Hangup); err != nil {
		return "", err
	}
	took := time.Since(began)
	_, err = c.over(ctx, want)
	return fmt.Sprintf("%s; Telegram: hangup, after %d ms", want, took.Milliseconds()), err
}

func refused(ctx context.Context, w *world) (string, error) {
	c, err := w.incoming(ctx, "udp")
	if err != nil {
		return "", err
	}
	if err := w.fs.Kill(ctx, c.uuid, "CALL_REJECTED"); err != nil {
		return "", err
	}
	if err := c.telegram.wantDiscarded(ctx, tgcall.Busy); err != nil {
		return "", err
	}
	_, err = c.over(ctx, bridge.CallRejected)
	return "CALL_REJECTED; Telegram: busy", err
}
