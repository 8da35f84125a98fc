package store

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"switchgram/bridge"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(victimEnv); dir != "" {
		beKilled(dir)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		cluster.stop()
		os.Exit(code)
	}))
}

// eachEngine runs a test with a new database of each kind.
func eachEngine(t *testing.T, test func(t *testing.T, o Options)) {
	t.Helper()
	for kind, dsn := range map[string]func(testing.TB) string{"sqlite": newFile, "postgres": newDatabase} {
		t.Run(kind, func(t *testing.T) {
			test(t, Options{DSN: dsn(t), Journal: filepath.Join(t.TempDir(), "journal"), Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
		})
	}
}

func newFile(t testing.TB) string { return filepath.Join(t.TempDir(), "calls.db") }

// newDatabase makes a database of PostgreSQL.
func newDatabase(t testing.TB) string {
	t.Helper()
	dir := cluster.start(t)
	name := fmt.Sprintf("d%d", time.Now().UnixNano())
	admin, err := sql.Open("pgx", postgresDSN(dir, "postgres"))
	must(t, err)
	defer admin.Close()
	_, err = admin.Exec("CREATE DATABASE " + name)
	must(t, err)
	return postgresDSN(dir, name)
}

func postgresDSN(dir, database string) string {
	return fmt.Sprintf("postgres:///%s?host=%s&user=postgres", database, dir)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB, o Options) *Store {
	t.Helper()
	s, err := Open(context.Background(), o)
	must(t, err)
	return s
}

// opened is a Store that ends with the test.
func opened(t testing.TB, o Options) *Store {
	t.Helper()
	s := open(t, o)
	t.Cleanup(func() { must(t, s.Close()) })
	return s
}

// drained brings what was published into the database.
func drained(t testing.TB, s *Store) {
	t.Helper()
	must(t, s.drain(context.Background()))
}

// running runs a Store until the test ends or stop is called.
func running(t *testing.T, s *Store) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	stopped := false
	stop = func() {
		if !stopped {
			stopped = true
			cancel()
			must(t, <-done)
		}
	}
	t.Cleanup(stop)
	return stop
}

// patience is a safety net: no test waits so long unless something is broken.
const patience = 3 * time.Minute

// eventually waits until something is so.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(patience); !is(); {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("%s: not within %s", what, patience)
		}
	}
}

// noon is when the calls of the tests begin.
var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

// A story is a call as the bridge tells of it.
type story struct {
	id     string
	at     time.Time
	line   string
	from   bridge.Address
	to     bridge.Address
	caller bridge.Party
	talk   time.Duration // 0: nobody answered
	cause  bridge.Cause
}

// annCalls is a call by Ann on Telegram to extension 1000, who answers.
func annCalls(id string) story {
	return story{
		id: id, at: noon, line: "sales", from: bridge.Address{Scheme: "tg", User: "+4930123456"}, to: bridge.Address{Scheme: "sip", User: "1000"},
		caller: bridge.Party{Phone: "+4930123456", Username: "ann_k", ID: 777, FirstName: "Анна", LastName: "Ковалёва"},
		talk:   90 * time.Second, cause: bridge.NormalClearing,
	}
}

func (s story) event(kind bridge.EventKind, after time.Duration) bridge.Event {
	return bridge.Event{
		Version: bridge.EventVersion, Kind: kind, At: s.at.Add(after), Call: bridge.CallID(s.id), Line: s.line,
		From: s.from.String(), To: s.to.String(), Caller: s.caller, Leg: "caller", Address: s.from, Party: s.caller,
	}
}

func (s story) begun() bridge.Event { return s.event(bridge.CallIncoming, 0) }

func (s story) answered() bridge.Event {
	ev := s.event(bridge.CallAnswered, 5*time.Second)
	ev.Leg, ev.Address, ev.Party = "callee", s.to, bridge.Party{Number: s.to.User}
	return ev
}

func (s story) ended() bridge.Event {
	ev := s.event(bridge.CallEnded, 5*time.Second+s.talk)
	out := &bridge.Outcome{
		Call: ev.Call, Line: s.line, From: s.from, To: s.to, Cause: s.cause, EndedBy: "caller", Path: "relay opus",
		Times: bridge.Times{Started: s.at, Ringing: s.at.Add(time.Second), Ended: ev.At},
		Legs: []bridge.LegOutcome{
			{ID: "caller", Address: s.from, Party: s.caller, Cause: s.cause, Remote: true, Ended: ev.At, Quality: quality()},
			{ID: "callee", Address: s.to, Party: bridge.Party{Number: s.to.User}, Cause: s.cause, Ended: ev.At, Quality: quality()},
		},
	}
	if s.talk > 0 {
		out.Times.Accepted, out.Times.Connected = s.at.Add(4*time.Second), s.at.Add(5*time.Second)
	}
	ev.Cause, ev.Outcome = s.cause, out
	return ev
}

func quality() bridge.Quality {
	flow := bridge.Flow{Packets: 4500, Lost: 9, Loss: 0.002, Jitter: bridge.Millis(3 * time.Millisecond), MOS: 4.31}
	return bridge.Quality{In: flow, Out: flow, RTT: bridge.Millis(41250 * time.Microsecond), Hears: 4.2}
}

// events are all that is told of the call.
func (s story) events() []bridge.Event {
	all := []bridge.Event{s.begun(), s.event(bridge.CallRinging, time.Second)}
	if s.talk > 0 {
		return append(all, s.answered(), s.ended())
	}
	missed := s.ended()
	missed.Kind = bridge.CallMissed
	return append(all, missed, s.ended())
}

func (s story) publish(to *Store) {
	for _, ev := range s.events() {
		to.Publish(ev)
	}
}
