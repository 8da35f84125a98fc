package verto

import (
	"fmt"
	"testing"

	"switchgram/verto/vertotest"
)

// wantPresence waits for what a page is told of users, as "user was>is".
func (p *page) wantPresence(want ...string) {
	p.h.t.Helper()
	for i, one := range want {
		e := p.await("verto.event")
		d := e["data"].(object)
		got := fmt.Sprintf("%s %s>%s", d["channelPresenceID"], d["originalChannelCallState"], d["channelCallState"])
		if got != one || e["eventChannel"] != fmt.Sprint("presence.", d["channelPresenceID"]) || e["eventSerno"] != float64(i) {
			p.h.t.Errorf("event %v on %s: %s, want %s", e["eventSerno"], e["eventChannel"], got, one)
		}
	}
}

func TestPagesSeeHowUsersAre(t *testing.T) {
	h := open(t, Options{})
	ann, bob := h.page("ann", vertotest.Options{}), h.page("bob", vertotest.Options{})
	h.s.Present("carol", Talking)
	h.s.Present("dave", Free)
	ann.do("verto.subscribe", object{"eventChannel": "presence"})
	ann.do("verto.ping", nil) // it has been greeted
	bob.do("verto.subscribe", object{"eventChannel": "presence.dave"})
	bob.do("verto.ping", nil)
	h.s.Present("carol", Talking)
	h.s.Present("dave", Calling)
	h.s.Present("carol", Holding)
	h.s.Present("dave", Free)

	ann.wantPresence("carol DOWN>ACTIVE", "dave DOWN>RINGING", "carol ACTIVE>HELD", "dave RINGING>DOWN")
	bob.wantPresence("dave DOWN>RINGING", "dave RINGING>DOWN")
}
