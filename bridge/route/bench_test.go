package route_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"switchgram/bridge/fetch"
	"switchgram/bridge/route"
)

// twenty is a script of twenty steps, with one lookup if there is an address.
func twenty(lookUp string) string {
	steps := []string{`{"setVar": "n=${caller_id_number|digits}"}`, `{"string": {"fn": "slice", "data": "${n}", "args": [-9], "setVar": "n"}}`}
	if lookUp != "" {
		steps = append(steps, `{"httpRequest": {"url": "`+lookUp+`", "method": "GET", "query": {"n": "${n}"}, "exportVariables": {"name": "rows.0.name"}}}`)
	}
	for i := len(steps); i < 18; i += 2 {
		steps = append(steps, fmt.Sprintf(`{"if": {"expression": "${n} == '%d' || ${name} == ''", "then": [{"setVar": "name=nobody"}]}}`, i),
			`{"setVar": "effective_caller_id_name=${name|default:unknown}, &time_of_day()"}`)
	}
	steps = append(steps, `{"answer": true}`, `{"playback": "hello.wav"}`)
	return around(strings.Join(steps, ",\n"))
}

// engine runs a script, and asks this machine.
func engine(b *testing.B, script string) *route.Engine {
	b.Helper()
	l := &route.Library{Scripts: []*route.Script{parse(b, "x.json", script)}}
	client := fetch.New(fetch.Options{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	b.Cleanup(client.Close)
	return route.NewEngine(route.Options{Library: func() *route.Library { return l }, HTTP: client})
}

// mute is a channel that does nothing.
type mute struct{ route.Channel }

func (mute) ID() string                               { return "mute" }
func (mute) Variable(string) (string, bool)           { return "", false }
func (mute) Answer(context.Context) error             { return nil }
func (mute) Play(context.Context, route.Prompt) error { return nil }

func call(b *testing.B, e *route.Engine) {
	s, err := e.Begin(mute{}, route.Arrival{Context: route.Default, Number: "1", Facts: map[string]string{"caller_id_number": "+380501234567"}})
	if err != nil {
		b.Error(err)
		return
	}
	if ending := e.Run(context.Background(), mute{}, s); ending.Kind != route.Finished || s.Value("last_error") != "" {
		b.Errorf("%+v %v", ending, s.Variables)
	}
}

func BenchmarkSteps(b *testing.B) {
	e := engine(b, twenty(""))
	b.ReportAllocs()
	used := cpu()
	for b.Loop() {
		call(b, e)
	}
	b.ReportMetric(float64(b.N)*20/(cpu()-used).Seconds(), "steps/cpu-s")
}

// BenchmarkCalls has a thousand calls a second begin, each with a lookup at a web server; p99 is how long a script takes.
func BenchmarkCalls(b *testing.B) {
	crm := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"rows": [{"name": "Ann"}]}`)
	}))
	b.Cleanup(crm.Close)
	e := engine(b, twenty(crm.URL))
	var mu sync.Mutex
	var took []time.Duration
	var all sync.WaitGroup
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	began, used := time.Now(), cpu()
	for b.Loop() {
		<-tick.C
		all.Go(func() {
			from := time.Now()
			call(b, e)
			mu.Lock()
			took = append(took, time.Since(from))
			mu.Unlock()
		})
	}
	all.Wait()
	b.ReportMetric(float64((cpu()-used).Microseconds())/float64(len(took)), "cpu-µs/call")
	slices.Sort(took)
	b.ReportMetric(float64(len(took))/time.Since(began).Seconds(), "calls/s")
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

// cpu is the processor time that was used so far, which other programs beside us do not change. The web server's is in it.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
