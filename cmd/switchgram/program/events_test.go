package program_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"switchgram/bridge"
	"switchgram/cmd/switchgram/program"
	"switchgram/tgcall"
)

// following reads the stream of a running program, each data as a report; the id of the last comes with it.
func following(h *house, token, query string) <-chan bridge.Report {
	h.t.Helper()
	ctx, cancel := context.WithCancel(h.ctx)
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://%s/events?%s", h.program.EventsAddr(), query), nil)
	h.must(err)
	q.Header.Set("Authorization", "Bearer "+token)
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(q)
	h.must(err)
	if answer.StatusCode != http.StatusOK {
		h.t.Fatalf("answered %s", answer.Status)
	}
	all := make(chan bridge.Report, 100)
	go func() {
		defer close(all)
		for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
			var r bridge.Report
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok && json.Unmarshal([]byte(data), &r) == nil {
				all <- r
			}
		}
	}()
	h.t.Cleanup(func() { cancel(); _ = answer.Body.Close() })
	return all
}

func TestAMissedCallIsFollowedOverHTTP(t *testing.T) {
	const token = "a token that is long enough"
	t.Setenv("EVENTS_TOKEN", token)
	state := t.TempDir()
	h := build(t, plan{settings: fmt.Sprintf("store: %q\nring_timeout: 1s\nevents: {listen: \"127.0.0.1:0\", tokens: [{env: EVENTS_TOKEN}]}",
		filepath.Join(state, "calls.db")), state: state})
	heard := following(h, token, "after=0&kind=line.up,call.missed")
	if r := next(h, heard); r.Kind != bridge.LineUp || r.Line != "main" {
		t.Errorf("first came %+v", r)
	}
	call, err := h.person(h.ann(), nil).Dial(h.ctx, "@line_main") // 1000 is not registered
	h.must(err)
	until[tgcall.Ended](h, call)

	if r := next(h, heard); r.Kind != bridge.CallMissed || r.Caller.Name != "Ann Ahlers" || r.Direction != bridge.Inward {
		t.Errorf("then came %+v", r)
	}
	h.end()
	if r, more := <-heard; more {
		t.Errorf("at the end came %+v", r)
	}
	h.must(next(h, h.done))
}

func TestAStreamOfEventsThatCannotBe(t *testing.T) {
	for text, want := range map[string]string{
		"{listen: \"127.0.0.1:1\"}":                                               "want the tokens",
		"{tokens: [{env: X}]}":                                                    "where may others read",
		"{listen: \"192.0.2.1:1\", tokens: [{env: X}]}":                           "want a loopback address, or certificate",
		"{listen: \"127.0.0.1:1\", tokens: [{env: X}], key: k}":                   "want certificate and key",
		"{listen: \"127.0.0.1:1\", tokens: [{env: X}], origins: [\"http://a/\"]}": "want scheme and host",
		"{listen: \"127.0.0.1:1\", tokens: [{env: X}], origins: [\"*\"]}":         "want scheme and host",
	} {
		_, err := program.Read("c.yaml", strings.NewReader(right+"\nevents: "+text+"\n"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
