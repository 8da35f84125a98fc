package bench

import (
	"context"
	"fmt"
	"io"
	"time"

	"switchgram/cmd/switchgram/bench/worker"
)

// What counts as carried, and what is wished for.
const (
	tolerable  = 5 * time.Millisecond // p99 of the delay, of the largest number of calls
	aimHalf    = time.Millisecond     // the same at half of that number
	aimRSS     = 1 << 20              // bytes a call
	most       = 1000                 // that the bridge takes
	searchFor  = 75 * time.Second     // for a mode: all of them together take less than a quarter of an hour
	exhausted  = 95.0                 // percent of a processor: it can do no more
	behind     = time.Millisecond     // that who calls is late by: it can do no more
	disturbed  = 5.0                  // percent of the time that others had the bridge's processor: what was measured is theirs, too
	top        = 5                    // functions that are named
	profileFor = 3 * time.Second
)

// Result is the most that a mode could carry.
type Result struct {
	Point
	Aim     int           `json:"aim"`
	Half    *Point        `json:"-"` // with half as many calls
	HalfP99 millis        `json:"half_delay_p99_ms"`
	ByLoad  bool          `json:"limited_by_load"` // who calls could do no more, or there were no more calls: the bridge might
	Top     []worker.Cost `json:"top,omitempty"`   // what cost most, if it is below the aim
}

// Short tells whether something is below its aim.
func (r *Result) Short() bool {
	return r.Calls < r.Aim || r.RSS >= aimRSS || r.Half != nil && time.Duration(r.HalfP99) >= aimHalf
}

// A subject is what carries the calls. Its methods are called from one goroutine.
type subject interface {
	resize(ctx context.Context, calls int) error // makes so many calls stand
	measure(ctx context.Context, d time.Duration) (Point, error)
}

// A candid subject is one that we can look into.
type candid interface {
	subject
	profiled(ctx context.Context, d time.Duration, file string) ([]worker.Cost, error)
}

// survey looks for the most that a subject can carry.
type survey struct {
	candid
	mode     Mode
	window   time.Duration
	until    time.Time
	progress io.Writer
	best     Point
	last     Point // that was too much
}

func (v *survey) run(ctx context.Context) (*Result, error) {
	n, err := largest(v.mode.Aim/4, most, func(n int) (trial, error) { return v.fits(ctx, n) })
	if err != nil {
		return nil, err
	}
	r := &Result{Point: v.best, Aim: v.mode.Aim, ByLoad: n == most || n > 0 && v.last.loadLimited()}
	if n == 0 {
		r.Point = Point{Mode: v.mode.Name, Waited: v.last.Waited}
	}
	if n < 2 {
		return r, nil
	}
	costs, err := v.profile(ctx, n)
	if err != nil {
		return r, err
	}
	if err := v.half(ctx, r); err != nil || !r.Short() {
		return r, err
	}
	r.Top = costs
	return r, nil
}

// half measures with half of the calls.
func (v *survey) half(ctx context.Context, r *Result) error {
	p, err := v.try(ctx, r.Calls/2)
	r.Half, r.HalfP99 = &p, p.P99
	return err
}

// profile says what costs most with n calls.
func (v *survey) profile(ctx context.Context, n int) ([]worker.Cost, error) {
	if err := v.resize(ctx, n); err != nil {
		return nil, err
	}
	all, err := v.profiled(ctx, profileFor, "")
	return all[:min(top, len(all))], err
}

// fits tells whether n calls are carried well. Who fails has a second try, since the machine may have had something else to do.
func (v *survey) fits(ctx context.Context, n int) (trial, error) {
	for range 2 {
		if time.Now().After(v.until) {
			return trial{}, errTime
		}
		p, err := v.try(ctx, n)
		if err != nil {
			return trial{}, err
		}
		if p.carried(n) {
			v.best = p
			return trial{true, int(p.hold())}, nil
		}
		v.last = p
		if p.CPU*float64(p.Calls) > exhausted {
			break
		}
	}
	return trial{}, nil
}

// try measures with n calls, or with as many as came about.
func (v *survey) try(ctx context.Context, n int) (Point, error) {
	fmt.Fprintf(v.progress, "%-8s %4d calls ... ", v.mode.Name, n)
	if err := v.resize(ctx, n); err != nil && ctx.Err() != nil {
		return Point{}, err
	} else if err != nil {
		fmt.Fprintf(v.progress, "%v; ", err)
	}
	p, err := v.measure(ctx, v.window)
	if err == nil {
		fmt.Fprintln(v.progress, p.verdict(n))
	}
	return p, err
}

// hold is how many calls would keep a core busy, going by what one costs; 0: nobody knows.
func (p Point) hold() float64 {
	if p.CPU <= 0 {
		return 0
	}
	return 100 / p.CPU
}

func (p Point) carried(n int) bool {
	return p.Calls == n && p.Lost == 0 && time.Duration(p.P99) < tolerable
}

// loadLimited tells whether who calls was at its end.
func (p Point) loadLimited() bool {
	return time.Duration(p.Late) > behind
}

// verdict is a point in a line.
func (p Point) verdict(n int) string {
	text := fmt.Sprintf("processor %3.0f %%, p99 %6.2f ms, lost %d", p.CPU*float64(p.Calls), p.P99.value(), p.Lost)
	if p.Calls != n {
		text += fmt.Sprintf(", %d calls fell", n-p.Calls)
	}
	if p.loadLimited() {
		text += fmt.Sprintf(" (who calls was late, by %.1f ms)", p.Late.value())
	}
	if p.Waited > disturbed {
		text += fmt.Sprintf(" (others had the processor for %.0f %%)", p.Waited)
	}
	return text
}
