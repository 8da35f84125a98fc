package notify

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// failure is a try that failed.
type failure struct {
	status int           // that the endpoint answered; 0: none
	final  bool          // it wants never to be told that again
	busy   bool          // it wants to be left alone by everything for a while
	after  time.Duration // not before that
	err    error
}

// Error is what went wrong. It has no secrets.
func (f *failure) Error() string { return f.err.Error() }

// Unwrap is the error underneath.
func (f *failure) Unwrap() error { return f.err }

// mostShown is how much of an answer an error shows, in bytes.
const mostShown = 160

// refusal is the failure of an endpoint that answered something else than that it has the notification.
func refusal(status int, what string, said []byte, secrets map[string]string) *failure {
	if words := shown(said, secrets); words != "" {
		what += ": " + words
	}
	return &failure{status: status, err: fmt.Errorf("answered %s", what)}
}

// shown is the beginning of what an endpoint said, on one line; some repeat what they were told, so secrets are taken out.
func shown(said []byte, secrets map[string]string) string {
	text := plain(string(said[:min(len(said), longestText)]))
	longestFirst := func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) } // one may be part of another
	for _, s := range slices.SortedFunc(maps.Values(secrets), longestFirst) {
		if s != "" {
			text = strings.ReplaceAll(text, s, "***")
		}
	}
	if len(text) > mostShown {
		text = strings.ToValidUTF8(text[:mostShown], "") + "…"
	}
	return text
}
