package live_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
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

// BenchmarkCallsWithScripts has calls come at a rate, each with its leg, its room, a script of twenty steps with a lookup at a web server, and the
// journal. What it reports of time is what a call took from its coming to its end, the lookup included.
func BenchmarkCallsWithScripts(b *testing.B) {
	for _, perSecond := range []int{100, 1000} {
		b.Run(fmt.Sprintf("%d a second", perSecond), func(b *testing.B) { comeAt(b, perSecond) })
	}
}

func comeAt(b *testing.B, perSecond int) {
	asked := &lookups{}
	crm := httptest.NewServer(asked)
	b.Cleanup(crm.Close)
	client := newClient()
	b.Cleanup(client.Close)
	o := options(folderOf(b, crm.URL, twenty()), client)
	o.Journal = b.TempDir()
	r, err := live.New(o)
	must(b, err)
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	running.Go(func() { must(b, r.Run(ctx)) })
	calls, err := bridge.New(bridge.Options{Default: r, Sink: r})
	must(b, err)

	var mu sync.Mutex
	var all sync.WaitGroup
	var took []time.Duration
	began, used := time.Now(), cpu()
	for i := 0; b.Loop(); i++ {
		if early := time.Until(began.Add(time.Duration(i) * time.Second / time.Duration(perSecond))); early > 0 {
			<-time.After(early)
		}
		all.Go(func() {
			from := time.Now()
			if out := calls.Handle(b.Context(), newCaller(), bridge.Address{Scheme: "sip", User: "1000"}); out.Cause != bridge.UserBusy {
				b.Errorf("ended %+v", out)
			}
			mu.Lock()
			took = append(took, time.Since(from))
			mu.Unlock()
		})
	}
	all.Wait()
	b.ReportMetric(float64(len(took))/time.Since(began).Seconds(), "calls/s")
	b.ReportMetric(float64((cpu()-used).Microseconds())/float64(len(took)), "cpu-µs/call")
	slices.Sort(took)
	b.ReportMetric(milliseconds(took[len(took)/2]), "p50-ms")
	b.ReportMetric(milliseconds(took[len(took)*99/100]), "p99-ms")
	if n := asked.count(); n != len(took) {
		b.Errorf("%d calls were looked up, of %d", n, len(took))
	}
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// lookups is a web server that knows everybody.
type lookups struct {
	mu sync.Mutex
	n  int
}

func (l *lookups) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	l.mu.Lock()
	l.n++
	l.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"rows": [{"name": "Ann"}]}`)
}

func (l *lookups) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.n
}

// cpu is the processor time that was used so far, which other programs beside us do not change. The web server's is in it.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
