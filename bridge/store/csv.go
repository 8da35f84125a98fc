package store

import (
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"
)

// WriteCSV writes calls as a table with a heading (RFC 4180, UTF-8). A cell that a spreadsheet would take for a formula begins with an apostrophe:
// names come from outside. Times are in UTC, talk is in seconds.
func WriteCSV(to io.Writer, calls iter.Seq2[Record, error]) error {
	w := csv.NewWriter(to)
	heading := []string{
		"call", "began", "direction", "line", "from", "caller_number", "caller_name", "caller_username", "to", "answered_by", "answered", "ended",
		"talk_seconds", "missed", "cause", "ended_by", "fault", "recordings", "notes",
	}
	if err := w.Write(heading); err != nil {
		return fmt.Errorf("store: write CSV: %w", err)
	}
	for r, err := range calls {
		if err != nil {
			return err
		}
		if err := w.Write(cells(r)); err != nil {
			return fmt.Errorf("store: write CSV: %w", err)
		}
	}
	if w.Flush(); w.Error() != nil {
		return fmt.Errorf("store: write CSV: %w", w.Error())
	}
	return nil
}

func cells(r Record) []string {
	var recordings, notes []string
	for _, i := range r.Recordings {
		recordings = append(recordings, i.Place)
	}
	for _, n := range r.Notes {
		notes = append(notes, n.Text)
	}
	all := []string{
		string(r.ID), utc(r.Times.Started), r.Direction, r.Line, r.From, r.Caller.Number, r.Caller.Name, r.Caller.Username, r.To, r.AnsweredBy,
		utc(r.Times.Answered), utc(r.Times.Ended), strconv.FormatFloat(r.Times.Talk, 'f', 3, 64), strconv.FormatBool(r.Missed), r.Cause, r.EndedBy, r.Fault,
		strings.Join(recordings, "\n"), strings.Join(notes, "\n"),
	}
	for i, cell := range all {
		all[i] = harmless(cell)
	}
	return all
}

func utc(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// harmless is the cell, which a spreadsheet takes for no formula (owasp.org/www-community/attacks/CSV_Injection). A number with its + is none.
func harmless(cell string) string {
	trimmed := strings.TrimLeft(cell, " \u00a0\u3000")
	if trimmed == "" || !strings.ContainsAny(string([]rune(trimmed)[0]), "=+-@\t\r\n|%＝＋－＠") {
		return cell
	}
	if rest, plus := strings.CutPrefix(cell, "+"); plus && rest != "" && strings.Trim(rest, "0123456789") == "" {
		return cell
	}
	return "'" + cell
}
