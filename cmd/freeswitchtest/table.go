package main

import (
	"fmt"
	"io"
	"time"
	"unicode/utf8"
)

// table prints each row when it is over, for people.
type table struct {
	out               io.Writer
	began             time.Time
	ok, bad, notTried int
}

const nameWidth = 62

func newTable(out io.Writer, w *world) *table {
	fmt.Fprintf(out, "FreeSWITCH %s, profile %s at %s, domain %s; the bridge at %s\n\n", w.fs.version, w.o.profile, w.fs.sip, w.fs.domain, w.program.SIPAddr("udp"))
	fmt.Fprintf(out, "    %s %7s  %s\n", padded("what was tried"), "ms", "what was seen")
	return &table{out: out, began: time.Now()}
}

// add tries a row and prints it.
func (t *table) add(name string, try func() verdict) {
	v := try()
	mark, said := "ok", v.saw
	switch {
	case v.notTried != "":
		mark, said = "--", "not tried: "+v.notTried
		t.notTried++
	case v.err != nil:
		mark, said = "!!", v.err.Error()
		t.bad++
	default:
		t.ok++
	}
	fmt.Fprintf(t.out, "%s  %s %7d  %s\n", mark, padded(name), v.took.Milliseconds(), said)
}

// end prints the sum and tells whether a row failed.
func (t *table) end() (bad bool) {
	fmt.Fprintf(t.out, "\n%d ok, %d failed, %d not tried, in %v\n", t.ok, t.bad, t.notTried, time.Since(t.began).Round(time.Second))
	return t.bad > 0
}

func padded(s string) string {
	for n := utf8.RuneCountInString(s); n < nameWidth; n++ {
		s += " "
	}
	return s
}
