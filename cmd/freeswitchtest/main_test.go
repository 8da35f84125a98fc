package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// said runs a command line that tries nothing.
func said(t *testing.T, args ...string) (status int, out, errs string) {
	t.Helper()
	t.Setenv("FREESWITCH_PASSWORD", "")
	var o, e strings.Builder
	status = start(t.Context(), args, &o, &e)
	return status, o.String(), e.String()
}

func TestWithoutAnAddressItSaysInOneLineThatItSkips(t *testing.T) {
	status, out, _ := said(t)
	if status != succeeded || strings.Count(out, "\n") != 1 || !strings.Contains(out, "skipped") || !strings.Contains(out, "FREESWITCH=") {
		t.Errorf("status %d: %q", status, out)
	}
}

func TestWhoAsksIsTold(t *testing.T) {
	for args, want := range map[string][]string{
		"-help":   {"-address", "-users", "Status 0: no row failed"},
		"-config": {"switchgram-test", `<action application="park"/>`, "callcenter", "gateway", "xml_curl", "-stop"},
		"-list":   {"att_xfer", "Verto user calls Telegram", "record_session", "restarts", "REFER with Replaces", "session timers", "event_socket.conf"},
	} {
		status, out, _ := said(t, args)
		if status != succeeded {
			t.Errorf("%s: status %d", args, status)
		}
		for _, w := range want {
			if !strings.Contains(out, w) {
				t.Errorf("%s says nothing of %q:\n%s", args, w, out)
			}
		}
	}
}

func TestWhatCannotBeTriedIsStatus2AndSaysWhy(t *testing.T) {
	for want, args := range map[string][]string{
		"want 9":             {"-users", "1000,1001"},
		"want flags only":    {"127.0.0.1:8021"},
		"not defined":        {"-frobnicate"},
		"or neither":         {"-stop", "true"},
		"connection refused": {"-address", "127.0.0.1:1", "-password", "x"},
	} {
		status, _, errs := said(t, args...)
		if status != misused || !strings.Contains(errs, want) {
			t.Errorf("%v: status %d, %q, want %q", args, status, errs, want)
		}
	}
}

func TestRowsAreChosenByAWordOfTheirName(t *testing.T) {
	o := options{only: "HOLD,att_xfer"}
	for name, want := range map[string]bool{"uuid_hold, and back": true, "att_xfer: ask first": true, "park": false} {
		if o.wants(name) != want {
			t.Errorf("%q wanted: %v", name, !want)
		}
	}
	if !(options{}).wants("anything") {
		t.Error("without -only not all are wanted")
	}
}

func TestTheTableShowsWhatBecameOfEachRow(t *testing.T) {
	var out strings.Builder
	table := table{out: &out}
	table.add("a call", func() verdict { return verdict{saw: "relay opus", took: 1234 * time.Millisecond} })
	table.add("a bad call", func() verdict { return verdict{err: errors.New("heard nothing")} })
	table.add("a queue", func() verdict { return verdict{notTried: "FreeSWITCH has no mod_callcenter"} })
	if !table.end() {
		t.Error("a row failed, and nobody is told")
	}
	for _, want := range []string{"ok  a call ", " 1234  relay opus\n", "!!  a bad call", "heard nothing", "--  a queue", "not tried: FreeSWITCH has no", "1 ok, 1 failed, 1 not tried"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("nothing of %q in\n%s", want, out.String())
		}
	}
}

func TestRowsHaveNamesOfTheirOwn(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range rows() {
		file := strings.Trim(unfit.ReplaceAllString(strings.ToLower(r.name), "-"), "-")
		if seen[file] {
			t.Errorf("two rows would be captured as %s", file)
		}
		seen[file] = true
	}
}

func TestAnAnswerToFreeSWITCHsVertoOfferIsWholeAndHasItsCandidates(t *testing.T) {
	c, answer, err := newVertoCall(context.Background(), vertoInvite{CallID: "x", SDP: vertoOffer})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	for _, want := range []string{"a=mid:0", "a=candidate:", "opus/48000/2", "a=setup:active", "a=fingerprint:sha-256 "} {
		if !strings.Contains(answer, want) {
			t.Errorf("nothing of %q in\n%s", want, answer)
		}
	}
	if _, _, err := newVertoCall(context.Background(), vertoInvite{SDP: "v=0"}); err == nil {
		t.Error("an offer without sound was taken")
	}
}
