package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"time"
)

// Process is a running Serve in a process of its own. One method at a time may be called.
type Process struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	encoder *json.Encoder
	decoder *json.Decoder
	closed  sync.Once
	err     error
}

// farewell is how long a process may take to end its calls.
const farewell = 10 * time.Second

// Start runs a command that is to call Serve on its standard input and output, and returns when the bridge is up. If cores are given it runs on
// those alone. What it logs goes to log. It is killed if ctx ends; otherwise Close ends it.
func Start(ctx context.Context, command []string, cores []int, log io.Writer, s Setup) (*Process, error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stderr, cmd.WaitDelay = log, farewell
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("worker: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("worker: %w", err)
	}
	if err := startOn(cmd, cores); err != nil {
		return nil, fmt.Errorf("worker: %w", err)
	}
	p := &Process{cmd: cmd, in: in, encoder: json.NewEncoder(in), decoder: json.NewDecoder(out)}
	if _, err := p.ask(s); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// ask sends something and waits for the answer.
func (p *Process) ask(what any) (a answer, err error) {
	if err := p.encoder.Encode(what); err != nil {
		return a, fmt.Errorf("worker: %w", err)
	}
	if err := p.decoder.Decode(&a); err != nil {
		return a, fmt.Errorf("worker: %w", err)
	}
	if a.Err != "" {
		return a, errors.New("worker: " + a.Err)
	}
	return a, nil
}

// PID is the process's number.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Settle gives back to the system the memory that the Go runtime would give back within minutes. It costs a garbage collection.
func (p *Process) Settle() error {
	_, err := p.ask(request{Do: "settle"})
	return err
}

// Sample is what the process has used up to now.
func (p *Process) Sample() (Sample, error) {
	a, err := p.ask(request{Do: "sample"})
	return a.Sample, err
}

// Profile begins a CPU profile.
func (p *Process) Profile() error {
	_, err := p.ask(request{Do: "profile"})
	return err
}

// Top ends the profile, keeps it in a file if that has a name, and says which functions cost most.
func (p *Process) Top(file string) ([]Cost, error) {
	a, err := p.ask(request{Do: "top", File: file})
	return a.Top, err
}

// Close ends the process and waits for it. It is killed if it has not ended its calls in 10 s. Safe to repeat.
func (p *Process) Close() error {
	p.closed.Do(func() {
		late := time.AfterFunc(farewell, func() { _ = p.cmd.Process.Kill() }) // it may just have ended
		defer late.Stop()
		p.err = errors.Join(p.in.Close(), p.cmd.Wait())
	})
	return p.err
}
