package verto

import (
	"testing"

	"switchgram/verto/vertotest"
)

func TestPageHoldsAndTakesBack(t *testing.T) {
	h := open(t, Options{})
	ann := h.page("ann", vertotest.Options{})
	early, _ := ann.dial("not-answered", "3500", nil)
	if r := ann.do("verto.modify", of(early.ID(), object{"action": "hold"})); r["holdState"] != "active" {
		t.Errorf("a call that nobody took is %v", r["holdState"])
	}
	c, _ := ann.conversation(callID, nil)
	for _, step := range []struct {
		action, state string
		changes       bool
	}{
		{"hold", "held", true}, {"hold", "held", false}, {"unhold", "active", true}, {"unhold", "active", false},
		{"toggleHold", "held", true}, {"toggleHold", "active", true}, {"HOLD", "held", true}, {"Unhold", "active", true}, {"videoRefresh", "active", false},
	} {
		r := ann.do("verto.modify", of(callID, object{"action": step.action}))
		if r["holdState"] != step.state || r["action"] != step.action || r["callID"] != callID {
			t.Errorf("%s was answered with %v", step.action, r)
		}
		if step.changes {
			if e := event[Held](t, c); e.On != (step.state == "held") {
				t.Errorf("%s was told as %v", step.action, e)
			}
		}
	}
	if n := len(c.Events()); n > 0 {
		t.Errorf("%d more events were told", n)
	}
}

func TestPageTransfers(t *testing.T) {
	h := open(t, Options{})
	ann := h.page("ann", vertotest.Options{})
	c, _ := ann.conversation(callID, nil)
	r := ann.do("verto.modify", of(callID, object{"action": "transfer", "destination": "9664"}))
	if r["message"] != "CALL TRANSFERRED" || r["holdState"] != "active" {
		t.Errorf("transfer was answered with %v", r)
	}
	if e := event[TransferAsked](t, c); e.To != "9664" || e.Replaces != nil {
		t.Errorf("the page asked for %+v", e)
	}
	c.Transferred(TransferFailed, Cause{17, "USER_BUSY"})
	if e := ann.await("verto.event"); e["eventChannel"] != callID || e["pvtData"].(object)["cause"] != "USER_BUSY" {
		t.Errorf("the page was told %v", e)
	}

	other, _ := ann.conversation("second-call", nil)
	ann.do("verto.modify", of(callID, object{"action": "replace", "replaceCallID": "second-call"}))
	if e := event[TransferAsked](t, c); e.Replaces != other || e.To != "" {
		t.Errorf("the page asked for %+v", e)
	}
}

func TestModifyIsRefused(t *testing.T) {
	h := open(t, Options{})
	ann, bob := h.page("ann", vertotest.Options{}), h.page("bob", vertotest.Options{})
	ann.conversation(callID, nil)
	early, _ := bob.dial("not-answered", "3500", nil)
	for _, r := range []struct {
		who    *page
		params object
		text   string
	}{
		{ann, of(callID, nil), "action missing"},
		{ann, of(callID, object{"action": "transfer"}), "destination missing"},
		{ann, of("no-such-call", object{"action": "hold"}), "CALL DOES NOT EXIST"},
		{bob, of(callID, object{"action": "hold"}), "CALL DOES NOT EXIST"},
		{bob, of(early.ID(), object{"action": "transfer", "destination": "9664"}), "call is not bridged"},
		{bob, of(early.ID(), object{"action": "replace", "replaceCallID": callID}), "invalid transfer leg"},
		{ann, of(callID, object{"action": "replace"}), "replaceCallID missing"},
		{ann, of(callID, object{"action": "replace", "replaceCallID": callID}), "invalid transfer leg"},
		{ann, of(callID, object{"action": "replace", "replaceCallID": early.ID()}), "invalid transfer leg"},
	} {
		r.who.wantRefused("verto.modify", r.params, codeSession, r.text)
	}
}
