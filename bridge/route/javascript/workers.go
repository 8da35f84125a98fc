package javascript

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"sync"
	"time"
)

const (
	mostWorkers = 4
	starting    = 10 * time.Second       // that a worker may take to be there
	grace       = 250 * time.Millisecond // after Limit, for a worker to say so itself
	mostAnswer  = 6*longestResult + 4096 // bytes of an answer, every one of them escaped
)

// Workers runs programs in processes of their own, at most four at once: others wait. A process serves one run after the other, each in a runtime of its own, and is
// ended when a script does not come back. Make one with NewWorkers.
type Workers struct {
	command []string
	places  chan struct{}

	mu     sync.Mutex
	idle   []*worker
	closed bool
	ending sync.Once
}

// NewWorkers makes Workers whose processes are started by a command, when they are needed: it is to call Serve with its standard input and output. It gets no environment but
// TZ.
func NewWorkers(command ...string) *Workers {
	return &Workers{command: command, places: make(chan struct{}, mostWorkers)}
}

var (
	_ Evaluator = (*Workers)(nil)
	_ Checker   = (*Workers)(nil)
)

// Check implements Checker.
func (w *Workers) Check(p *Program) error {
	_, err := w.Evaluate(context.Background(), Job{Source: p.source, Check: true})
	return err
}

// Evaluate implements Evaluator.
func (w *Workers) Evaluate(ctx context.Context, j Job) (string, error) {
	if err := w.enter(ctx); err != nil {
		return "", err
	}
	defer func() { <-w.places }()
	one, err := w.take(ctx)
	if err != nil {
		return "", err
	}
	a, err := one.do(ctx, j)
	if err != nil {
		return "", err
	}
	w.put(one)
	if a.Error != nil {
		return "", a.Error
	}
	return a.Result, nil
}

// enter waits for its turn.
func (w *Workers) enter(ctx context.Context) error {
	late := time.NewTimer(Limit)
	defer late.Stop()
	select {
	case w.places <- struct{}{}:
		return nil
	case <-late.C:
		return failure(Busy, "%d scripts run already", mostWorkers)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// take is a worker that does nothing, or a new one.
func (w *Workers) take(ctx context.Context) (*worker, error) {
	one, closed := w.waiting()
	switch {
	case closed:
		return nil, failure(Busy, "the program ends")
	case one != nil:
		return one, nil
	}
	return start(ctx, w.command)
}

// waiting is a worker that does nothing; nil: there is none.
func (w *Workers) waiting() (one *worker, closed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := len(w.idle); n > 0 {
		one, w.idle = w.idle[n-1], w.idle[:n-1]
	}
	return one, w.closed
}

func (w *Workers) put(one *worker) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		one.end()
		return
	}
	w.idle = append(w.idle, one)
}

// Close ends all processes, when what runs in them is done. It returns when they are gone, and may be called again.
func (w *Workers) Close() { w.ending.Do(w.close) }

func (w *Workers) close() {
	w.mu.Lock()
	w.closed = true
	idle := w.idle
	w.idle = nil
	w.mu.Unlock()
	for _, one := range idle {
		one.end()
	}
	for range cap(w.places) {
		w.places <- struct{}{}
	}
}

// worker is a process that runs one job after the other.
type worker struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  io.Reader
	send *json.Encoder
}

// start starts a worker and waits until it is there.
func start(ctx context.Context, command []string) (*worker, error) {
	one := &worker{cmd: exec.Command(command[0], command[1:]...)}
	one.cmd.Env, one.cmd.Dir = []string{"TZ=UTC"}, "/"
	in, errIn := one.cmd.StdinPipe()
	out, errOut := one.cmd.StdoutPipe()
	if err := errors.Join(errIn, errOut, one.cmd.Start()); err != nil {
		return nil, failure(Failed, "start a process for it: %v", err)
	}
	one.in, one.out, one.send = in, out, json.NewEncoder(in)
	ready, cancel := context.WithTimeoutCause(ctx, starting, failure(Failed, "its process did not start in %s", starting))
	defer cancel()
	if _, err := one.await(ready, nil); err != nil {
		return nil, err
	}
	return one, nil
}

// do has a job done. After an error the process is gone.
func (one *worker) do(ctx context.Context, j Job) (answer, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, Limit+grace, failure(Timeout, "it took longer than %s", Limit))
	defer cancel()
	return one.await(ctx, &j)
}

// await sends a job, if there is one, and waits for the answer. What does not come in time ends the process.
func (one *worker) await(ctx context.Context, j *Job) (a answer, err error) {
	stop := context.AfterFunc(ctx, func() { _ = one.cmd.Process.Kill() })
	if j != nil {
		err = one.send.Encode(j)
	}
	if err == nil {
		err = json.NewDecoder(io.LimitReader(one.out, mostAnswer)).Decode(&a)
	}
	if stop() && err == nil {
		return a, nil
	}
	return answer{}, one.why(ctx)
}

// why ends the process and says what became of its script.
func (one *worker) why(ctx context.Context) error {
	one.end()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	switch one.cmd.ProcessState.ExitCode() {
	case tooMuchMemory:
		return failure(Memory, "it wanted more than %d MiB", mostMemory>>20)
	case tooMuchTime:
		return failure(Timeout, "it took longer than %s", Limit)
	}
	return failure(Failed, "its process has ended: %s", one.cmd.ProcessState)
}

// end ends the process, and returns when it is gone.
func (one *worker) end() {
	_ = one.in.Close()
	_ = one.cmd.Process.Kill()
	_ = one.cmd.Wait() // it was killed
}
