package doctor

import "fmt"

// Verdict is what a finding means.
type Verdict string

// The verdicts.
const (
	OK      Verdict = "ok"
	Skipped Verdict = "skipped" // could not be looked at, or was not asked for
	Warning Verdict = "warning" // works, and could be better
	Wrong   Verdict = "wrong"
)

// Finding is what a check has found: a line of the table, and a line of JSON.
type Finding struct {
	Check   string  `json:"check"`
	Verdict Verdict `json:"verdict"`
	Said    string  `json:"said"`
	Mend    string  `json:"mend,omitempty"` // what to do about it
}

func ok(check, format string, args ...any) Finding {
	return Finding{Check: check, Verdict: OK, Said: fmt.Sprintf(format, args...)}
}

func skipped(check, format string, args ...any) Finding {
	return Finding{Check: check, Verdict: Skipped, Said: fmt.Sprintf(format, args...)}
}

func warning(check, said, mend string) Finding {
	return Finding{Check: check, Verdict: Warning, Said: said, Mend: mend}
}

func wrong(check, said, mend string) Finding {
	return Finding{Check: check, Verdict: Wrong, Said: said, Mend: mend}
}
