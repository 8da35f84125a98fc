package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
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

type column struct {
	title string
	width int
	value func(*Result) string
}

var columns = []column{
	{"mode", 8, func(r *Result) string { return r.Mode }},
	{"calls on one core", barWidth, func(r *Result) string { return bar(r.Calls, r.Aim) }},
	{"", 5, func(r *Result) string { return atLeast(r) }},
	{"aim", 5, func(r *Result) string { return fmt.Sprint(r.Aim) }},
	{"core/call", 9, func(r *Result) string { return fmt.Sprintf("%.2f %%", r.CPU) }},
	{"memory/call", 11, func(r *Result) string { return fmt.Sprintf("%.2f MiB", float64(r.RSS)/(1<<20)) }},
	{"delay p50", 9, func(r *Result) string { return delay(r.P50) }},
	{"p99", 8, func(r *Result) string { return delay(r.P99) }},
	{"max", 8, func(r *Result) string { return delay(r.Max) }},
	{"lost", 5, func(r *Result) string { return fmt.Sprint(r.Lost) }},
	{"p99 at half", 11, func(r *Result) string { return halfDelay(r) }},
}

// bar shows how much of the aim is reached.
func bar(n, aim int) string {
	full := min(barWidth, int(math.Round(barWidth*float64(n)/float64(max(1, aim)))))
	return strings.Repeat("█", full) + strings.Repeat("░", barWidth-full)
}

func atLeast(r *Result) string {
	if r.ByLoad {
		return fmt.Sprintf("≥%d", r.Calls)
	}
	return fmt.Sprint(r.Calls)
}

func delay(d millis) string { return fmt.Sprintf("%.2f ms", d.value()) }

func halfDelay(r *Result) string {
	if r.Half == nil {
		return "-"
	}
	return delay(r.HalfP99)
}

// print prints a table of the results, if there are any, and the rest below.
func (t table) print(all []finding) error {
	var rows, below []string
	for _, f := range all {
		switch f := f.(type) {
		case *Result:
			row := line(func(c column) string { return c.value(f) })
			if f.Short() {
				below = append(below, fmt.Sprintf("[%d] %s", len(below)+1, note(f)))
				row += fmt.Sprintf("  [%d]", len(below))
			}
			rows = append(rows, row)
		case interface{ sentence() string }:
			below = append(below, f.sentence())
		}
	}
	if len(rows) > 0 {
		title := line(func(c column) string { return c.title })
		rule := line(func(c column) string { return strings.Repeat("─", c.width) })
		rows = append([]string{title, rule}, rows...)
	}
	_, err := fmt.Fprintln(t.w, strings.Join(append(rows, below...), "\n"))
	return err
}

// line is a line of the table.
func line(value func(column) string) string {
	var text strings.Builder
	for _, c := range columns {
		text.WriteString(pad(value(c), c.width) + "  ")
	}
	return strings.TrimRight(text.String(), " ")
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
