package verto

import (
	"testing"

	"switchgram/verto/vertotest"
)

// TestCallsOfOthersDoNotExist: who knows a call's id can do nothing with it, and is told nothing of it, as if there were no such call.
func TestCallsOfOthersDoNotExist(t *testing.T) {
	h := open(t, Options{})
	ann, bob := h.page("ann", vertotest.Options{}), h.page("bob", vertotest.Options{})
	c, b := ann.conversation(callID, nil)
	rings := must(h.s.Sessions("ann")[0].Dial(h.context(), "rings-at-ann", Party{}))(t)
	answer := must(h.browser().Answer(h.context(), ann.await("verto.invite")["sdp"].(string)))(t)
	for _, id := range []string{callID, rings.ID(), "no-such-call"} {
		for _, r := range []struct {
			method string
			more   object
		}{
			{"verto.modify", object{"action": "hold"}},
			{"verto.modify", object{"action": "transfer", "destination": "9664"}},
			{"verto.modify", object{"action": "replace", "replaceCallID": callID}},
			{"verto.info", object{"dtmf": "1"}},
			{"verto.info", object{"msg": object{"to": "ann", "body": "psst", "inDialog": true}}},
			{"verto.answer", object{"sdp": answer}},
			{"verto.attach", object{"sdp": answer}},
			{"verto.bye", object{"cause": "USER_BUSY", "causeCode": 17}},
		} {
			bob.wantRefused(r.method, of(id, r.more), codeSession, "CALL DOES NOT EXIST")
		}
	}
	talk(t, c, b)
	ann.do("verto.bye", of(callID, nil))
	ann.do("verto.bye", of(rings.ID(), nil))
	for _, mine := range []*Call{c, rings} {
		for e := range mine.Events() {
			switch e := e.(type) {
			case Held, TransferAsked, Digits, Accepted, Attached:
				t.Errorf("a stranger has done something: %T", e)
			case Ended:
				if !e.Remote || e.Cause.Name == "USER_BUSY" {
					t.Errorf("the call ended: %v", e)
				}
			}
		}
	}
	if n := bob.count("verto.bye") + bob.count("verto.event"); n > 0 {
		t.Errorf("a stranger was told %d things", n)
	}
}
