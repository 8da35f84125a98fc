package main

import (
	"fmt"
	"strings"
	"time"

	"switchgram/cmd/interop/trial"
)

// row is what became of a cell.
type row struct {
	cell       cell
	notOffered string // why it was not tried; "": it was
	runs       []run
}

// run is one call of a cell.
type run struct {
	seed   uint64
	result trial.Result
}

func (r *row) passes() (n int) {
	for _, x := range r.runs {
		if x.result.Failure == "" {
			n++
		}
	}
	return n
}

// failed tells whether a call was tried and did not do.
func (r *row) failed() bool { return r.passes() < len(r.runs) }

// word is the row's fate in one word.
func (r *row) word() string {
	switch {
	case r.notOffered != "":
		return "not offered"
	case r.failed():
		return "FAILED"
	}
	return "ok"
}

// passed is such as "3/3".
func (r *row) passed() string {
	if r.notOffered != "" {
		return "-"
	}
	return fmt.Sprintf("%d/%d", r.passes(), len(r.runs))
}

// connected is from the fastest to the slowest, in ms.
func (r *row) connected() string {
	var least, most time.Duration
	for _, x := range r.runs {
		if d := x.result.Connected; d > 0 {
			if least == 0 || d < least {
				least = d
			}
			most = max(most, d)
		}
	}
	switch {
	case most == 0:
		return "-"
	case least.Milliseconds() == most.Milliseconds():
		return fmt.Sprint(most.Milliseconds())
	}
	return fmt.Sprintf("%d-%d", least.Milliseconds(), most.Milliseconds())
}

// hears is the worst that one side heard of the other's tone: its share of the energy.
func (r *row) hears(side int) string {
	worst := 2.0
	for _, x := range r.runs {
		if x.result.Heard[side].Hz > 0 {
			worst = min(worst, x.result.Heard[side].Share)
		}
	}
	if worst > 1 {
		return "-"
	}
	return fmt.Sprintf("%.2f", worst)
}

// silence is the longest of all runs and both sides, in s.
func (r *row) silence() string {
	var longest time.Duration
	for _, x := range r.runs {
		longest = max(longest, x.result.Silence[trial.Caller], x.result.Silence[trial.Callee])
	}
	if longest == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f", longest.Seconds())
}

// way is how sound went at the end, in most cases the same in all runs.
func (r *row) way() string {
	seen := map[bool]bool{}
	for _, x := range r.runs {
		if x.result.Failure == "" {
			seen[x.result.Direct] = true
		}
	}
	switch {
	case len(seen) == 0:
		return "-"
	case len(seen) == 2:
		return "both"
	case seen[true]:
		return "direct"
	}
	return "relay"
}

// why says what failed and with which seeds, or why it was not tried.
func (r *row) why() string {
	if r.notOffered != "" {
		return r.notOffered
	}
	var failures []string // in the order they were seen in
	seeds := map[string][]string{}
	for _, x := range r.runs {
		if f := x.result.Failure; f != "" {
			if seeds[f] == nil {
				failures = append(failures, f)
			}
			seeds[f] = append(seeds[f], fmt.Sprint(x.seed))
		}
	}
	for i, f := range failures {
		failures[i] = fmt.Sprintf("%s (seed %s)", f, strings.Join(seeds[f], ", "))
	}
	return strings.Join(failures, "; ")
}
