package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/store"
	"switchgram/cmd/switchgram/program"
)

// remembered is a configuration in whose store stands a missed call of Анна's, who has a hostile name, and an answered one.
func remembered(t *testing.T) (config string) {
	t.Helper()
	t.Setenv("HASH", "hash")
	config = filepath.Join(t.TempDir(), "switchgram.yaml")
	text := `telegram: {api_id: 1, api_hash_env: HASH}
sip: {listen: ["udp:127.0.0.1:0"]}
lines: [{name: sales, to: "sip:1000", sip: {registrar: 127.0.0.1, user: telegram}}]
`
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := program.Load(config)
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.OpenStore(context.Background(), store.Options{}, true)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // Run writes what there is, and ends
	publishCalls(s)
	if err := s.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return config
}

func publishCalls(s *store.Store) {
	at := time.Now().Add(-time.Hour)
	ann := bridge.Party{Phone: "+4930123456", FirstName: "=Анна\x1b[2J\u202e", LastName: "Ковалёва"}
	from, to := bridge.Address{Scheme: "tg", User: "+4930123456"}, bridge.Address{Scheme: "sip", User: "1000"}
	s.Publish(bridge.NewMissed("missed-1", "sales", from, ann, to, at))
	s.Publish(bridge.Event{
		Version: bridge.EventVersion, Kind: bridge.CallEnded, At: at.Add(time.Minute), Call: "answered-1", Line: "sales", From: to.String(), To: "tg:@bob",
		Cause: bridge.NormalClearing, Outcome: &bridge.Outcome{
			Cause: bridge.NormalClearing, Times: bridge.Times{Started: at, Connected: at.Add(time.Second), Ended: at.Add(time.Minute)},
		},
	})
}

func TestCallsAreSearchedNotedExportedAndErased(t *testing.T) {
	s, config := sit(t), remembered(t)

	s.want(0, "calls", "search", "-c", config, "--missed", "--from", "yesterday", "ковалева")
	s.out.await(s.ctx, t, "missed-1")
	if out := s.out.String(); strings.Contains(out, "answered-1") || strings.Contains(out, "\x1b") || strings.Contains(out, "\u202e") {
		t.Errorf("printed %q", out)
	}
	s.want(0, "calls", "note", "-c", config, "missed-1", "called back")
	s.want(0, "calls", "show", "-c", config, "missed-1")
	s.out.await(s.ctx, t, "called back")
	s.want(0, "calls", "search", "-c", config, "--json", "--noted")
	s.out.await(s.ctx, t, `"call":"missed-1"`)
	s.want(0, "calls", "export", "-c", config, "--no-answered")
	s.out.await(s.ctx, t, ",'=Анна")
	s.want(0, "calls", "backup", "-c", config, filepath.Join(t.TempDir(), "copy.db"))
	s.want(0, "calls", "erase", "-c", config, "030 123456", "--yes") // without its country it is no whole number
	s.out.await(s.ctx, t, "removed 0 calls")
	s.want(0, "calls", "erase", "-c", config, "+49 30 123456")
	s.out.await(s.ctx, t, "would remove 1 calls")
	s.want(0, "calls", "erase", "-c", config, "+49 30 123456", "--yes")
	s.out.await(s.ctx, t, "removed 1 calls")
	s.want(1, "calls", "show", "-c", config, "missed-1")
	s.sees("no such call")
}

func TestMomentsArePutAsPeopleSayThem(t *testing.T) {
	now := time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)
	for text, want := range map[string]string{
		"today": "2026-03-14 00:00:00", "yesterday": "2026-03-13 00:00:00", "14d": "2026-02-28 00:00:00", "2026-01-02": "2026-01-02 00:00:00",
		"2026-01-02 03:04": "2026-01-02 03:04:00", "2026-01-02T03:04:05Z": "2026-01-02 03:04:05",
	} {
		at, err := momentOf(text, now)
		if err != nil || at.UTC().Format(time.DateTime) != want {
			t.Errorf("%s is %v, %v; want %s", text, at, err, want)
		}
	}
	for _, text := range []string{"", "soon", "-1d", "2026-13-01"} {
		if at, err := momentOf(text, now); err == nil {
			t.Errorf("%q is %v, want an error", text, at)
		}
	}
}
