package program_test

import (
	"testing"

	"switchgram/tgcall"
)

func TestPagesSeeHowUsersAreWhoHaveALineOfTheirs(t *testing.T) {
	h := build(t, withPages(t, pageUser(t, "eve", "lines: [main]")+pageUser(t, "carol", "lines: [\"*\"]")+pageUser(t, "bob", "lines: []")))
	taken := make(chan *tgcall.Call, 1)
	h.person(h.ann(), takes(taken))
	eve, carol, bob := h.page("eve"), h.page("carol"), h.page("bob")
	subscribe := func(p *page, channel string) error {
		_, err := p.client.Ask(h.ctx, "verto.subscribe", map[string]any{"eventChannel": channel})
		return err
	}
	for _, refused := range []error{subscribe(eve, "presence"), subscribe(bob, "presence.eve"), subscribe(eve, "presence.bob"), subscribe(eve, "presence.nobody")} {
		if refused == nil {
			t.Error("somebody sees how others are who are none of his business")
		}
	}
	h.must(subscribe(carol, "presence"))
	see := func(want string) {
		t.Helper()
		for {
			data := carol.await("verto.event")["data"].(map[string]any)
			if data["channelPresenceID"] != "eve" {
				t.Errorf("carol sees %v", data)
			}
			if data["channelCallState"] == want { // what lasted a moment may not be shown
				return
			}
		}
	}

	eve.dial(pageCall, "@ann")
	next(h, taken)
	see("ACTIVE")
	eve.ask("verto.modify", map[string]any{"action": "hold", "dialogParams": map[string]any{"callID": pageCall}})
	see("HELD")
	eve.hangup(pageCall)
	see("DOWN")
}
