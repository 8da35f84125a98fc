package esltest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"switchgram/internal/npm"
)

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
	node.Env = append(os.Environ(), "NODE_PATH="+npm.Modules(t, source))
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
