package freeswitch_test

import (
	"context"
	"testing"

	"switchgram/bridge/live/freeswitch"
	"switchgram/bridge/route"
	"switchgram/esl"
	"switchgram/esl/esltest"
)

// members is what mod_callcenter of FreeSWITCH 1.11 prints of a queue, but for columns that nobody reads.
const members = `queue|uuid|session_uuid|joined_epoch|state|score
support@fs.example|m1|another|1|Waiting|90
support@fs.example|m2|a-leg|2|Trying|60
support@fs.example|m3|gone|3|Abandoned|95
support@fs.example|m4|later|4|Waiting|10
+OK
`

func TestCallerWhoWaitsKnowsThePlaceAndMayLeave(t *testing.T) {
	drive(t, freeswitch.Options{Domain: "fs.example"}, func(h *house, c *freeswitch.Channel, _ *esl.Session) {
		h.fs.HandleAPI("callcenter_config", func(_ context.Context, _ string) string { return members })
		keys := make(chan string, 1)
		h.fs.HandleAPI("uuid_recv_dtmf", func(_ context.Context, arg string) string { keys <- arg; return "+OK\n" })
		h.app("callcenter", func(c *esltest.Channel, _ string) {
			if got := <-keys; got != "a-leg D" {
				t.Errorf("pressed %q", got)
			}
			c.SetVariable("cc_cause", "cancel")
		})
		if _, err := c.QueuePosition(h.ctx); err == nil {
			t.Error("a place in no queue")
		}
		if err := c.LeaveQueue(h.ctx); err == nil {
			t.Error("left no queue")
		}
		w, err := c.Wait(h.ctx, route.Waiting{Queue: "support", Bridged: func() {}, Meanwhile: func(context.Context) {
			place, err := c.QueuePosition(h.ctx)
			if err != nil || place != 2 {
				t.Errorf("place %d, %v", place, err)
			}
			must(t, c.LeaveQueue(h.ctx))
		}})
		must(t, err)
		if w.Answered || w.Result != "cancel" {
			t.Errorf("waited %+v", w)
		}
		h.wantVariable("cc_exit_keys", "D")
	})
}

func TestDetectionWaitsForItsResult(t *testing.T) {
	drive(t, freeswitch.Options{}, func(h *house, c *freeswitch.Channel, _ *esl.Session) {
		h.app("amd", func(*esltest.Channel, string) {})
		h.app("playback", func(c *esltest.Channel, _ string) {
			c.SetVariable("amd_result", "MACHINE")
			c.SetVariable("amd_cause", "MAXWORDS")
		})
		got, err := c.Detect(h.ctx, "total_analysis_time=4000")
		must(t, err)
		if got != (route.Detected{Result: "MACHINE", Cause: "MAXWORDS"}) {
			t.Errorf("found %+v", got)
		}
		h.wantRan("amd total_analysis_time=4000", "playback silence_stream://30000")
		h.wantVariable("amd_on_machine", "break")
	})
}
