package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"

	"switchgram/bridge"
	"switchgram/esl"
	"switchgram/tgcall"
)

// absences are the rows about a FreeSWITCH that goes away, and comes back.
func absences() []row {
	return []row{
		{"session timers: each side refreshes a call", refreshed},
		{"FreeSWITCH restarts in mid-call, and comes back", restarted},
		{"a call past a dead FreeSWITCH ends by its session timer", expired},
		{"the bridge starts without FreeSWITCH, which comes later", startedAlone},
	}
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
	if err := w.agrees(ctx, 1); err != nil {
		return "", fmt.Errorf("before: %w", err)
	}
	restart := w.reload
	if w.o.stop != "" {
		restart = w.relaunch
	}
	took, err := restart(ctx)
	if err != nil {
		return "", err
	}
	if _, err := w.outcome(ctx); err != nil {
		return "", err
	}
	return w.back(ctx, took)
}

// back is what is to be seen once the lines are back after so long: no call that only one side knows, and a new one.
func (w *world) back(ctx context.Context, took time.Duration) (string, error) {
	if took > backWithin {
		return "", fmt.Errorf("the lines were back only after %d ms", took.Milliseconds())
	}
	if err := w.agrees(ctx, 0); err != nil {
		return "", err
	}
	w.begin("after the return")
	if err := w.fs.originate(ctx, "{sip_h_X-TG-Dial=@ann}"+w.line(lineUDP), "echo"); err != nil {
		return "", err
	}
	if err := w.agrees(ctx, 1); err != nil {
		return "", err
	}
	path, err := w.echoed(ctx)
	return fmt.Sprintf("lines back after %d ms; show channels agrees; %s", took.Milliseconds(), path), err
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

// relaunch has FreeSWITCH stopped and started.
func (w *world) relaunch(ctx context.Context) (took time.Duration, err error) {
	if err := w.stop(ctx); err != nil {
		return 0, err
	}
	return w.start(ctx)
}

// stop ends FreeSWITCH as if its machine had lost its power.
func (w *world) stop(ctx context.Context) error {
	w.away = true
	return shell(ctx, w.o.stop)
}

// stoppable is a row's word that it cannot do without stopping FreeSWITCH.
func (w *world) stoppable() error {
	if w.o.stop == "" {
		return missing("without -stop and -start")
	}
	return nil
}

func shell(ctx context.Context, command string) error {
	if out, err := exec.CommandContext(ctx, "sh", "-c", command).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %.200s", command, err, out)
	}
	return nil
}

// start starts it again, and returns how long after it was there everything of the bridge's was.
func (w *world) start(ctx context.Context) (took time.Duration, err error) {
	_ = w.fs.Close() // it is gone
	started := make(chan error, 1)
	go func() { started <- shell(ctx, w.o.start) }() // which may return long after FreeSWITCH is there
	fs, err := reach(ctx, w.o, w.tape.dialer())
	for err != nil && ctx.Err() == nil {
		pause(ctx, lookEvery)
		fs, err = reach(ctx, w.o, w.tape.dialer())
	}
	there := time.Now()
	if err := errors.Join(err, <-started); err != nil {
		return 0, err
	}
	w.fs, w.away, w.verto = fs, false, nil
	for _, l := range w.lines() {
		if err := w.awaitContact(ctx, w.o.users[l.user]); err != nil {
			return 0, err
		}
	}
	if err := w.connected(ctx); err != nil {
		return 0, err
	}
	took = time.Since(there)
	for _, p := range w.phones {
		if p == nil {
			continue
		}
		if err := p.register(ctx); err != nil {
			return 0, err
		}
	}
	return took, nil
}

// startAgain starts a FreeSWITCH that a row has stopped.
func (w *world) startAgain(ctx context.Context) error {
	if !w.away {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	_, err := w.start(ctx)
	return err
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

// startedAlone starts the bridge anew while FreeSWITCH is away.
func startedAlone(ctx context.Context, w *world) (string, error) {
	if err := w.stoppable(); err != nil {
		return "", err
	}
	if err := w.stop(ctx); err != nil {
		return "", err
	}
	w.stopProgram()
	if err := w.runProgram(ctx); err != nil {
		return "", fmt.Errorf("without FreeSWITCH: %w", err)
	}
	refused, err := w.refusedAlone(ctx)
	if err != nil {
		return "", err
	}
	took, err := w.start(ctx)
	if err != nil {
		return "", err
	}
	saw, err := w.back(ctx, took)
	return refused + "; " + saw, err
}

// refusedAlone is what becomes of a call from Telegram when there is no FreeSWITCH.
func (w *world) refusedAlone(ctx context.Context) (string, error) {
	for !w.onTelegram() {
		if pause(ctx, lookEvery); ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
	}
	began := time.Now()
	tg, err := w.ann.phone.Dial(ctx, "@line_udp")
	if err != nil {
		return "", err
	}
	if err := w.ann.party(tg).wantDiscarded(ctx, tgcall.Disconnect); err != nil {
		return "", err
	}
	took := time.Since(began)
	o, err := w.outcome(ctx)
	if err == nil && o.Cause != bridge.DestinationOutOfOrder {
		err = fmt.Errorf("ended with %s (%v)", o.Cause, o.Err)
	}
	return fmt.Sprintf("%s after %d ms", o.Cause, took.Milliseconds()), err
}

// onTelegram tells whether the lines are logged in.
func (w *world) onTelegram() bool {
	return !slices.ContainsFunc(w.down(), func(s string) bool { return strings.Contains(s, "telegram") })
}
