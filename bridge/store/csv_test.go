package store

import (
	"context"
	"encoding/csv"
	"errors"
	"iter"
	"strings"
	"testing"
)

func yielding(calls ...Record) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		for _, r := range calls {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func TestCallsAreWrittenAsATable(t *testing.T) {
	s := opened(t, Options{DSN: newFile(t), Journal: t.TempDir()})
	threeCalls(t, s)
	var b strings.Builder

	must(t, WriteCSV(&b, s.Each(context.Background(), Query{Limit: 2})))

	rows, err := csv.NewReader(strings.NewReader(b.String())).ReadAll()
	must(t, err)
	if len(rows) != 4 {
		t.Fatalf("%d lines, want a heading and 3 calls:\n%s", len(rows), b.String())
	}
	want := "ann 2026-03-14T12:00:00Z in sales tg:+4930123456 +4930123456 Анна Ковалёва ann_k sip:1000 sip:1000 2026-03-14T12:00:05Z 2026-03-14T12:01:35Z " +
		"90.000 false NORMAL_CLEARING caller none  "
	if got := strings.Join(rows[3], " "); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestNoCellIsAFormula(t *testing.T) {
	for text, want := range map[string]string{
		"=1+1": "'=1+1", "+49301": "+49301", "+1+1": "'+1+1", "-2": "'-2", "@SUM(A1)": "'@SUM(A1)", "\t=1": "'\t=1", " =1": "' =1", "＝1": "'＝1",
		"Анна": "Анна", "": "", "sip:1000": "sip:1000", "a=b": "a=b", "+": "'+",
	} {
		if got := harmless(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

func TestWritingATableEndsWithTheError(t *testing.T) {
	broken := errors.New("broken")
	err := WriteCSV(&strings.Builder{}, func(yield func(Record, error) bool) { yield(Record{}, broken) })
	if !errors.Is(err, broken) {
		t.Errorf("%v, want the error", err)
	}
	if err := WriteCSV(full{}, yielding(Record{ID: "1"})); err == nil {
		t.Error("written to where there is no room")
	}
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no room") }
