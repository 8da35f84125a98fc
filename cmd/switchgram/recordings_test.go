package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchgram/bridge/recording"
)

func TestRecordingsAreListedAndFinished(t *testing.T) {
	s := sit(t)
	dir := filepath.Join(t.TempDir(), "kept")
	r, err := recording.New(recording.Options{Directory: dir})
	if err != nil {
		t.Fatal(err)
	}
	take, err := r.Begin(recording.Call{Name: "65f0-1", Line: "sales"})
	if err != nil {
		t.Fatal(err)
	}
	take.End()
	config := filepath.Join(filepath.Dir(dir), "switchgram.yaml")
	text := `telegram: {api_id: 1, api_hash_env: HASH}
sip: {listen: ["udp:127.0.0.1:0"]}
recording: {directory: kept, lines: [sales]}
lines: [{name: sales, to: "sip:1000", sip: {registrar: 127.0.0.1, user: telegram}}]
`
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}

	s.want(0, "recordings", "list", "-c", config)
	s.out.await(s.ctx, t, "-65f0-1 is not finished")
	s.want(0, "recordings", "finish", "-c", config)
	s.out.await(s.ctx, t, "-65f0-1.ogg\n")
	s.want(0, "recordings", "list", "-c", config)
	s.out.await(s.ctx, t, "sales")
	s.out.await(s.ctx, t, "65f0-1.ogg\n")
	if strings.Count(s.out.String(), "is not finished") != 1 {
		t.Errorf("printed %s", s.out)
	}
}

func TestWithoutADirectoryThereAreNoRecordings(t *testing.T) {
	s := sit(t)
	s.want(1, "recordings", "finish", "-c", "../../switchgram.example.yaml")
	s.sees("the configuration has no recording.directory")
}
