package trial

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"switchgram/tgcall/testnet/lan"
)

// object is a line to a peer.
type object map[string]any

// peer is one of the two programs while it runs.
type peer struct {
	name  string // caller, callee
	cmd   *exec.Cmd
	in    io.WriteCloser
	onOut func(blob []byte) // is given its signalling
	log   *journal

	mu      sync.Mutex
	said    said
	ended   error         // nil: it runs
	changed chan struct{} // closed and replaced whenever something of these has changed
	rest    []byte        // of its output: a line that is not complete; only the writing goroutine's
	errs    tail
}

var errEnded = errors.New("ended")

func newPeer(ctx context.Context, name string, p Program, log *journal, onOut func([]byte)) (*peer, error) {
	n := &peer{name: name, onOut: onOut, log: log, changed: make(chan struct{})}
	n.cmd = exec.CommandContext(ctx, p.Command[0], p.Command[1:]...)
	n.cmd.Env = append(os.Environ(), p.Env...)
	n.errs.also = func(text []byte) { log.printf(time.Now(), "%s complains: %s", name, bytes.TrimSpace(text)) }
	n.cmd.Stdout, n.cmd.Stderr = n, &n.errs
	n.cmd.WaitDelay = untilStopped
	var err error
	n.in, err = n.cmd.StdinPipe()
	return n, err
}

// run runs the program on a host until it ends. That it could not be started, or that it crashed, is for those who wait for its words.
func (p *peer) run(h *lan.Host) {
	err := h.Run(p.cmd)
	if err == nil {
		err = errEnded
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = err
	p.wake()
}

// wake tells those who wait; the caller holds p.mu.
func (p *peer) wake() {
	close(p.changed)
	p.changed = make(chan struct{})
}

// longestLine is what the protocol's users agree on.
const longestLine = 1 << 20

// Write implements io.Writer: it is the program's standard output.
func (p *peer) Write(b []byte) (int, error) {
	p.rest = append(p.rest, b...)
	for {
		text, rest, whole := bytes.Cut(p.rest, []byte("\n"))
		if !whole {
			break
		}
		p.hear(text)
		p.rest = rest
	}
	if len(p.rest) > longestLine {
		return 0, fmt.Errorf("a line of more than %d bytes", longestLine)
	}
	p.rest = bytes.Clone(p.rest) // the lines before it are free
	return len(b), nil
}

// hear takes a line.
func (p *peer) hear(text []byte) {
	now := time.Now()
	l, err := parse(text)
	if err != nil {
		l.Error = err.Error()
	}
	if l.Signaling != nil {
		p.log.printf(now, "%s: signalling, %d bytes", p.name, len(l.Signaling))
		p.onOut(l.Signaling)
		return
	}
	p.log.printf(now, "%s: %s", p.name, text)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.said.note(l, now)
	p.wake()
}

// say sends a line. A program that has ended does not hear it, and those who wait for its words are told.
func (p *peer) say(o object) {
	text, err := json.Marshal(o)
	if err != nil {
		panic(err) // our own types
	}
	if o["signaling"] == nil && o["key"] == nil {
		p.log.printf(time.Now(), "to %s: %s", p.name, text)
	}
	_, _ = p.in.Write(append(text, '\n'))
}

// until waits for what a peer is to say. It is a failure if that takes too long, if the peer's engine fails, if the program complains or ends.
func (p *peer) until(ctx context.Context, d time.Duration, what string, is func(*said) bool) error {
	limit := time.NewTimer(d)
	defer limit.Stop()
	for {
		ok, why, changed := p.look(is)
		switch {
		case ok:
			return nil
		case why != "":
			return failed("%s %s before it %s", p.name, why, what)
		}
		select {
		case <-changed:
		case <-limit.C:
			return failed("%s never %s in %v", p.name, what, d)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// look says whether the condition is met, or why it never will be.
func (p *peer) look(is func(*said) bool) (ok bool, why string, changed <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case is(&p.said):
		return true, "", nil
	case p.ended != nil:
		return false, strings.TrimSpace(fmt.Sprintf("ended (%v) %s", p.ended, p.errs.String())), nil
	case p.said.failed:
		return false, "said Failed", nil
	case len(p.said.errors) > 0:
		return false, fmt.Sprintf("said %q", p.said.errors[0]), nil
	}
	return false, "", p.changed
}

// leave has the program end by itself.
func (p *peer) leave(ctx context.Context) error {
	p.say(object{"cmd": "quit"})
	_ = p.in.Close()
	limit := time.NewTimer(untilStopped)
	defer limit.Stop()
	for {
		p.mu.Lock()
		ended, changed := p.ended, p.changed
		p.mu.Unlock()
		switch {
		case errors.Is(ended, errEnded):
			return nil
		case ended != nil:
			return failed("%s left with %v %s", p.name, ended, p.errs.String())
		}
		select {
		case <-changed:
		case <-limit.C:
			return failed("%s did not leave", p.name)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (p *peer) established() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.established
}

func (p *peer) silence(from time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.silence(from)
}
