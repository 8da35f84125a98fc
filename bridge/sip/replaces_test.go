package sip_test

import (
	"strings"
	"testing"

	"switchgram/bridge/sip"
)

func TestCallMayReplaceAnother(t *testing.T) {
	t.Parallel()
	// given an answered call
	a, calls := callee(t, sip.Options{})
	w, old, ok := answeredWire(t, a, calls, "replaced")
	tag := toTag(ok)

	// when another comes that says it shall take its place
	w.send(w.message("INVITE", "replacing", "", 1, w.sdp(), "Require: replaces", "Replaces: replaced;to-tag="+tag+";from-tag=w"))
	d := next(t, calls)

	// then it says so, and an ordinary one does not
	if d.Replaces() != old.CallID() || old.Replaces() != "" {
		t.Errorf("replaces %q; the old one %q", d.Replaces(), old.Replaces())
	}
}

func TestCallThatIsNotThereCannotBeReplaced(t *testing.T) {
	t.Parallel()
	a, calls := callee(t, sip.Options{})
	w, _, ok := answeredWire(t, a, calls, "answered")
	tag := toTag(ok)
	w.send(w.message("INVITE", "ringing", "", 1, w.sdp()))
	ringing := next(t, calls)
	must(t, ringing.Ring(deadline(t)))
	early := toTag(w.response(180))
	for name, tt := range map[string]struct {
		headers string
		status  int
	}{
		"unknown":         {"Replaces: nothing;to-tag=1;from-tag=2", 481},
		"other tag":       {"Replaces: answered;to-tag=" + tag + ";from-tag=x", 481},
		"without a tag":   {"Replaces: answered;to-tag=" + tag, 400},
		"two":             {"Replaces: answered;to-tag=" + tag + ";from-tag=w\r\nReplaces: a;to-tag=1;from-tag=2", 400},
		"early only":      {"Replaces: answered;to-tag=" + tag + ";from-tag=w;early-only", 486},
		"not answered":    {"Replaces: ringing;to-tag=" + early + ";from-tag=w", 481},
		"other extension": {"Require: 100rel, replaces", 420},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWire(t, a)
			w.send(w.message("INVITE", "no-"+strings.ReplaceAll(name, " ", "-"), "", 1, w.sdp(), tt.headers))
			w.response(tt.status)
		})
	}
}

func TestOneTransferAtATime(t *testing.T) {
	t.Parallel()
	a, calls := callee(t, sip.Options{})
	w, d, ok := answeredWire(t, a, calls, "twice")
	refer := func(seq int, headers ...string) {
		w.send(w.message("REFER", "twice", toTag(ok), seq, "", append(headers, "Refer-To: <sip:2000@test>")...))
	}

	// who wants to hear nothing of it is told so
	refer(2, "Refer-Sub: false")
	if res := w.response(202); header(res, "Refer-Sub") != "false" {
		t.Errorf("got %s", res)
	}
	expect[sip.TransferAsked](t, d)
	if err := d.NotifyTransfer(deadline(t), 200, ""); err == nil {
		t.Error("told all the same")
	}

	// and a second one has to wait for the first
	refer(3)
	w.response(202)
	expect[sip.TransferAsked](t, d)
	w.answer(w.request("NOTIFY"), 200, "")
	refer(4)
	w.response(491)
}

func TestTransferToAnotherCallOfOursIsRecognized(t *testing.T) {
	t.Parallel()
	a, calls := callee(t, sip.Options{})
	w, d, ok := answeredWire(t, a, calls, "first")
	_, other, consult := answeredWire(t, a, calls, "second")
	w.send(w.message("REFER", "first", toTag(ok), 2, "",
		"Refer-To: <sip:2000@test?Replaces=second%3Bto-tag%3D"+toTag(consult)+"%3Bfrom-tag%3Dw>"))
	if e := expect[sip.TransferAsked](t, d); e.Call != other.CallID() {
		t.Errorf("got %+v", e)
	}
}

func FuzzReplaces(f *testing.F) {
	for _, s := range []string{"a@b;to-tag=1;from-tag=2", "a;early-only;from-tag=2;to-tag=1", ";;=;", "", "a;to-tag;from-tag"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		callID, toTag, fromTag, ok := sip.ParseReplaces(s)
		if ok && (callID == "" || toTag == "" || fromTag == "" || !strings.Contains(s, callID)) {
			t.Errorf("%q: %q %q %q", s, callID, toTag, fromTag)
		}
	})
}
