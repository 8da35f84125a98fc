package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"switchgram/cmd/switchgram/bench/worker"
)

// asWorker is set for the process that is the bridge.
const asWorker = "SWITCHGRAM_BENCH_WORKER"

func TestMain(m *testing.M) {
	if os.Getenv(asWorker) != "" {
		log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
		if err := worker.Serve(context.Background(), os.Stdin, os.Stdout, log); err != nil {
			log.Error("worker ended", "err", err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// command runs the bridge in another process of the test's program.
func command(t *testing.T) []string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return []string{"/usr/bin/env", asWorker + "=1", self}
}

// tries are how often a busy machine may spoil a measurement. If it has spoiled all, the figures are not looked at closely.
const tries = 5

func TestEveryModeCarriesItsCalls(t *testing.T) {
	for _, m := range Modes() {
		if m.only != "" {
			continue
		}
		t.Run(m.Name, func(t *testing.T) {
			s, err := newStand(t.Context(), m, standOptions{command: command(t), errors: t.Output()})
			if err != nil {
				t.Fatal(err)
			}
			defer s.close()
			if err := s.grow(t.Context(), 2); err != nil {
				t.Fatal(err)
			}
			var p Point
			spoilt := func() bool { return p.Lost > 0 || p.Frames < 150 }
			for range tries {
				if p, err = s.measure(t.Context(), time.Second); err != nil {
					t.Fatal(err)
				}
				if !spoilt() {
					break
				}
			}
			if p.Calls != 2 || p.Frames == 0 || p.Waited < disturbed && spoilt() {
				t.Errorf("%+v: want 2 calls, some 200 packets, none lost", p)
			}
			if p.CPU <= 0 || p.RSS <= 0 || p.Max <= 0 || p.P50 > p.P99 || p.P99 > p.Max {
				t.Errorf("%+v: want figures that can be", p)
			}
		})
	}
}

func TestCallsComeAndGo(t *testing.T) {
	m, err := modeOf("relay")
	if err != nil {
		t.Fatal(err)
	}
	s, err := newStand(t.Context(), m, standOptions{command: command(t), errors: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	for _, n := range []int{3, 1, 2, 0} {
		if err := s.resize(t.Context(), n); err != nil || s.standing() != n {
			t.Fatalf("%d calls stand, want %d: %v", s.standing(), n, err)
		}
	}
}

func TestALineOfJSONHasTheKeysThatScriptsRead(t *testing.T) {
	var out bytes.Buffer
	o := Options{Mode: "relay", Calls: 1, Window: time.Second, JSON: true, Worker: command(t), Errors: t.Output()}
	if err := Run(t.Context(), &out, o); err != nil {
		t.Fatal(err)
	}
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatalf("%v in %s", err, out.String())
	}
	for _, key := range []string{"mode", "calls", "cpu_percent_per_call", "rss_bytes_per_call", "delay_p50_ms", "delay_p99_ms", "delay_max_ms", "packets_lost"} {
		if _, ok := line[key]; !ok {
			t.Errorf("no %s in %s", key, out.String())
		}
	}
	if line["mode"] != "relay" || line["calls"] != 1.0 {
		t.Errorf("mode %v, calls %v", line["mode"], line["calls"])
	}
}

func TestSetUpsAreCounted(t *testing.T) {
	f := find(t, "setup", 0)
	if s, ok := f.(*Setup); !ok || s.Calls == 0 || s.PerSecond <= 0 || s.Cost <= 0 {
		t.Errorf("%+v", f)
	}
}

func TestAnIdleAccountNeedsMemory(t *testing.T) {
	f := find(t, "accounts", 20)
	if a, ok := f.(*Accounts); !ok || a.Accounts != 20 || a.Each < 10<<10 {
		t.Errorf("%+v", f)
	}
}

// find is what is found of a mode.
func find(t *testing.T, mode string, n int) finding {
	t.Helper()
	m, err := modeOf(mode)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Calls: n, Window: time.Second}
	f, err := o.one(t.Context(), m, standOptions{command: command(t), errors: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	return f
}
