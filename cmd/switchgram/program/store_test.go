package program_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchgram/bridge"
	"switchgram/bridge/sip/siptest"
	"switchgram/bridge/store"
	"switchgram/cmd/switchgram/program"
	"switchgram/tgcall"
)

func TestAMissedCallIsFoundWhenTheProgramHasEnded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kept", "calls.db")
	h := build(t, plan{state: t.TempDir(), settings: "store: " + path})
	h.telephone("1000", siptest.Forever)
	call, err := h.person(h.ann(), nil).Dial(h.ctx, "@line_main")
	h.must(err)
	next(h, h.ringing)
	h.must(call.Discard(h.ctx, tgcall.Missed))
	h.wantOutcome(bridge.NormalClearing, "")
	h.end()
	h.must(next(h, h.done))

	s, err := store.Open(h.ctx, store.Options{DSN: path})
	h.must(err)
	p, err := s.Search(h.ctx, store.Query{Missed: store.Yes, Line: "main", Number: "1000", Direction: bridge.Inward})
	h.must(errors.Join(err, s.Close()))
	if len(p.Calls) != 1 || len(p.Calls[0].Legs) != 2 || p.Calls[0].Times.Ringing.IsZero() {
		t.Errorf("found %+v, want the call with both legs", p.Calls)
	}
}

func TestAStoreThatCannotBe(t *testing.T) {
	for text, want := range map[string]string{
		"store: http://db":                                     "store: want a file",
		"store: calls.db\nstore_password_env: X":               "whose password",
		"store_password_env: X\nstore_password_file: y":        "want one of them",
		"store_retention: soon":                                "want days",
		"store: postgres://u@h/d\nstore_password_env: X\nx: 1": "x",
	} {
		_, err := program.Read("c.yaml", strings.NewReader(right+"\n"+text+"\n"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func TestWhereCallsAreRemembered(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "c.yaml")
	for setting, want := range map[string]string{
		"":                                 filepath.Join(dir, "state", "calls.db"),
		"store: my.db":                     filepath.Join(dir, "my.db"),
		"store: /my.db":                    "/my.db",
		"store: none":                      "none",
		"store: postgres://u@h/calls":      "postgres://u@h/calls",
		"state: /var\nstore_retention: 7d": "/var/calls.db",
	} {
		if err := os.WriteFile(path, []byte(right+"\n"+setting+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := program.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		if c.Store != want {
			t.Errorf("%q: %s, want %s", setting, c.Store, want)
		}
		if want != "none" {
			continue
		}
		if _, err := c.OpenStore(context.Background(), store.Options{}, false); !errors.Is(err, program.ErrNoStore) {
			t.Errorf("opened with %v, want ErrNoStore", err)
		}
	}
}

// records are those that a file has.
func (h *house) records(path string) []store.Record {
	h.t.Helper()
	s, err := store.Open(h.ctx, store.Options{DSN: path})
	h.must(err)
	p, err := s.Search(h.ctx, store.Query{})
	h.must(errors.Join(err, s.Close()))
	return p.Calls
}
