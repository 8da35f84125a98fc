package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"switchgram/bridge"
	"switchgram/tgcall"
)

// sessionTimer is the session timer of all calls (RFC 4028), the shortest that FreeSWITCH asks for or takes.
const sessionTimer = 2 * time.Minute

// byFreeSWITCH has FreeSWITCH ask for that session timer, and refresh it: it does so of calls that it makes.
const byFreeSWITCH = "{sofia_session_timeout=120}"

// refreshed has two calls last longer than their session timers: FreeSWITCH refreshes the one that it has made, and the bridge the other one. Who
// is not refreshed in time hangs up.
func refreshed(ctx context.Context, w *world) (string, error) {
	theirs, err := w.phoned(ctx, opusPhone, byFreeSWITCH+w.line(lineUDP), dialAnn)
	if err != nil {
		return "", err
	}
	ours, err := w.rung(ctx, "tcp", sparePhone, w.phones[sparePhone])
	if err != nil {
		return "", err
	}
	pause(ctx, sessionTimer+5*time.Second)
	for who, c := range map[string]*call{"FreeSWITCH refreshes": theirs, "the bridge refreshes": ours} {
		if err := c.hear(ctx); err != nil {
			return "", fmt.Errorf("the call that %s: %w", who, err)
		}
	}
	if err := errors.Join(theirs.telegram.hangup(ctx), ours.telegram.hangup(ctx)); err != nil {
		return "", err
	}
	for range 2 {
		if o, err := w.outcome(ctx); err != nil || o.Cause != bridge.NormalClearing {
			return "", fmt.Errorf("ended with %s: %w", o.Cause, errors.Join(err, o.Err))
		}
	}
	return fmt.Sprintf("both live after %v; tones both ways", sessionTimer+5*time.Second), nil
}

// expired ends FreeSWITCH while telephone and bridge send each other their sound past it: only the session timer can tell then.
func expired(ctx context.Context, w *world) (string, error) {
	if err := w.stoppable(); err != nil {
		return "", err
	}
	c, err := w.phoned(ctx, opusPhone, byFreeSWITCH+w.line(lineUDP), dialAnn)
	if err != nil {
		return "", err
	}
	if _, err := w.fs.API(ctx, "uuid_media off "+c.uuid); err != nil {
		return "", err
	}
	pause(ctx, time.Second) // for the re-INVITEs
	if err := c.hear(ctx); err != nil {
		return "", err
	}
	if err := w.stop(ctx); err != nil {
		return "", err
	}
	began := time.Now()
	if err := c.hear(ctx); err != nil {
		return "", fmt.Errorf("without FreeSWITCH: %w", err)
	}
	o, err := w.lateOutcome(ctx)
	if err != nil {
		return "", err
	}
	if err := c.telegram.wantDiscarded(ctx, tgcall.Disconnect); err != nil {
		return "", err
	}
	if o.Cause != bridge.RecoveryOnTimerExpire {
		return "", fmt.Errorf("ended with %s (%v)", o.Cause, o.Err)
	}
	return fmt.Sprintf("%s after %d s; Telegram: disconnect", o.Cause, int(time.Since(began).Seconds())), nil
}

// lateOutcome is the outcome of a call that lasts as long as its session timer.
func (w *world) lateOutcome(ctx context.Context) (bridge.Outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, sessionTimer)
	defer cancel()
	for {
		select {
		case e := <-w.events:
			if e.Kind == bridge.CallEnded {
				return *e.Outcome, nil
			}
		case <-ctx.Done():
			return bridge.Outcome{}, errors.New("the call never ended")
		}
	}
}
