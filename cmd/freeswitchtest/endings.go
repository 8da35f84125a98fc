package main

import (
	"context"
	"fmt"
	"os/exec"
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
		{"FreeSWITCH restarts in mid-call, and comes back", restarted},
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

// backWithin is how soon all must be as it was once FreeSWITCH is there again.
const backWithin = 5 * time.Second

// restarted takes FreeSWITCH away during a call. What becomes of that call depends on how it goes; lines must be back soon, and calls too.
func restarted(ctx context.Context, w *world) (string, error) {
	c, err := w.phoned(ctx, opusPhone, w.line(lineUDP), dialAnn)
	if err != nil {
		return "", err
	}
	if err := c.hear(ctx); err != nil {
		return "", err
	}
	if err := w.restart(ctx); err != nil {
		return "", err
	}
	back, kept := time.Now(), "registered again"
	if at, err := w.fs.contact(ctx, w.o.users[lineUDP]); err != nil {
		return "", err
	} else if at != "" {
		kept = "still registered, as FreeSWITCH kept that"
	}
	for _, l := range []int{lineUDP, lineTCP, lineINFO, lineInband} {
		if err := w.awaitContact(ctx, w.o.users[l]); err != nil {
			return "", err
		}
	}
	took := time.Since(back)
	if took > backWithin {
		return "", fmt.Errorf("the lines were registered again only after %d ms", took.Milliseconds())
	}
	if _, err := w.outcome(ctx); err != nil {
		return "", err
	}
	w.begin("after the restart")
	if err := w.fs.originate(ctx, "{sip_h_X-TG-Dial=@ann}"+w.line(lineUDP), "echo"); err != nil {
		return "", err
	}
	tg, err := w.ann.answered(ctx)
	if err != nil {
		return "", err
	}
	if err := tg.Hears(ctx, tg.Hz); err != nil {
		return "", wrapf(err, "the person on Telegram")
	}
	path, err := (&call{w: w, telegram: tg}).end(ctx)
	return fmt.Sprintf("lines %s after %d ms; %s", kept, took.Milliseconds(), path), err
}

// awaitContact waits until FreeSWITCH knows where a user is.
func (w *world) awaitContact(ctx context.Context, user string) error {
	for {
		at, err := w.fs.contact(ctx, user)
		if err != nil || at != "" {
			return err
		}
		if pause(ctx, 50*time.Millisecond); ctx.Err() != nil {
			return fmt.Errorf("%s never registered again: %w", user, context.Cause(ctx))
		}
	}
}

// restart takes FreeSWITCH, or its SIP alone, away and brings it back. Its registrations are forgotten, as they are when its database is.
func (w *world) restart(ctx context.Context) error {
	if w.o.restart == "" {
		_, err := w.fs.Job(ctx, "reload -f mod_sofia")
		return err
	}
	if out, err := exec.CommandContext(ctx, "sh", "-c", w.o.restart).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %.200s", w.o.restart, err, out)
	}
	_ = w.fs.Close() // it is gone
	for {
		fs, err := reach(ctx, w.o, w.tape.dialer())
		if err == nil {
			w.fs = fs
			return nil
		}
		if pause(ctx, 50*time.Millisecond); ctx.Err() != nil {
			return err
		}
	}
}
