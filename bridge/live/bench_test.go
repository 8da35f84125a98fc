package live_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/live"
)

// twenty is a script of twenty steps that looks the caller up, and ends with the call answered and hung up.
func twenty() string {
	steps := []string{
		`{"setVar": "n=${caller_id_number|digits}"}`,
		`{"httpRequest": {"url": "TOWN/crm", "method": "GET", "timeout": 30000, "query": {"n": "${n}"}, "exportVariables": {"name": "rows.0.name"}}}`,
		`{"string": {"fn": "slice", "data": "${n}", "args": [-9], "setVar": "n"}}`,
	}
	for i := len(steps); i < 18; i++ {
		steps = append(steps, fmt.Sprintf(`{"if": {"expression": "${n} == '%d' || ${name} == ''", "then": [{"setVar": "name=nobody"}]}}`, i))
	}
	steps = append(steps, `{"answer": true}`, `{"hangup": "USER_BUSY"}`)
	return `{"name": "r", "context": "public", "destination_number": ["1"], "callflow": [` + strings.Join(steps, ",\n") + `],
		"onDisconnect": [{"log": "${hangup_cause}"}]}`
}

// answering is how long the web server takes for each answer, in a process of its own.
const answering = 20 * time.Millisecond

// BenchmarkCallsWithScripts has calls come at a rate, each with its leg, its room, a script of twenty steps with a lookup at a web server, the step that is done
// afterwards and the journal. The time that it reports is what we add to that of the server, from a call's coming to its end; the processor's time is this process's.
func BenchmarkCallsWithScripts(b *testing.B) {
	for _, perSecond := range []int{100, 1000} {
		b.Run(fmt.Sprintf("%d a second", perSecond), func(b *testing.B) { comeAt(b, perSecond) })
	}
}

func comeAt(b *testing.B, perSecond int) {
	crm := startLookups(b)
	client := newClient()
	b.Cleanup(client.Close)
	o := options(folderOf(b, crm.url, twenty()), client)
	var afterwards finished
	o.Journal, o.Sink = b.TempDir(), &afterwards
	r, err := live.New(o)
	must(b, err)
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { must(b, r.Run(ctx)) })
	calls, err := bridge.New(bridge.Options{Default: r, Sink: r})
	must(b, err)

	var mu sync.Mutex
	var all sync.WaitGroup
	var added []time.Duration
	began, used := time.Now(), cpu()
	for i := 0; b.Loop(); i++ {
		if early := time.Until(began.Add(time.Duration(i) * time.Second / time.Duration(perSecond))); early > 0 {
			<-time.After(early)
		}
		afterwards.Add(1)
		all.Go(func() {
			from := time.Now()
			if out := calls.Handle(b.Context(), newCaller(), bridge.Address{Scheme: "sip", User: "1000"}); out.Cause != bridge.UserBusy {
				b.Errorf("ended %+v", out)
			}
			mu.Lock()
			added = append(added, time.Since(from)-answering)
			mu.Unlock()
		})
	}
	all.Wait()
	afterwards.Wait()
	took, n := time.Since(began), float64(len(added))
	b.ReportMetric(n/took.Seconds(), "calls/s")
	b.ReportMetric(float64(r.Stats().Steps)/took.Seconds(), "steps/s")
	b.ReportMetric(float64((cpu()-used).Microseconds())/n, "cpu-µs/call")
	slices.Sort(added)
	b.ReportMetric(milliseconds(added[len(added)/2]), "p50-added-ms")
	b.ReportMetric(milliseconds(added[len(added)*99/100]), "p99-added-ms")
	if asked := crm.end(); asked != len(added) || r.Stats().Steps != uint64(21*len(added)) {
		b.Errorf("%d calls were looked up and did %d steps, of %d", asked, r.Stats().Steps, len(added))
	}
	stop()
	running.Wait()
	must(b, r.Close())
}

// finished waits for scripts with which nothing is to be done any more.
type finished struct{ sync.WaitGroup }

func (f *finished) Publish(ev bridge.Event) {
	if ev.Kind == bridge.ScriptEnded {
		f.Done()
	}
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// cpu is the processor time that was used so far, which other programs beside us do not change.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// lookupServer is the environment variable by which this test program is told to be a web server that knows everybody.
const lookupServer = "SWITCHGRAM_LOOKUPS"

// lookUp says where it is, answers until its standard input ends, and says how often it did.
func lookUp() {
	var asked atomic.Int64
	crm := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		<-time.After(answering)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"rows": [{"name": "Ann"}]}`)
	}))
	fmt.Println(crm.URL)
	_, _ = io.Copy(io.Discard, os.Stdin)
	fmt.Println(asked.Load())
}

// lookups is that web server, as we see it.
type lookups struct {
	url string
	end func() (asked int)
}

func startLookups(b *testing.B) (l lookups) {
	b.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), lookupServer+"=1")
	in, err := cmd.StdinPipe()
	must(b, err)
	out, err := cmd.StdoutPipe()
	must(b, err)
	must(b, cmd.Start())
	_, err = fmt.Fscanln(out, &l.url)
	must(b, err)
	l.end = func() (asked int) {
		must(b, in.Close())
		_, err := fmt.Fscanln(out, &asked)
		must(b, errors.Join(err, cmd.Wait()))
		return asked
	}
	return l
}
