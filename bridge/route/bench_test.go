package route_test

import (
	"context"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"switchgram/bridge/route"
)

// twenty is a script of twenty steps, and one that it runs besides.
func twenty() string {
	steps := []string{`{"setVar": "n=${caller_id_number|digits}"}`, `{"string": {"fn": "slice", "data": "${n}", "args": [-9], "setVar": "n"}}`}
	for i := len(steps); i < 18; i += 2 {
		steps = append(steps, fmt.Sprintf(`{"if": {"expression": "${n} == '%d' || ${name} == ''", "then": [{"setVar": "name=nobody"}]}}`, i),
			`{"setVar": "effective_caller_id_name=${name|default:unknown}, &time_of_day()"}`)
	}
	steps = append(steps, `{"answer": true}`, `{"playback": "hello.wav"}`)
	return around(strings.Join(steps, ",\n"))
}

// mute is a channel that does nothing.
type mute struct{ route.Channel }

func (mute) ID() string                               { return "mute" }
func (mute) Variable(string) (string, bool)           { return "", false }
func (mute) Answer(context.Context) error             { return nil }
func (mute) Play(context.Context, route.Prompt) error { return nil }

// BenchmarkSteps has calls run a script that waits for nothing. What a whole call costs is measured in bridge/live.
func BenchmarkSteps(b *testing.B) {
	l := &route.Library{Scripts: []*route.Script{parse(b, "x.json", twenty())}}
	e := route.NewEngine(route.Options{Library: func() *route.Library { return l }})
	b.ReportAllocs()
	used, steps := cpu(), 0
	for b.Loop() {
		s, err := e.Begin(mute{}, route.Arrival{Context: route.Default, Number: "1", Facts: map[string]string{"caller_id_number": "+380501234567"}})
		if err != nil {
			b.Fatal(err)
		}
		if ending := e.Run(b.Context(), mute{}, s); ending.Kind != route.Finished || s.Value("last_error") != "" {
			b.Fatalf("%+v %v", ending, s.Variables)
		}
		steps += s.Counts.Steps
	}
	b.ReportMetric(float64(steps)/(cpu()-used).Seconds(), "steps/cpu-s")
}

// cpu is the processor time that was used so far, which other programs beside us do not change.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
