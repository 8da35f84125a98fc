package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"switchgram/cmd/interop/trial"
)

// runner runs cells and tells how far it is.
type runner struct {
	ours, theirs trial.Program
	repeat       int
	parallel     int
	seed         uint64
	logs         string // folder for the log of each call; "": none
	here         bool   // on loopback: networks cannot be made
	progress     io.Writer

	mu      sync.Mutex
	rows    []*row
	total   int
	done    int
	running int
	began   time.Time
}

// run makes all calls of the cells, and stops early only if one could not be tried at all.
func (r *runner) run(ctx context.Context, cells []cell, ours, theirs trial.Offer) ([]*row, error) {
	r.began = time.Now()
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(r.parallel)
	for _, c := range cells {
		r.rows = append(r.rows, newRow(c, c.trial(r.ours, r.theirs, 0), ours, theirs, r.repeat))
	}
	for _, w := range r.rows {
		r.total += len(w.runs)
	}
	for n := range r.repeat { // all cells once before any a second time: what goes wrong is seen early
		for _, w := range r.rows {
			if w.notOffered == "" {
				g.Go(func() error { return r.one(ctx, w, n) })
			}
		}
	}
	return r.rows, g.Wait()
}

func newRow(c cell, t trial.Trial, ours, theirs trial.Offer, repeat int) *row {
	w := &row{cell: c}
	if why := theirs.Missing(t); why != "" {
		w.notOffered = "their program " + why
	} else if why := ours.Missing(t); why != "" {
		w.notOffered = "our program " + why
	} else {
		w.runs = make([]run, repeat)
	}
	return w
}

// one makes the nth call of a row.
func (r *runner) one(ctx context.Context, w *row, n int) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	t := w.cell.trial(r.ours, r.theirs, r.seed+uint64(n))
	t.Here = r.here
	closeLog, err := r.log(&t, w.cell, n)
	if err != nil {
		return err
	}
	r.count(1, 0)
	result, err := t.Run(ctx)
	r.count(-1, 1)
	if closed := closeLog(); err == nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("%s: %w", w.cell.name(), err)
	}
	w.runs[n] = run{t.Seed, result}
	r.tell(w.cell, w.runs[n])
	return nil
}

// log opens the file for a call's log.
func (r *runner) log(t *trial.Trial, c cell, n int) (closeLog func() error, err error) {
	if r.logs == "" {
		return func() error { return nil }, nil
	}
	name := fmt.Sprintf("%s %d.log", c.name(), n+1)
	f, err := os.Create(filepath.Join(r.logs, strings.ReplaceAll(name, " ", "_")))
	if err != nil {
		return nil, err
	}
	t.Log = f
	return f.Close, nil
}

func (r *runner) count(running, done int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.running += running
	r.done += done
}

// tell reports a call.
func (r *runner) tell(c cell, x run) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fate := fmt.Sprintf("ok, connected in %d ms", x.result.Connected.Milliseconds())
	if x.result.Failure != "" {
		fate = "FAILED: " + x.result.Failure
	}
	fmt.Fprintf(r.progress, "%4.0f s  %d of %d done, %d running  %s: %s\n", time.Since(r.began).Seconds(), r.done, r.total, r.running, c.name(), fate)
}
