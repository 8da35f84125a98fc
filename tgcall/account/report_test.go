package account

import (
	"bytes"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/gotd/td/telegram"
)

func TestStatesAsAConsoleShowsThem(t *testing.T) {
	var told []string
	returns := 0
	var log bytes.Buffer
	r := newReport(func(s State) { told = append(told, s.String()) }, slog.New(slog.NewTextHandler(&log, nil)))
	r.onReturn = func() { returns++ }
	away := errors.New("no route")

	r.connection(telegram.ConnectionStateConnecting)
	r.connection(telegram.ConnectionStateReady) // but who are we?
	r.up(Person{ID: 7, Phone: "4930111111"})
	for range 2 {
		r.dead(away)
		r.connection(telegram.ConnectionStateDisconnected)
		r.connection(telegram.ConnectionStateConnecting)
	}
	r.connection(telegram.ConnectionStateReady)
	r.ended(revoked(nil))

	want := []string{"connecting", "up", "down: no route", "connecting", "down: no route", "connecting", "up", "revoked: " + ErrRevoked.Error()}
	if !slices.Equal(told, want) {
		t.Errorf("told %q\nwant %q", told, want)
	}
	if returns != 1 {
		t.Errorf("returned %d times", returns)
	}
	if n := strings.Count(log.String(), "no route"); n != 1 {
		t.Errorf("the log says %d times why:\n%s", n, &log)
	}
	if strings.Contains(log.String(), "4930111111") {
		t.Errorf("the log shows the number:\n%s", &log)
	}
}

func TestHowARunEnds(t *testing.T) {
	for kind, err := range map[StateKind]error{Down: nil, LoginNeeded: ErrLoginNeeded, Revoked: ErrRevoked} {
		var last State
		newReport(func(s State) { last = s }, slog.New(slog.DiscardHandler)).ended(err)
		if last.Kind != kind || !errors.Is(last.Err, err) {
			t.Errorf("after %v: %v", err, last)
		}
	}
	if s := StateKind(99).String(); s != "StateKind(99)" {
		t.Error(s)
	}
}
