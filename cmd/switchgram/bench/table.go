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

// printer shows results, each as soon as it is there.
type printer interface {
	begin() error
	result(*Result) error
	end() error
}

// table prints for people.
type table struct {
	w     io.Writer
	notes []string
}

const barWidth = 20

var columns = []struct {
	title string
	width int
	value func(*Result) string
}{
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

func (t *table) begin() error {
	var titles, rule string
	for _, c := range columns {
		titles += pad(c.title, c.width) + "  "
		rule += strings.Repeat("─", max(c.width, utf8.RuneCountInString(c.title))) + "  "
	}
	_, err := fmt.Fprintf(t.w, "%s\n%s\n", strings.TrimRight(titles, " "), strings.TrimRight(rule, " "))
	return err
}

func (t *table) result(r *Result) error {
	var line string
	for _, c := range columns {
		line += pad(c.value(r), c.width) + "  "
	}
	if r.Short() {
		t.notes = append(t.notes, note(r))
		line += fmt.Sprintf("[%d]", len(t.notes))
	}
	_, err := fmt.Fprintln(t.w, strings.TrimRight(line, " "))
	return err
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

func (t *table) end() error {
	for i, n := range t.notes {
		if _, err := fmt.Fprintf(t.w, "[%d] %s\n", i+1, n); err != nil {
			return err
		}
	}
	return nil
}

// pad fills s to width characters.
func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(s)))
}

// jsonLines prints for programs.
type jsonLines struct{ w io.Writer }

func (jsonLines) begin() error { return nil }

func (j jsonLines) result(r *Result) error { return json.NewEncoder(j.w).Encode(r) }

func (jsonLines) end() error { return nil }
