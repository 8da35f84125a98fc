package peertest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long a test waits for something that should happen at once. It is a safety net and measures nothing.
const patience = 40 * time.Second

// patient is the context of a test: it ends with the test, or when something hangs.
func patient(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// process is a foreign program that a test started. It is ended with the test, and shown if the test failed.
type process struct {
	name string
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended and all its output was read
	err  error         // of its end; read after done

	mu    sync.Mutex
	lines []string
	more  chan struct{} // closed and replaced with each line
}

// program finds a foreign program, or fails the test with the name of the package that has it.
func program(t *testing.T, name, debian string) string {
	t.Helper()
	for _, dir := range []string{"", "/usr/sbin/"} { // daemons are not in everybody's path
		if path, err := exec.LookPath(dir + name); err == nil {
			return path
		}
	}
	t.Fatalf("%s is not installed: apt-get install %s", name, debian)
	return ""
}

// run starts a program in dir.
func run(t *testing.T, dir, path string, args ...string) *process {
	t.Helper()
	p := &process{name: path, cmd: exec.Command(path, args...), done: make(chan struct{}), more: make(chan struct{})}
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, in, in
	// A group of its own, so that its children end with it; and not longer than the test, however that ends.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	err = p.cmd.Start()
	_ = in.Close()
	if err != nil {
		_ = out.Close()
		t.Fatalf("start %s: %v", path, err)
	}
	go p.read(out)
	t.Cleanup(func() {
		p.stop()
		if t.Failed() {
			t.Logf("output of %s %s:\n%s", path, strings.Join(args, " "), p.output())
		}
	})
	return p
}

func (p *process) read(out io.ReadCloser) {
	defer close(p.done)
	for s := bufio.NewScanner(out); s.Scan(); {
		p.mu.Lock()
		p.lines = append(p.lines, s.Text())
		close(p.more)
		p.more = make(chan struct{})
		p.mu.Unlock()
	}
	_ = out.Close()
	p.err = p.cmd.Wait()
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.lines, "\n")
}

// stop ends the program, by force if it does not listen, and waits for it. Safe to repeat.
func (p *process) stop() {
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		_ = syscall.Kill(-p.cmd.Process.Pid, signal)
		select {
		case <-p.done:
			return
		case <-time.After(5 * time.Second):
		}
	}
	<-p.done
}

// waitLine returns the first line, from the start of the program, that contains text.
func (p *process) waitLine(t *testing.T, text string) string {
	t.Helper()
	ctx := patient(t)
	for i := 0; ; {
		p.mu.Lock()
		lines, more := p.lines, p.more
		p.mu.Unlock()
		for ; i < len(lines); i++ {
			if strings.Contains(lines[i], text) {
				return lines[i]
			}
		}
		select {
		case <-more:
		case <-p.done:
			t.Fatalf("%s ended (%v) without saying %q", p.name, p.err, text)
		case <-ctx.Done():
			t.Fatalf("%s did not say %q", p.name, text)
		}
	}
}

// waitEnd returns when the program has ended by itself, with its exit status.
func (p *process) waitEnd(t *testing.T) int {
	t.Helper()
	select {
	case <-p.done:
	case <-patient(t).Done():
		t.Fatalf("%s does not end", p.name)
	}
	if e := (*exec.ExitError)(nil); errors.As(p.err, &e) {
		return e.ExitCode()
	}
	return 0
}

// freePort is a port of 127.0.0.1 that was free for UDP and TCP a moment ago, for programs that cannot pick one themselves. It is below those
// that the system gives to whoever asks for any, as all our tests do.
func freePort(t *testing.T) int {
	t.Helper()
	for range 100 {
		at := fmt.Sprintf("127.0.0.1:%d", 20000+rand.IntN(12000))
		tcp, err := net.Listen("tcp4", at)
		if err != nil {
			continue
		}
		udp, err := net.ListenPacket("udp4", at)
		_ = tcp.Close()
		if err == nil {
			_ = udp.Close()
			return tcp.Addr().(*net.TCPAddr).Port
		}
	}
	t.Fatal("no port that is free for UDP and TCP")
	return 0
}

// said tells whether a line so far contains text.
func (p *process) said(text string) bool { return strings.Contains(p.output(), text) }
