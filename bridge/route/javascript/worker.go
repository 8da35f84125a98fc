package javascript

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"github.com/dop251/goja"
)

// Statuses with which a worker ends that does not come back from a script.
const (
	tooMuchMemory = 3
	tooMuchTime   = 4
)

// answer is what a worker says: that it is there, first, and then a line for each job.
type answer struct {
	Result string `json:"result"`
	Error  *Error `json:"error,omitempty"`
}

// Serve is the other side of Workers: it runs jobs from in, one after the other, and answers each on out, until in ends. It ends the process where a script
// can be stopped in no other way.
func Serve(in io.Reader, out io.Writer) error {
	debug.SetMemoryLimit(mostMemory) // what remains of earlier scripts is thrown away before it counts as this one's
	debug.SetMaxStack(mostStack)
	jobs, answers := json.NewDecoder(in), json.NewEncoder(out)
	if err := answers.Encode(answer{}); err != nil {
		return err
	}
	for known := (shelf{}); ; {
		var j Job
		err := jobs.Decode(&j)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := answers.Encode(known.attend(j)); err != nil {
			return err
		}
	}
}

// attend runs a job and watches over it.
func (s *shelf) attend(j Job) (a answer) {
	late := time.AfterFunc(2*Limit, func() { os.Exit(tooMuchTime) }) // should the one who waits for us be gone
	defer late.Stop()
	done, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		watch(done)
	}()
	result, err := evaluate(context.Background(), j, s.compile)
	close(done)
	<-watched
	if err == nil {
		return answer{Result: result}
	}
	if !errors.As(err, &a.Error) {
		a.Error = failure(Failed, "%.200v", err)
	}
	return a
}

// shelf keeps what was compiled: each job of a program has its own runtime, and the same code.
type shelf struct {
	programs map[string]*goja.Program // by source
	size     int                      // of the sources, in bytes
}

func (s *shelf) compile(source string) (*goja.Program, error) {
	if p := s.programs[source]; p != nil {
		return p, nil
	}
	p, err := compile(source)
	if err != nil {
		return nil, err
	}
	if s.size += len(source); s.programs == nil || s.size > mostCompiled {
		s.programs, s.size = map[string]*goja.Program{}, len(source)
	}
	s.programs[source] = p
	return p, nil
}

// watch ends the process if its script takes too much memory.
func watch(done <-chan struct{}) {
	t := time.NewTicker(2 * time.Millisecond)
	defer t.Stop()
	heap := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	for {
		select {
		case <-t.C:
		case <-done:
			return
		}
		if metrics.Read(heap); heap[0].Value.Uint64() > mostMemory {
			os.Exit(tooMuchMemory)
		}
	}
}
