package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"switchgram/bridge/notify/notifytest"
)

func TestAnEndpointIsSentASampleAndNothingWaits(t *testing.T) {
	s := sit(t)
	hook, err := notifytest.NewReceiver()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(hook.Close)
	config := filepath.Join(t.TempDir(), "switchgram.yaml")
	text := fmt.Sprintf(`telegram: {api_id: 1, api_hash_env: HASH}
sip: {listen: ["udp:127.0.0.1:0"]}
lines: [{name: sales, to: "sip:1000", sip: {registrar: 127.0.0.1, user: telegram}}]
notify:
  allow: [127.0.0.0/8]
  to: [{name: hook, events: [call.missed], url: %q, unsigned: true}]
`, hook.URL())
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}

	s.want(0, "notify", "test", "-c", config, "hook")
	s.out.await(s.ctx, t, "hook has taken a sample of call.missed")
	if _, err := hook.Next(s.ctx); err != nil {
		t.Error(err)
	}
	s.want(1, "notify", "test", "-c", config, "other")
	s.sees("there is no endpoint")
	s.want(0, "notify", "list", "-c", config)
	s.out.await(s.ctx, t, "ENDPOINT")
	s.want(0, "notify", "replay", "-c", config)
	s.out.await(s.ctx, t, "0 to be sent again")
}
