package bench

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"switchgram/cmd/switchgram/bench/load"
	"switchgram/cmd/switchgram/bench/worker"
)

// Point is what was measured with a number of calls. Its JSON is the line that `switchgram bench -json` prints.
type Point struct {
	Mode   string  `json:"mode"`
	Calls  int     `json:"calls"`
	CPU    float64 `json:"cpu_percent_per_call"` // of one core
	RSS    int64   `json:"rss_bytes_per_call"`   // resident with the calls, less without, divided
	P50    millis  `json:"delay_p50_ms"`         // load.Figures says what of
	P99    millis  `json:"delay_p99_ms"`
	Max    millis  `json:"delay_max_ms"`
	Lost   uint64  `json:"packets_lost"`
	Frames uint64  `json:"packets"`          // of 20 ms that arrived at somebody, in both directions
	Second float64 `json:"seconds"`          // that were measured
	Alone  millis  `json:"delay_alone_ms"`   // what was taken off the delays: what the load's own process needs
	Load   float64 `json:"load_cpu_percent"` // that those who call needed, of one core
	Late   millis  `json:"load_late_p99_ms"` // how late they sent: over 1, they were at their end
	Waited float64 `json:"waited_percent"`   // of the time, that the bridge could have run, but others had its processor
}

// millis is a duration that JSON shows as milliseconds, to the microsecond.
type millis time.Duration

// MarshalJSON writes milliseconds.
func (m millis) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, "%.3f", m.value()), nil }

func (m millis) value() float64 { return time.Duration(m).Seconds() * 1000 }

// settleFor is how long the calls run on before they are measured, after their set-up.
const settleFor = time.Second

// mostGarbage is what this process may leave lying while it measures, in bytes.
const mostGarbage = 4 << 30

// untidy has this process collect its garbage now, and then not before the function is called that it returns: those who call must not be
// late for that. What the bridge does is its own.
func untidy() func() {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	percent, limit := debug.SetGCPercent(-1), debug.SetMemoryLimit(int64(m.Sys)+mostGarbage)
	return func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	}
}

// meter measures a process that carries the calls of a load.
type meter struct {
	load   *load.Load
	sample func() (worker.Sample, error)
	bare   worker.Sample // before the first call
}

// measure measures for so long, with so many calls that stand.
func (m *meter) measure(ctx context.Context, mode string, calls int, d time.Duration) (Point, error) {
	defer untidy()()
	if err := load.Pause(ctx, settleFor); err != nil {
		return Point{}, err
	}
	before, err := m.sample()
	if err != nil {
		return Point{}, err
	}
	began, ours := time.Now(), cpu()
	f, err := m.load.Measure(ctx, d)
	if err != nil {
		return Point{}, err
	}
	took, spent := time.Since(began), cpu()-ours
	after, err := m.sample()
	each := max(1, calls)
	return Point{
		Mode: mode, Calls: calls, Lost: f.Lost + after.Dropped - before.Dropped, Frames: f.Packets, Second: d.Seconds(),
		CPU: percent(after.CPU-before.CPU, took) / float64(each), RSS: (after.RSS - m.bare.RSS) / int64(each),
		P50: millis(f.P50), P99: millis(f.P99), Max: millis(f.Max), Alone: millis(f.Alone),
		Load: percent(spent, took), Late: millis(f.Late), Waited: min(100, percent(after.Waited-before.Waited, took)), // several threads may wait at once
	}, err
}

// measure measures for so long with the calls that stand.
func (s *stand) measure(ctx context.Context, d time.Duration) (Point, error) {
	if err := s.process.Settle(); err != nil {
		return Point{}, err
	}
	return s.meter.measure(ctx, s.mode.Name, s.standing(), d)
}

func percent(part, of time.Duration) float64 { return 100 * part.Seconds() / of.Seconds() }

// cpu is what this process has used.
func cpu() time.Duration {
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil { // it cannot fail for ourselves
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// profiled has the bridge take a CPU profile for so long. It is kept in a file if that has a name.
func (s *stand) profiled(ctx context.Context, d time.Duration, file string) ([]worker.Cost, error) {
	if err := s.process.Profile(); err != nil {
		return nil, err
	}
	wait := load.Pause(ctx, d)
	all, err := s.process.Top(file)
	return all, errors.Join(wait, err)
}
