package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// row is one thing to try.
type row struct {
	name string
	try  func(ctx context.Context, w *world) (saw string, err error)
}

// verdict is what became of a row.
type verdict struct {
	saw      string // what there was to see, in a few words
	err      error  // what failed
	notTried string // why it could not be tried; empty: it was
	took     time.Duration
}

// missing says that something is not there that a row needs.
type missing string

// Error says what.
func (m missing) Error() string { return string(m) }

const rowTime = 4 * time.Minute // as long as the slowest takes on a busy machine, twice

// run tries it.
func (r row) run(ctx context.Context, w *world) (v verdict) {
	ctx, cancel := context.WithTimeoutCause(ctx, rowTime, fmt.Errorf("not done after %v", rowTime))
	defer cancel()
	began := time.Now()
	w.begin(r.name)
	v.saw, v.err = r.try(ctx, w)
	v.took = time.Since(began)
	if m := missing(""); errors.As(v.err, &m) {
		v.notTried, v.err = m.Error(), nil
	}
	if err := w.tidy(); v.err == nil && v.notTried == "" {
		v.err = err
	}
	return v
}

// rows are all there are, in the order of the table.
func rows() []row {
	var all []row
	for _, part := range [][]row{registrations(), diallings(), telephones(), features(), digits(), changes(), transfers(), steering(), logins(), commands(), configurations(), scripts(), examples(), endings(), absences()} {
		all = append(all, part...)
	}
	return all
}
