package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// A finding is what was measured of one mode: a *Result has its row in the table, any other says it in a sentence.
type finding any

// printer shows what was found.
type printer interface{ print([]finding) error }

// table prints for people.
type table struct{ w io.Writer }

const barWidth = 20

// column is a column of a table of findings.
type column[F any] struct {
	title string
	width int
	value func(F) string
}

var resultColumns = []column[*Result]{
	{"mode", 8, func(r *Result) string { return r.Mode }},
	{"calls on one core", barWidth, func(r *Result) string { return bar(r.Calls, r.Aim) }},
	{"", 5, func(r *Result) string { return atLeast(r) }},
	{"aim", 5, func(r *Result) string { return fmt.Sprint(r.Aim) }},
	{"core/call", 9, func(r *Result) string { return fmt.Sprintf("%.2f %%", r.CPU) }},
	{"would hold", 10, func(r *Result) string { return capacity(r.Point) }},
	{"memory/call", 11, func(r *Result) string { return fmt.Sprintf("%.2f MiB", float64(r.RSS)/(1<<20)) }},
	{"delay p50", 9, func(r *Result) string { return delay(r.P50) }},
	{"p99", 8, func(r *Result) string { return delay(r.P99) }},
	{"max", 8, func(r *Result) string { return delay(r.Max) }},
	{"lost", 5, func(r *Result) string { return fmt.Sprint(r.Lost) }},
	{"late", 7, func(r *Result) string { return delay(r.Late) }},
	{"p99 at half", 11, func(r *Result) string { return atHalf(r, func(p Point) millis { return p.P99 }) }},
	{"late", 7, func(r *Result) string { return atHalf(r, func(p Point) millis { return p.Late }) }},
}

var comparedColumns = []column[*Compared]{
	{"round", 5, func(c *Compared) string { return fmt.Sprint(c.Round) }},
	{"carrier", 10, func(c *Compared) string { return c.Carrier }},
	{"calls", 5, func(c *Compared) string { return fmt.Sprint(c.Calls) }},
	{"a core", barWidth, func(c *Compared) string { return bar(int(c.CPU*float64(c.Calls)), 100) }},
	{"core/call", 9, func(c *Compared) string { return fmt.Sprintf("%.2f %%", c.CPU) }},
	{"memory/call", 11, func(c *Compared) string { return fmt.Sprintf("%.2f MiB", float64(c.RSS)/(1<<20)) }},
	{"delay p50", 9, func(c *Compared) string { return delay(c.P50) }},
	{"p99", 8, func(c *Compared) string { return delay(c.P99) }},
	{"max", 8, func(c *Compared) string { return delay(c.Max) }},
	{"lost", 5, func(c *Compared) string { return fmt.Sprint(c.Lost) }},
}

// bar shows how much of the aim is reached.
func bar(n, aim int) string {
	full := min(barWidth, int(math.Round(barWidth*float64(n)/float64(max(1, aim)))))
	return strings.Repeat("█", full) + strings.Repeat("░", barWidth-full)
}

// capacity is how many calls would keep a core busy.
func capacity(p Point) string {
	if n := p.hold(); n > 0 {
		return fmt.Sprintf("%.0f", n)
	}
	return "-"
}

func atLeast(r *Result) string {
	if r.ByLoad {
		return fmt.Sprintf("≥%d", r.Calls)
	}
	return fmt.Sprint(r.Calls)
}

func delay(d millis) string { return fmt.Sprintf("%.2f ms", d.value()) }

// atHalf is something of the measurement with half of the calls, if there was one.
func atHalf(r *Result, what func(Point) millis) string {
	if r.Half == nil {
		return "-"
	}
	return delay(what(*r.Half))
}

// print prints tables of the results and of what was compared, if there are any, and the rest below.
func (t table) print(all []finding) error {
	var results []*Result
	var compared []*Compared
	var below []string
	for _, f := range all {
		switch f := f.(type) {
		case *Result:
			results = append(results, f)
		case *Compared:
			compared = append(compared, f)
		case interface{ sentence() string }:
			below = append(below, f.sentence())
		}
	}
	rows, notes := resultRows(results)
	rows = append(rows, tabulate(comparedColumns, compared)...)
	for _, text := range slices.Concat(rows, notes, below) {
		if _, err := fmt.Fprintln(t.w, text); err != nil {
			return err
		}
	}
	return nil
}

// resultRows are the rows of results, and notes on those that are below their aim or were disturbed.
func resultRows(all []*Result) (rows, notes []string) {
	rows = tabulate(resultColumns, all)
	for i, r := range all {
		if r.Short() {
			notes = append(notes, fmt.Sprintf("[%d] %s", len(notes)+1, note(r)))
			rows[len(rows)-len(all)+i] += fmt.Sprintf("  [%d]", len(notes))
		}
	}
	for _, r := range all {
		if r.Waited > disturbed {
			notes = append(notes, fmt.Sprintf("%s: others had the bridge's processor for %.0f %% of the time. Delay and loss are their doing, too.", r.Mode, r.Waited))
		}
	}
	return rows, notes
}

// tabulate are the lines of a table; none for nothing.
func tabulate[F any](columns []column[F], all []F) (lines []string) {
	if len(all) == 0 {
		return nil
	}
	add := func(value func(column[F]) string) {
		var text strings.Builder
		for _, c := range columns {
			text.WriteString(pad(value(c), c.width) + "  ")
		}
		lines = append(lines, strings.TrimRight(text.String(), " "))
	}
	add(func(c column[F]) string { return c.title })
	add(func(c column[F]) string { return strings.Repeat("─", c.width) })
	for _, f := range all {
		add(func(c column[F]) string { return c.value(f) })
	}
	return lines
}

// note says what is below its aim, and what cost most.
func note(r *Result) string {
	var short []string
	if r.Calls < r.Aim {
		short = append(short, fmt.Sprintf("%d of %d calls", r.Calls, r.Aim))
	}
	if r.RSS >= aimRSS {
		short = append(short, fmt.Sprintf("%.2f MiB a call, not under 1", float64(r.RSS)/(1<<20)))
	}
	if r.Half != nil && time.Duration(r.HalfP99) >= aimHalf {
		short = append(short, fmt.Sprintf("p99 %s at half of them, not under 1 ms", delay(r.HalfP99)))
	}
	text := r.Mode + ": " + strings.Join(short, "; ")
	for i, c := range r.Top {
		text += fmt.Sprintf("%s%s %.0f %%", map[bool]string{true: ". Most of it: ", false: ", "}[i == 0], c.Function, 100*c.Share)
	}
	return text
}

// pad fills s to width characters.
func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(s)))
}

// jsonLines prints for programs.
type jsonLines struct{ w io.Writer }

func (j jsonLines) print(all []finding) error {
	to := json.NewEncoder(j.w)
	for _, f := range all {
		if err := to.Encode(f); err != nil {
			return err
		}
	}
	return nil
}
