package program

import (
	"testing"

	"switchgram/bridge/leg"
	"switchgram/bridge/sip"
)

func TestCallersDoNotWaitForASwitchThatDoesNotKnowTheLine(t *testing.T) {
	p := &Program{sip: map[string]leg.FreeSWITCHLine{"main": {User: "telegram"}}, registered: map[string]SideStatus{}, lineUp: map[string]bool{}}
	if _, ok := p.sipLine("main"); ok {
		t.Error("a line that was never registered is dialled by")
	}
	for _, st := range []sip.RegistrationState{{Registered: true}, {Err: sip.ErrTimeout}} {
		p.setRegistered("main", st)
		if l, ok := p.sipLine("main"); ok != st.Registered || l.User != "telegram" {
			t.Errorf("after %+v: line %+v, usable %v", st, l, ok)
		}
	}
}
