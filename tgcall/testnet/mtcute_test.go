package testnet_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/gotd/td/tg"

	"switchgram/internal/npm"
	"switchgram/tgcall/testnet"
)

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
	if err := os.Symlink(npm.Modules(t, source), filepath.Join(dir, "node_modules")); err != nil {
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
