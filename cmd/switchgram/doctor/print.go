package doctor

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Table prints findings for people, a line each; what to do stands below what is wrong.
func Table(to io.Writer) func(Finding) {
	return func(f Finding) {
		fmt.Fprintf(to, "%-8s %-14s %s\n", mark(f.Verdict), f.Check, f.Said)
		for line := range strings.SplitSeq(f.Mend, "\n") {
			if line != "" {
				fmt.Fprintf(to, "%-8s %-14s → %s\n", "", "", line)
			}
		}
	}
}

// mark is how a verdict stands in the table: what is fine is quiet.
func mark(v Verdict) string {
	switch v {
	case Skipped:
		return "-"
	case Wrong:
		return "WRONG"
	default:
		return string(v)
	}
}

// JSON prints findings for programs, an object each.
func JSON(to io.Writer) func(Finding) {
	e := json.NewEncoder(to)
	return func(f Finding) { _ = e.Encode(f) } // as the table: who does not read is not told
}
