package peertest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
)

// baresip is a running baresip that a test commands over its control socket. What it hears it sends back through its own codec
// (module aubridge), unless its source is a sine wave.
type baresip struct {
	*process
	port int // of SIP, UDP and TCP
	conn net.Conn

	mu     sync.Mutex
	seen   []baresipEvent
	more   chan struct{}
	closed chan struct{} // closed when the control connection has ended
}

// baresipEvent is a message of its control socket: an event, or the response to a command.
type baresipEvent struct {
	Event, Response, OK bool
	Type, Param, Data   string
	Token               string
	Direction           string
	AccountAOR          string `json:"accountaor"`
	PeerURI             string `json:"peeruri"`
}

const baresipConfig = `poll_method epoll
sip_listen 127.0.0.1:%d
net_interface 127.0.0.1
audio_source %s
audio_player aubridge,loop
audio_alert aubridge,alert
audio_path /nonexistent
statmode_default off
module_path /usr/lib/baresip/modules
module opus.so
module g722.so
module g711.so
module srtp.so
module aubridge.so
module ausine.so
module_tmp uuid.so
module_tmp account.so
module_app menu.so
module_app debug_cmd.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:%d
`

// echoing and humming are sources of baresip's sound: what it hears, or 440 Hz.
const (
	echoing = "aubridge,loop"
	humming = "ausine,440" // at 48 kHz, so for Opus only
)

// startBaresip starts one with an account, whose "%d" becomes its SIP port.
func startBaresip(t *testing.T, account, source string) *baresip {
	t.Helper()
	path := program(t, "baresip", "baresip-core")
	b := &baresip{port: freePort(t), more: make(chan struct{}), closed: make(chan struct{})}
	dir, control := t.TempDir(), freePort(t)
	for name, text := range map[string]string{
		"config":   fmt.Sprintf(baresipConfig, b.port, source, control),
		"accounts": account + "\n",
		"contacts": "",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b.process = run(t, dir, path, "-f", dir, "-v", "-s")
	b.waitLine(t, "baresip is ready")
	var err error
	if b.conn, err = net.Dial("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(control))); err != nil {
		t.Fatal(err)
	}
	go b.listen()
	t.Cleanup(func() { _ = b.conn.Close(); <-b.closed })
	return b
}

// listen reads netstrings of JSON.
func (b *baresip) listen() {
	defer close(b.closed)
	for r := bufio.NewReader(b.conn); ; {
		head, err := r.ReadString(':')
		if err != nil {
			return
		}
		n, err := strconv.Atoi(head[:len(head)-1])
		if err != nil {
			return
		}
		body := make([]byte, n+1) // and a comma
		if _, err := io.ReadFull(r, body); err != nil {
			return
		}
		var ev baresipEvent
		if json.Unmarshal(body[:n], &ev) == nil {
			b.keep(ev)
		}
	}
}

func (b *baresip) keep(ev baresipEvent) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seen = append(b.seen, ev)
	close(b.more)
	b.more = make(chan struct{})
}

// wait takes the first message that fits out of those that came.
func (b *baresip) wait(t *testing.T, what string, fits func(baresipEvent) bool) baresipEvent {
	t.Helper()
	ctx := patient(t)
	for {
		b.mu.Lock()
		i, more := slices.IndexFunc(b.seen, fits), b.more
		if i >= 0 {
			ev := b.seen[i]
			b.seen = slices.Delete(b.seen, i, i+1)
			b.mu.Unlock()
			return ev
		}
		b.mu.Unlock()
		select {
		case <-more:
		case <-b.closed:
			t.Fatalf("baresip went away before %s", what)
		case <-ctx.Done():
			t.Fatalf("no %s from baresip", what)
		}
	}
}

// waitEvent returns the next event of that type.
func (b *baresip) waitEvent(t *testing.T, kind string) baresipEvent {
	t.Helper()
	return b.wait(t, kind, func(ev baresipEvent) bool { return ev.Event && ev.Type == kind })
}

// do gives a command and waits until it was taken.
func (b *baresip) do(t *testing.T, command, params string) string {
	t.Helper()
	body, err := json.Marshal(map[string]string{"command": command, "params": params, "token": command})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(b.conn, "%d:%s,", len(body), body); err != nil {
		t.Fatalf("baresip %s: %v", command, err)
	}
	res := b.wait(t, "response to "+command, func(ev baresipEvent) bool { return ev.Response && ev.Token == command })
	if !res.OK {
		t.Fatalf("baresip refuses %s %s: %s", command, params, res.Data)
	}
	return res.Data
}
