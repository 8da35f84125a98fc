package store

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/notify"
)

// victimEnv makes the test program a victim: it publishes calls into the folder that it names until it is killed, and says on its standard output
// which events Publish has returned for.
const victimEnv = "SWITCHGRAM_STORE_VICTIM"

// oneEach queues one notification for each event that has a call.
func oneEach(ev bridge.Event) []notify.Notification {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %s %d", ev.Call, ev.Kind, ev.At.UnixNano()))
	return []notify.Notification{{ID: hex.EncodeToString(sum[:]), Endpoint: "crm", Call: ev.Call, Kind: ev.Kind, At: ev.At, Event: []byte(ev.Kind)}}
}

func beKilled(dir string) {
	if os.Getenv(receiverEnv) != "" {
		fmt.Fprintln(os.Stderr, beTold(dir))
		os.Exit(1)
	}
	s, err := Open(context.Background(), Options{
		DSN: filepath.Join(dir, "calls.db"), Journal: filepath.Join(dir, "journal"), Notify: oneEach,
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	go s.Run(context.Background()) // until we are killed
	for i := 0; ; i++ {
		call := annCalls(os.Getenv(victimEnv+"_RUN") + "-" + strconv.Itoa(i))
		call.at = time.Now()
		for _, ev := range call.events() {
			s.Publish(ev)
			fmt.Println(ev.Call, ev.Kind)
		}
	}
}

// A process that publishes all it can is killed again and again. What it had been told is written down is in the database in the end, every call
// and every notification once, and calls that it was in the middle of have ended.
func TestNothingPublishedIsLostOrDoubledByKilling(t *testing.T) {
	dir := t.TempDir()
	kinds, events := map[string]int{}, 0 // by call, and in all: events published
	for run := range 8 {
		for _, call := range killed(t, dir, strconv.Itoa(run), 20+30*run) {
			kinds[call]++
			events++
		}
	}

	s := opened(t, Options{DSN: filepath.Join(dir, "calls.db"), Journal: filepath.Join(dir, "journal"), Notify: oneEach})
	drained(t, s)

	t.Logf("%d events of %d calls", events, len(kinds))
	seen := map[string]bool{}
	for r, err := range s.Each(context.Background(), Query{Limit: MaxPage}) {
		must(t, err)
		id := string(r.ID)
		if seen[id] {
			t.Errorf("call %s is there twice", id)
		}
		seen[id] = true
		if r.Times.Ended.IsZero() {
			t.Errorf("call %s still runs, though its process was killed", id)
		}
		if len(r.Moments) < kinds[id] {
			t.Errorf("call %s has %d events, %d were published", id, len(r.Moments), kinds[id])
		}
		for i, m := range r.Moments {
			if i > 0 && m.Kind == r.Moments[i-1].Kind {
				t.Errorf("call %s has %s twice", id, m.Kind)
			}
		}
	}
	for id := range kinds {
		if !seen[id] {
			t.Errorf("call %s is lost", id)
		}
	}
	if n := count(t, s, "SELECT count(*) FROM notifications"); n < events || n > events+8*4 {
		t.Errorf("%d notifications for %d events, of which each run may have had some that it could not tell of", n, events)
	}
}

func count(t *testing.T, s *Store, statement string, args ...any) (n int) {
	t.Helper()
	must(t, s.db.QueryRow(statement, args...).Scan(&n))
	return n
}

// killed runs a victim, kills it after so many events, and returns the calls of the events that it has published.
func killed(t *testing.T, dir, run string, after int) (calls []string) {
	t.Helper()
	for call := range victim(t, after, victimEnv+"="+dir, victimEnv+"_RUN="+run) {
		calls = append(calls, call)
	}
	return calls
}

// victim runs a victim with variables of the environment, kills it after so many lines, whatever it is doing then, and yields the two words of
// each that it said.
func victim(t *testing.T, after int, variables ...string) iter.Seq2[string, string] {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), variables...)
	out, err := cmd.StdoutPipe()
	must(t, err)
	cmd.Stderr = t.Output()
	must(t, cmd.Start())
	return func(yield func(string, string) bool) {
		lines := bufio.NewScanner(out)
		for said := 1; lines.Scan(); said++ {
			if said == after {
				_ = cmd.Process.Kill()
			}
			var first, second string
			if n, _ := fmt.Sscan(lines.Text(), &first, &second); n == 2 {
				yield(first, second)
			}
		}
		if err := cmd.Wait(); cmd.ProcessState.Exited() {
			t.Fatalf("the victim ended by itself: %v", err)
		}
	}
}
