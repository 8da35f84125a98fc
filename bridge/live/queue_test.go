package live_test

import (
	"context"
	"strings"
	"testing"

	"switchgram/esl/esltest"
)

// TestCallerInAQueueKnowsWhereItBegan, before the first of what is done to whoever waits.
func TestCallerInAQueueKnowsWhereItBegan(t *testing.T) {
	for how, name := range map[string]string{`"place"`: "place", `{"var": "place"}`: "place", `{}`: "cc_start_position"} {
		t.Run(how, func(t *testing.T) {
			w := newTown(t)
			d := desked(t, w, strings.NewReplacer("HOW", how, "NAME", name).Replace(`{"name": "q", "context": "default", "destination_number": "/.*/", "callflow": [
				{"queue": {"name": "support", "startPosition": HOW, "waiting": [{"httpRequest": {"url": "TOWN/waits", "data": {"place": "${NAME}"}}}]}}, {"hangup": "NO_ANSWER"}],
				"onDisconnect": [{"httpRequest": {"url": "TOWN/after", "data": {"place": "${NAME}", "error": "${last_error}"}}}]}`))
			d.fs.HandleAPI("callcenter_config", func(context.Context, string) string {
				return "session_uuid|state|score\nanother|Waiting|90\na-leg|Waiting|60\n+OK\n"
			})
			waits := make(chan struct{})
			d.app("callcenter", func(c *esltest.Channel) {
				<-waits
				c.SetVariable("cc_cause", "cancel")
			})

			c := d.hand(esltest.ChannelOptions{UUID: "a-leg", Incoming: true})

			if a := w.hears(t, "/waits"); string(a.Body) != `{"place":"2"}` {
				t.Errorf("who waits is told %s", a.Body)
			}
			if place, _ := c.Variable(name); place != "2" {
				t.Errorf("FreeSWITCH knows %q", place)
			}
			close(waits)
			if a := w.hears(t, "/after"); string(a.Body) != `{"error":"","place":"2"}` {
				t.Errorf("afterwards: %s", a.Body)
			}
		})
	}
}

// TestFreeSWITCHKnowsWhichNumberWasMeant: its records have the number that a script says was called, and questions about users that are not ours go there.
func TestFreeSWITCHKnowsWhichNumberWasMeant(t *testing.T) {
	w := newTown(t)
	d := desked(t, w, `{"name": "q", "context": "default", "destination_number": "/.*/", "callflow": [
		{"updateCid": {"name": "Ann", "destination": "200"}}, {"userData": {"name": "101", "var": "email", "setVar": "email"}}, {"hangup": "NO_ANSWER"}],
		"onDisconnect": [{"httpRequest": {"url": "TOWN/after", "data": {"number": "${destination_number}", "email": "${email}"}}}]}`)
	d.app("set_profile_var", func(*esltest.Channel) {})
	d.fs.HandleAPI("user_data", func(_ context.Context, ask string) string { return "asked " + ask })

	d.hand(esltest.ChannelOptions{Incoming: true})

	if a := w.hears(t, "/after"); string(a.Body) != `{"email":"asked 101 var email","number":"200"}` {
		t.Errorf("afterwards: %s", a.Body)
	}
	d.wantRan("set_profile_var destination_number=200")
}
