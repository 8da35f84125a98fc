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

// restarted takes FreeSWITCH away during a call, and looks how soon the lines are back and take calls.
func restarted(ctx context.Context, w *world) (string, error) {
	c, err := w.phoned(ctx, opusPhone, w.line(lineUDP), dialAnn)
	if err != nil {
		return "", err
	}
	if err := c.hear(ctx); err != nil {
		return "", err
	}
	restart := w.reload
	if w.o.restart != "" {
		restart = w.relaunch
	}
	took, err := restart(ctx)
	if err != nil {
		return "", err
	}
	if took > backWithin {
		return "", fmt.Errorf("the lines were back only after %d ms", took.Milliseconds())
	}
	if _, err := w.outcome(ctx); err != nil {
		return "", err
	}
	path, err := w.callAgain(ctx)
	return fmt.Sprintf("lines back after %d ms; %s", took.Milliseconds(), path), err
}

// callAgain is a call after the restart.
func (w *world) callAgain(ctx context.Context) (path string, err error) {
	w.begin("after the restart")
	if err := w.fs.originate(ctx, "{sip_h_X-TG-Dial=@ann}"+w.line(lineUDP), "echo"); err != nil {
		return "", err
	}
	return w.echoed(ctx)
}

// reload has FreeSWITCH forget who is registered, and start its SIP anew. It returns how long after that the last line was registered.
func (w *world) reload(ctx context.Context) (took time.Duration, err error) {
	events := w.fs.Listen(func(e *esl.Event) bool {
		return e.Subclass() == "sofia::profile_start" || e.Subclass() == "sofia::register"
	})
	defer events.Close()
	for _, command := range []string{"sofia profile " + w.o.profile + " flush_inbound_reg", "reload -f mod_sofia"} {
		if _, err := w.fs.Job(ctx, command); err != nil {
			return 0, err
		}
	}
	var started time.Time
	missing := map[string]bool{}
	for _, l := range w.lines() {
		missing[w.o.users[l.user]] = true
	}
	for len(missing) > 0 {
		e, err := w.nextOf(ctx, events)
		if err != nil {
			return 0, fmt.Errorf("%d lines never registered again: %w", len(missing), err)
		}
		at := e.Time("Event-Date-Timestamp")
		if e.Subclass() == "sofia::profile_start" {
			started = at
		} else if user := e.Get("from-user"); missing[user] && !started.IsZero() {
			delete(missing, user)
			took = at.Sub(started)
		}
	}
	return took, nil
}

// relaunch has FreeSWITCH restarted, and returns how long after it was there FreeSWITCH knew every line, be it from before.
func (w *world) relaunch(ctx context.Context) (took time.Duration, err error) {
	if out, err := exec.CommandContext(ctx, "sh", "-c", w.o.restart).CombinedOutput(); err != nil {
		return 0, fmt.Errorf("%s: %w: %.200s", w.o.restart, err, out)
	}
	_ = w.fs.Close() // it is gone
	fs, err := reach(ctx, w.o, w.tape.dialer())
	for err != nil && ctx.Err() == nil {
		pause(ctx, lookEvery)
		fs, err = reach(ctx, w.o, w.tape.dialer())
	}
	if err != nil {
		return 0, err
	}
	w.fs = fs
	back := time.Now()
	for _, l := range w.lines() {
		if err := w.awaitContact(ctx, w.o.users[l.user]); err != nil {
			return 0, err
		}
	}
	return time.Since(back), nil
}

// awaitContact waits until FreeSWITCH knows where a user is.
func (w *world) awaitContact(ctx context.Context, user string) error {
	for {
		at, err := w.fs.contact(ctx, user)
		if err != nil || at != "" {
			return err
		}
		if pause(ctx, lookEvery); ctx.Err() != nil {
			return fmt.Errorf("%s never registered again: %w", user, context.Cause(ctx))
		}
	}
}
