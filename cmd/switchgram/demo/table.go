package demo

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// printer shows the rows, each as soon as its call is over.
type printer interface {
	begin() error
	row(*Row) error
}

// table prints for people.
type table struct{ w io.Writer }

var columns = []struct {
	title string
	width int
	value func(*Row) string
}{
	{"", 2, func(r *Row) string { return map[bool]string{true: "ok", false: "!!"}[r.OK()] }},
	{"call", 27, func(r *Row) string { return r.From + " → " + r.To }},
	{"version", 7, func(r *Row) string { return orDash(r.Version) }},
	{"path", 9, func(r *Row) string { return orDash(r.Pair) }},
	{"codec", 19, func(r *Row) string { return orDash(r.Codec) }},
	{"set-up", 7, func(r *Row) string { return setup(r.Setup) }},
	{"caller hears", 20, func(r *Row) string { return r.Caller.String() }},
	{"callee hears", 20, func(r *Row) string { return r.Callee.String() }},
	{"lost", 4, func(r *Row) string { return fmt.Sprint(r.Lost) }},
	{"mos", 4, func(r *Row) string { return opinion(r.MOS) }},
	{"ended", 0, func(r *Row) string { return r.Ended }},
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func setup(d time.Duration) string {
	if d == 0 {
		return "-"
	}
	return fmt.Sprintf("%4d ms", d.Milliseconds())
}

func opinion(mos float64) string {
	if mos == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f", mos)
}

func (t table) begin() error {
	var titles, rule string
	for _, c := range columns {
		titles += pad(c.title, c.width) + "  "
		rule += pad("", max(c.width, utf8.RuneCountInString(c.title)), '─') + "  "
	}
	_, err := fmt.Fprintf(t.w, "%s\n%s\n", strings.TrimRight(titles, " "), strings.TrimRight(rule, " "))
	return err
}

func (t table) row(r *Row) error {
	var line string
	for _, c := range columns {
		line += pad(c.value(r), c.width) + "  "
	}
	if _, err := fmt.Fprintln(t.w, strings.TrimRight(line, " ")); err != nil {
		return err
	}
	for _, p := range r.Problems {
		if _, err := fmt.Fprintf(t.w, "      %s: %s\n", r.Call, p); err != nil {
			return err
		}
	}
	return nil
}

// pad fills s to width characters.
func pad(s string, width int, with ...rune) string {
	fill := ' '
	if len(with) > 0 {
		fill = with[0]
	}
	for n := utf8.RuneCountInString(s); n < width; n++ {
		s += string(fill)
	}
	return s
}

// jsonLines prints for programs.
type jsonLines struct{ w io.Writer }

func (jsonLines) begin() error { return nil }

func (j jsonLines) row(r *Row) error { return json.NewEncoder(j.w).Encode(r) }
