package freeswitch_test

import (
	"context"
	"testing"

	"switchgram/bridge/live/freeswitch"
	"switchgram/esl"
)

func TestAScriptAsksFreeSWITCH(t *testing.T) {
	drive(t, freeswitch.Options{}, func(h *house, c *freeswitch.Channel, _ *esl.Session) {
		h.fs.HandleAPI("callcenter_config", func(_ context.Context, args string) string { return "said " + args })
		said, err := c.API(h.ctx, "callcenter_config", "queue count members support@example.org")
		if err != nil || said != "said queue count members support@example.org" {
			t.Errorf("%q, %v", said, err)
		}
		h.fs.HandleAPI("user_data", func(context.Context, string) string { return "-ERR no reply\n" })
		if said, err := c.API(h.ctx, "user_data", "101@example.org var email"); err != nil || said != "" {
			t.Errorf("a variable that nobody has is %q, %v", said, err)
		}
		if _, err := c.API(h.ctx, "system ls", ""); err == nil {
			t.Error("two words are taken for a command")
		}
	})
}
