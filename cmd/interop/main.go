// Interop makes calls between two programs that speak the lines of docs/peer.md, in every version, role, path and trouble that both can do,
// and prints how they went. `make interop` builds and runs it; `interop -help` explains it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"switchgram/cmd/interop/trial"
	"switchgram/tgcall/testnet/lan"
)

// Statuses of the program's end.
const (
	succeeded = iota
	failed    // a cell failed
	misused   // or nothing could be tried
)

func main() {
	if err := lan.Enter(); err != nil {
		fmt.Fprintf(os.Stderr, "interop: %v\nIt needs to be root, or user namespaces for ordinary users, and /dev/net/tun.\n", err)
		os.Exit(misused)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends us at once
	os.Exit(start(ctx, os.Args[1:], false, os.Stdout, os.Stderr))
}

// start does what a command line says, between hosts of networks or here, on loopback.
func start(ctx context.Context, args []string, here bool, out, errs io.Writer) int {
	o, err := parseOptions(args, out)
	if errors.Is(err, flag.ErrHelp) {
		return succeeded
	}
	bad := false
	if err == nil {
		bad, err = try(ctx, o, here, out, errs)
	}
	switch {
	case err != nil:
		fmt.Fprintf(errs, "interop: %v\n", err)
		return misused
	case bad:
		return failed
	}
	return succeeded
}

// try makes the calls and writes the tables; bad: one failed.
func try(ctx context.Context, o options, here bool, out, errs io.Writer) (bad bool, err error) {
	cells, err := only(matrix(o.peer == ""), o.only)
	if err != nil {
		return false, fmt.Errorf("-only: %w", err)
	}
	if len(cells) == 0 {
		return false, fmt.Errorf("-only %q matches none of the lines of -list", o.only)
	}
	if o.list {
		return false, list(out, cells)
	}
	if o.logs != "" {
		if err := os.MkdirAll(o.logs, 0o755); err != nil {
			return false, err
		}
	}
	r := &runner{
		ours: program("ours", o.ours), repeat: o.repeat, parallel: o.parallel, seed: o.seed, logs: o.logs, here: here, progress: errs,
	}
	if r.theirs = r.ours; o.peer != "" {
		r.theirs = program("theirs", o.peer)
	}
	offers, err := ask(ctx, r.ours, r.theirs, o.without)
	if err != nil {
		return false, err
	}
	rows, err := r.run(ctx, cells, offers[0], offers[1])
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(rows, (*row).failed), report(o, rows, out)
}

func list(out io.Writer, cells []cell) error {
	for _, c := range cells {
		if _, err := fmt.Fprintln(out, c.name()); err != nil {
			return err
		}
	}
	return nil
}

func program(name, command string) trial.Program {
	return trial.Program{Name: name, Command: strings.Fields(command)}
}

// ask asks both programs what they can do.
func ask(ctx context.Context, ours, theirs trial.Program, without string) (offers [2]trial.Offer, err error) {
	for i, p := range []trial.Program{ours, theirs} {
		if offers[i], err = trial.Ask(ctx, p); err != nil {
			return offers, fmt.Errorf("%s: %w", strings.Join(p.Command, " "), err)
		}
	}
	for word := range strings.SplitSeq(without, ",") {
		if word == "" {
			continue
		}
		if !slices.Contains(abilities(), word) {
			return offers, fmt.Errorf("-without %q: want some of %s", word, strings.Join(abilities(), ", "))
		}
		offers[1].Without = append(offers[1].Without, trial.Ability(word))
	}
	return offers, nil
}

// report writes the tables that are wanted.
func report(o options, rows []*row, out io.Writer) error {
	for _, f := range []struct {
		name  string
		write func(io.Writer, []*row) error
	}{{o.jsonFile, writeJSON}, {o.markdownFile, markdown}} {
		if f.name == "" {
			continue
		}
		if err := writeFile(f.name, func(w io.Writer) error { return f.write(w, rows) }); err != nil {
			return err
		}
	}
	return table(out, rows)
}

func writeFile(name string, write func(io.Writer) error) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}
