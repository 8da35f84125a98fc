package peertest

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// sipp is a running SIPp with one of our scenarios.
type sipp struct {
	*process
	port int
	dir  string
}

// startSIPp runs the scenario of that name in testdata once. target is who it calls; empty: it waits to be called.
func startSIPp(t *testing.T, scenario, target string, more ...string) *sipp {
	t.Helper()
	path := program(t, "sipp", "sip-tester")
	file, err := filepath.Abs(filepath.Join("testdata", scenario+".xml"))
	if err != nil {
		t.Fatal(err)
	}
	s := &sipp{port: freePort(t), dir: t.TempDir()}
	args := append([]string{"-sf", file, "-m", "1", "-i", "127.0.0.1", "-mi", "127.0.0.1", "-p", strconv.Itoa(s.port),
		"-nostdin", "-timeout", strconv.Itoa(int(patience.Seconds())), "-timeout_error",
		"-trace_err", "-error_file", "errors.log", "-trace_msg", "-message_file", "messages.log"}, more...)
	if target != "" {
		args = append(args, target)
	}
	s.process = run(t, s.dir, path, args...)
	t.Cleanup(func() {
		for _, name := range []string{"errors.log", "messages.log"} {
			if text, err := os.ReadFile(filepath.Join(s.dir, name)); err == nil && t.Failed() {
				t.Logf("SIPp's %s:\n%s", name, text)
			}
		}
	})
	return s
}

// uri is who the scenario waits as.
func (s *sipp) uri() string { return fmt.Sprintf("sip:sipp@127.0.0.1:%d", s.port) }

// succeed waits until the scenario has come to its end, as it is written.
func (s *sipp) succeed(t *testing.T) {
	t.Helper()
	if status := s.waitEnd(t); status != 0 {
		t.Errorf("the scenario ended with status %d", status)
	}
}

// messages is what SIPp has sent and received so far.
func (s *sipp) messages(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, "messages.log"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "\r", "")
}

// waitMessages returns when text stands n times in what SIPp has sent and received.
func (s *sipp) waitMessages(t *testing.T, text string, n int) {
	t.Helper()
	ctx, tick := patient(t), time.NewTicker(10*time.Millisecond)
	defer tick.Stop()
	for strings.Count(s.messages(t), text) < n {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("SIPp does not say %q %d times", text, n)
		}
	}
}
