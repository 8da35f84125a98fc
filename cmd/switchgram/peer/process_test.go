package peer_test

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"
)

// process is a peer of its own: this test's binary, run again as one (see TestMain).
type process struct {
	in *json.Encoder

	mu      sync.Mutex
	states  []string
	pair    string
	remote  string  // microphone of the other side
	heard   float64 // RMS of the last second
	played  int     // packets heard
	errors  []string
	changed chan struct{} // closed and replaced at each line
	stopped bool
}

// line is any line from a peer.
type line struct {
	T         float64  `json:"t"`
	Versions  []string `json:"versions"`
	Signaling []byte   `json:"signaling"`
	State     string   `json:"state"`
	Pair      *struct{ Local, Remote string }
	Remote    *struct{ Audio string } `json:"remoteMediaState"`
	Audio     *struct {
		HeardRMS     float64
		PlayedFrames int
	}
	Stopped *struct{}
	Error   string
}

// startProcess runs a peer until the test ends; carry is given its blobs.
func startProcess(t *testing.T, carry func(blob []byte)) *process {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), beAPeer+"=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{in: json.NewEncoder(in), changed: make(chan struct{})}
	read := make(chan struct{})
	go func() { defer close(read); p.read(t, out, carry) }()
	t.Cleanup(func() {
		_ = in.Close()
		<-read
		if err := cmd.Wait(); err != nil {
			t.Errorf("the peer left with %v", err)
		}
	})
	return p
}

func (p *process) read(t *testing.T, out io.Reader, carry func([]byte)) {
	s := bufio.NewScanner(out)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		var l line
		if err := json.Unmarshal(s.Bytes(), &l); err != nil || l.T == 0 {
			t.Errorf("line %s: %v", s.Bytes(), err)
		}
		if l.Signaling != nil {
			carry(l.Signaling)
		}
		p.note(l)
	}
}

func (p *process) note(l line) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case l.State != "":
		p.states = append(p.states, l.State)
	case l.Pair != nil:
		p.pair = l.Pair.Local + "-" + l.Pair.Remote
	case l.Remote != nil:
		p.remote = l.Remote.Audio
	case l.Audio != nil:
		p.heard, p.played = l.Audio.HeardRMS, l.Audio.PlayedFrames
	case l.Stopped != nil:
		p.stopped = true
	case l.Error != "":
		p.errors = append(p.errors, l.Error)
	}
	close(p.changed)
	p.changed = make(chan struct{})
}

func (p *process) say(t *testing.T, v any) {
	t.Helper()
	if err := p.in.Encode(v); err != nil {
		t.Errorf("to the peer: %v", err)
	}
}

// until waits for a condition on what the peer has said.
func (p *process) until(t *testing.T, what string, is func(*process) bool) {
	t.Helper()
	deadline := time.After(60 * time.Second)
	for {
		p.mu.Lock()
		ok, changed := is(p), p.changed
		p.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			p.mu.Lock()
			defer p.mu.Unlock()
			t.Fatalf("never %s: states %v, pair %s, heard %.3f, errors %v", what, p.states, p.pair, p.heard, p.errors)
		}
	}
}

// frames is how many packets were heard so far.
func (p *process) frames() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.played
}
