package testnet_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/gotd/td/tg"

	"switchgram/tgcall/testnet"
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
	if _, err := os.Stat(ready); err == nil {
		return ready
	}
	install(t, dir, ready)
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
	for _, name := range []string{"package.json", "package-lock.json", ".npmrc"} {
		copyFile(t, filepath.Join(dir, name), filepath.Join(aside, name))
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

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// saw is what testdata/mtcute/client.mjs prints.
type saw struct {
	SelfID, SentID int64
	Answer, From   string
}

// mtcute runs the script in the background. Done is closed when it has ended; then result returns what it saw.
func mtcute(t *testing.T, want map[string]any) (done <-chan struct{}, result func() saw) {
	t.Helper()
	const source = "testdata/mtcute"
	dir := t.TempDir()
	copyFile(t, filepath.Join(source, "client.mjs"), filepath.Join(dir, "client.mjs"))
	if err := os.Symlink(filepath.Join(installed(t, source), "node_modules"), filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	argument, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(testContext(t))
	node := exec.CommandContext(ctx, "node", "client.mjs", string(argument))
	node.Dir = dir
	var out, log bytes.Buffer
	node.Stdout, node.Stderr = &out, &log
	ended := make(chan struct{})
	var failure error // written before ended is closed
	go func() { defer close(ended); failure = node.Run() }()
	t.Cleanup(func() {
		cancel()
		<-ended
		if t.Failed() {
			t.Logf("mtcute printed %s%s", &out, &log)
		}
	})
	return ended, func() (got saw) {
		t.Helper()
		<-ended
		if failure != nil {
			t.Fatalf("mtcute: %v", failure)
		}
		if err := json.Unmarshal(out.Bytes(), &got); err != nil {
			t.Fatalf("mtcute: %v", err)
		}
		return got
	}
}

// TestClientThatIsNotGotd: mtcute, a client in TypeScript, logs in with code and password and exchanges messages with a gotd client.
func TestClientThatIsNotGotd(t *testing.T) {
	n := start(t, testnet.Options{LoginCode: "24680"})
	ann := n.AddUser(testnet.UserOptions{Phone: "4930111111", Username: "ann", Password: "correct horse"})
	bob := device(t, n, n.AddUser(testnet.UserOptions{Phone: "4930222222", Username: "bob"}))
	dc := n.DCList().Options[0]
	done, result := mtcute(t, map[string]any{
		"dc": dc.ID, "host": dc.IPAddress, "port": dc.Port, "publicKey": n.PublicKeyPEM(), "apiID": n.AppID(), "apiHash": n.AppHash(),
		"phone": "+4930111111", "code": "24680", "password": "correct horse", "to": "bob", "text": "hello from another world", "logLevel": 2,
	})

	got := next[*tg.UpdateNewMessage](t, bob).Message.(*tg.Message)
	if got.Message != "hello from another world" || got.PeerID.(*tg.PeerUser).UserID != ann.ID() {
		t.Errorf("bob got %v", got)
	}
	// mtcute drops updates that come before it has asked for the state of its updates, which it does on its own time: so say it until it is heard.
	back := person(t, bob, "ann")
	again := time.NewTicker(200 * time.Millisecond)
	defer again.Stop()
	for heard := false; !heard; {
		if err := write(t, bob, back, "hello back"); err != nil {
			t.Fatal(err)
		}
		select {
		case <-done:
			heard = true
		case <-again.C:
		}
	}
	if s := result(); s.SelfID != ann.ID() || s.SentID != 1 || s.Answer != "hello back" || s.From != "bob" {
		t.Errorf("mtcute saw %+v", s)
	}
}
