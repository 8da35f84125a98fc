package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestTheRulesOfALineAreTried(t *testing.T) {
	s := sit(t)
	config := filepath.Join(t.TempDir(), "switchgram.yaml")
	text := `telegram: {api_id: 1, api_hash_env: HASH}
sip: {listen: ["udp:127.0.0.1:0"]}
lines: [{name: sales, to: "sip:1000", rules: '[^\d]= ^8=+7 ^\+79', allow: ["+7*"], sip: {registrar: 127.0.0.1, user: telegram}}]
`
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.want(0, "line", "rules", "test", "-c", config, "8 (926) 123-45-67")
	for _, word := range []string{`[^\d]=`, "89261234567", "^8=+7", "+79261234567", "line sales allows +7*"} {
		s.out.await(s.ctx, t, word)
	}
	s.want(1, "line", "rules", "test", "-c", config, "8 (495) 123-45-67")
	s.out.await(s.ctx, t, "does not match: stopped")
	s.want(1, "line", "rules", "test", "-c", config, "-rules", "^8=+8", "8926")
	s.out.await(s.ctx, t, "nothing on the list of line sales allows it")
}
