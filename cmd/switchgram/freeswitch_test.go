package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// configure writes a configuration with one line, and returns its path.
func configure(t *testing.T) string {
	t.Helper()
	t.Setenv("SWITCHGRAM_TEST_SIP", "of the line")
	path := filepath.Join(t.TempDir(), "switchgram.yaml")
	text := `telegram: {api_id: 1, api_hash_env: HASH}
sip: {listen: ["udp:127.0.0.1:5070"]}
lines: [{name: sales, to: "sip:1000", sip: {registrar: 127.0.0.1, user: telegram, password_env: SWITCHGRAM_TEST_SIP}}]
`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFilesForFreeSWITCHArePrinted(t *testing.T) {
	s := sit(t)
	s.want(0, "config", "freeswitch", "-c", configure(t))
	for _, part := range []string{"<!-- directory/default/switchgram.xml -->\n", `user id="telegram"`, "$${switchgram_sales_password}", "<!-- sip_profiles/internal.settings -->", "inbound-use-callid-as-uuid"} {
		if !strings.Contains(s.out.String(), part) {
			t.Errorf("no %s in\n%s", part, s.out)
		}
	}
	if strings.Contains(s.out.String(), "a1-hash") {
		t.Errorf("a digest that nobody asked for:\n%s", s.out)
	}
}

func TestFilesForFreeSWITCHAreWritten(t *testing.T) {
	s := sit(t)
	config, dir := configure(t), filepath.Join(t.TempDir(), "freeswitch")
	s.want(0, "config", "freeswitch", "-c", config, "-o", dir, "--secrets")
	for _, file := range []struct {
		name string
		mode os.FileMode
	}{{"directory/default/switchgram.xml", 0o600}, {"dialplan/default/10_switchgram.xml", 0o644}} { // as they are shown
		path := filepath.Join(dir, filepath.FromSlash(file.name))
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm()&^file.mode != 0 {
			t.Errorf("%s: %v, %v", file.name, info, err)
		}
		s.out.await(s.ctx, t, path+"\n")
	}
}

func TestFilesThatAreThereAreLeftAlone(t *testing.T) {
	s := sit(t)
	config, dir := configure(t), t.TempDir()
	mine := filepath.Join(dir, "directory", "default", "switchgram.xml")
	if err := os.MkdirAll(filepath.Dir(mine), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(mine, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.want(1, "config", "freeswitch", "-c", config, "-o", dir)
	s.sees(mine + " is there already")
	if text, err := os.ReadFile(mine); err != nil || string(text) != "mine" {
		t.Errorf("%q, %v", text, err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
}

func TestHelpOfFilesForFreeSWITCHTeaches(t *testing.T) {
	s := sit(t)
	s.want(0, "config", "freeswitch", "--help")
	s.out.await(s.ctx, t, "$${switchgram_sales_password}")
	s.out.await(s.ctx, t, "switchgram config freeswitch -o /tmp/freeswitch")
}
