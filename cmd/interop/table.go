package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"switchgram/cmd/interop/trial"
)

// columns of the tables. The last is as wide as it has to be.
var columns = []struct {
	title string
	value func(*row) string
}{
	{"version", func(r *row) string { return r.cell.version }},
	{"calls", func(r *row) string { return r.cell.caller() }},
	{"path", func(r *row) string { return r.cell.path.Name }},
	{"trouble", func(r *row) string { return r.cell.trouble.Name }},
	{"passed", (*row).passed},
	{"connected ms", (*row).connected},
	{"caller hears", func(r *row) string { return r.hears(trial.Caller) }},
	{"callee hears", func(r *row) string { return r.hears(trial.Callee) }},
	{"silence s", (*row).silence},
	{"sound", (*row).way},
	{"", func(r *row) string { return strings.TrimPrefix(r.word()+": "+r.why(), "ok: ") }},
}

// table prints rows for people.
func table(w io.Writer, rows []*row) error {
	widths := make([]int, len(columns))
	for i, c := range columns {
		widths[i] = utf8.RuneCountInString(c.title)
		for _, r := range rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(c.value(r)))
		}
	}
	line := func(value func(i int) string) string {
		var b strings.Builder
		for i, width := range widths {
			fmt.Fprintf(&b, "%-*s  ", width, value(i))
		}
		return strings.TrimRight(b.String(), " ") + "\n"
	}
	text := line(func(i int) string { return columns[i].title })
	for _, r := range rows {
		text += line(func(i int) string { return columns[i].value(r) })
	}
	_, err := io.WriteString(w, text)
	return err
}

// markdown prints rows for a document.
func markdown(w io.Writer, rows []*row) error {
	var b strings.Builder
	for _, c := range columns {
		b.WriteString("| " + c.title + " ")
	}
	b.WriteString("|\n" + strings.Repeat("|---", len(columns)) + "|\n")
	for _, r := range rows {
		for _, c := range columns {
			b.WriteString("| " + strings.ReplaceAll(c.value(r), "|", `\|`) + " ")
		}
		b.WriteString("|\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// The JSON form of a row.
type (
	jsonRow struct {
		Version    string    `json:"version"`
		Caller     string    `json:"caller"` // ours, theirs
		Path       string    `json:"path"`
		Trouble    string    `json:"trouble"`
		NotOffered string    `json:"not_offered,omitempty"`
		Runs       []jsonRun `json:"runs"`
	}
	jsonRun struct {
		Seed        uint64     `json:"seed"`
		Failure     string     `json:"failure,omitempty"`
		ConnectedMS int64      `json:"connected_ms"`
		HeardHz     [2]float64 `json:"heard_hz"`    // by the caller, by the callee
		HeardShare  [2]float64 `json:"heard_share"` // likewise
		SilenceMS   [2]int64   `json:"silence_ms"`  // likewise
		Direct      bool       `json:"direct"`
		TookMS      int64      `json:"took_ms"`
	}
)

// writeJSON prints rows for programs, each run by itself.
func writeJSON(w io.Writer, rows []*row) error {
	all := []jsonRow{}
	for _, r := range rows {
		j := jsonRow{Version: r.cell.version, Caller: r.cell.caller(), Path: r.cell.path.Name, Trouble: r.cell.trouble.Name, NotOffered: r.notOffered, Runs: []jsonRun{}}
		for _, x := range r.runs {
			j.Runs = append(j.Runs, x.json())
		}
		all = append(all, j)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "\t")
	return e.Encode(all)
}

func (x run) json() jsonRun {
	r := x.result
	j := jsonRun{Seed: x.seed, Failure: r.Failure, ConnectedMS: r.Connected.Milliseconds(), Direct: r.Direct, TookMS: r.Took.Milliseconds()}
	for i := range r.Heard {
		j.HeardHz[i], j.HeardShare[i], j.SilenceMS[i] = r.Heard[i].Hz, r.Heard[i].Share, r.Silence[i].Milliseconds()
	}
	return j
}
