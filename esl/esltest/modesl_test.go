package esltest

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// npmPatience is for the first run on a machine, which downloads the packages.
const npmPatience = 5 * time.Minute

// installed returns a directory with the npm packages of dir, made on first use. It lies in the user's cache, not in the source tree, and is
// named after the lock file, so that it is never out of date.
func installed(t *testing.T, dir string) string {
	t.Helper()
	lock, err := os.ReadFile(filepath.Join(dir, "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	cache, err := os.UserCacheDir()
	if err != nil { // no home
		cache = os.TempDir()
	}
	sum := sha256.Sum256(lock)
	ready := filepath.Join(cache, "switchgram", "npm-"+hex.EncodeToString(sum[:8]))
	if _, err := os.Stat(ready); err != nil {
		install(t, dir, ready)
	}
	return ready
}

// install makes the directory aside and moves it into place, since two tests may do the same at once.
func install(t *testing.T, dir, ready string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(ready), 0o755); err != nil {
		t.Fatal(err)
	}
	aside, err := os.MkdirTemp(filepath.Dir(ready), "installing-")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(aside) }()
	if err := os.CopyFS(aside, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), npmPatience)
	defer cancel()
	npm := exec.CommandContext(ctx, "npm", "ci")
	npm.Dir = aside
	if out, err := npm.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
	if err := os.Rename(aside, ready); err != nil && !errors.Is(err, fs.ErrExist) {
		t.Fatal(err)
	}
}

// modesl runs testdata/modesl/client.js and returns what it prints, line by line.
func modesl(t *testing.T, s *Switch) *bufio.Scanner {
	t.Helper()
	const source = "testdata/modesl"
	host, port, err := net.SplitHostPort(s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	argument, err := json.Marshal(map[string]string{"host": host, "port": port, "password": "ClueCon"})
	if err != nil {
		t.Fatal(err)
	}
	script, err := filepath.Abs(filepath.Join(source, "client.js"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	node := exec.CommandContext(ctx, "node", script, string(argument))
	node.Env = append(os.Environ(), "NODE_PATH="+filepath.Join(installed(t, source), "node_modules"))
	var log bytes.Buffer
	node.Stderr = &log
	out, err := node.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		defer cancel()
		if t.Failed() {
			cancel()
		}
		if err := node.Wait(); err != nil || t.Failed() {
			t.Errorf("modesl: %v\n%s", err, &log)
		}
	})
	return bufio.NewScanner(out)
}

// saw reads one line of what the script saw.
func saw(t *testing.T, lines *bufio.Scanner) (what map[string]any) {
	t.Helper()
	if !lines.Scan() {
		t.Fatal("modesl says no more")
	}
	if err := json.Unmarshal(lines.Bytes(), &what); err != nil {
		t.Fatalf("%s: %v", lines.Bytes(), err)
	}
	return what
}

// TestClientThatIsNotOurs: modesl, a library for Node.js, takes the switch for a FreeSWITCH in both directions.
func TestClientThatIsNotOurs(t *testing.T) {
	s := start(t, Options{})
	lines := modesl(t, s)
	port := int(saw(t, lines)["listening"].(float64))
	c := s.NewChannel(ChannelOptions{Incoming: true, Variables: []Header{{Name: "sip_from_user", Value: "1000"}}})
	if err := c.Socket(net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err != nil {
		t.Fatal(err)
	}

	if got := saw(t, lines); got["executed"] != "answer" || got["from"] != "1000" {
		t.Errorf("outbound: %v", got)
	}
	if got := saw(t, lines); got["answered"] != true || got["name"] != "O'Brien" {
		t.Errorf("event: %v", got)
	}
	if got := saw(t, lines); got["job"] != fmt.Sprintf("+OK %v\n", got["uuid"]) {
		t.Errorf("job: %v", got)
	}
	if got := saw(t, lines); got["killed"] != "+OK\n" {
		t.Errorf("kill: %v", got)
	}
}
