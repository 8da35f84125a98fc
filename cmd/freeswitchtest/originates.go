package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"switchgram/bridge"
)

// originateByScript has the call of a caller who is sent away lead to another one, of a telephone with somebody else.
func originateByScript(ctx context.Context, w *world) (string, error) {
	err := w.scripted(ctx, `{"originate": {"endpoint": {"type": "user", "name": "`+w.o.users[sparePhone]+`"}, "cid_name": "${caller_id_name}",
		"actions": [{"bridge": {"endpoints": [{"type": "telegram", "peer": "@bob"}]}}]}}, {"hangup": "USER_BUSY"}`)
	if err != nil {
		return "", err
	}
	if _, err := w.ann.phone.Dial(ctx, "@line_udp"); err != nil {
		return "", err
	}
	if o, err := w.outcome(ctx); err != nil || o.Cause != bridge.UserBusy {
		return "", fmt.Errorf("the caller was sent away with %s: %w", o.Cause, err)
	}
	c := &call{w: w}
	if c.other, err = w.phones[sparePhone].answered(ctx); err != nil {
		return "", err
	}
	if c.telegram, err = w.bob.answered(ctx); err != nil {
		return "", err
	}
	saw, err := c.talked(ctx)
	return "USER_BUSY for the caller; then " + saw, err
}

// tolledScript dials, when it has moved to FreeSWITCH, a number that costs a lot, which nothing in the configuration allows.
func tolledScript(ctx context.Context, w *world) (string, error) {
	err := w.scripted(ctx, `{"answer": ""}, {"playback": {"type": "say", "name": "1", "lang": "en", "method": "pronounced"}, "onError": "continue"},
		{"bridge": {"endpoints": [{"type": "sipGateway", "name": "`+parking+`", "dialString": "19005550123"}]}}, {"hangup": "${originate_disposition}"}`)
	if err != nil {
		return "", err
	}
	if _, err := w.parkedForScript(ctx); err != nil {
		return "", err
	}
	if o, err := w.outcome(ctx); err != nil || o.Cause != bridge.OutgoingCallBarred {
		return "", fmt.Errorf("ended with %s: %w", o.Cause, err)
	}
	e, err := w.event(ctx, bridge.ScriptEnded)
	if err != nil {
		return "", err
	}
	for _, s := range e.Scripted.Steps {
		if e.Scripted.Switch && strings.Contains(s.Error, "may not be dialled") {
			return "OUTGOING_CALL_BARRED: " + s.Error, nil
		}
	}
	return "", errors.New("no step of the script was refused in FreeSWITCH")
}
