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
	"runtime"
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

// options are those of the command line.
type options struct {
	ours, peer, without, only    string
	repeat, parallel             int
	seed                         uint64
	list                         bool
	jsonFile, markdownFile, logs string
}

func parseOptions(args []string, errs io.Writer) (o options, err error) {
	f := flag.NewFlagSet("interop", flag.ContinueOnError)
	f.SetOutput(errs)
	f.StringVar(&o.ours, "ours", "bin/switchgram peer", "`command` of our engine: a program and its arguments, with spaces between them")
	f.StringVar(&o.peer, "peer", "", "`command` of the other engine; none: ours again")
	f.StringVar(&o.without, "without", "", "what the other lacks if it does not say so itself, a `list` with commas of: "+strings.Join(abilities(), ", "))
	f.StringVar(&o.only, "only", "*", "make only the calls whose line in -list matches one of the `patterns`, which have commas between them; * is any text")
	f.IntVar(&o.repeat, "repeat", 1, "how `many` times to make each call")
	f.IntVar(&o.parallel, "parallel", 2*runtime.NumCPU(), "how `many` calls to make at the same time; each has a network of its own")
	f.Uint64Var(&o.seed, "seed", 1, "of what is lost and late in the first call of each kind; the second has the `number` after it")
	f.BoolVar(&o.list, "list", false, "name the calls and make none")
	f.StringVar(&o.jsonFile, "json", "", "write every call to a `file`")
	f.StringVar(&o.markdownFile, "markdown", "", "write the table to a `file`, for a document")
	f.StringVar(&o.logs, "logs", "", "keep what the two engines said in each call in a `folder`, signalling left out")
	f.Usage = func() { usage(f) }
	if err := f.Parse(args); err != nil {
		return o, err
	}
	switch {
	case f.NArg() > 0:
		return o, fmt.Errorf("what is %q? Options begin with a dash; a command with arguments needs quotes", f.Arg(0))
	case o.repeat < 1 || o.parallel < 1:
		return o, errors.New("-repeat and -parallel are at least 1")
	case len(strings.Fields(o.ours)) == 0:
		return o, errors.New("-ours is empty")
	}
	return o, nil
}

func usage(f *flag.FlagSet) {
	w := f.Output()
	fmt.Fprint(w, `Makes calls between two engines for Telegram calls, each in a network of its own, and prints how they went.

  make interop                                        our engine with itself
  make interop PEER=/path/to/peer                     with any program that speaks the lines of docs/peer.md
  make interop PEER=… ARGS="-only '13.0.0 * cut' -repeat 3 -logs /tmp/logs"

A call passes if both sides say Established, each hears the other's tone to the end, and what its trouble asks for has happened. Where
peer-to-peer is not allowed, one packet straight from host to host fails it. The table shows:

  connected ms    from the start of the later engine until both were connected, fastest and slowest
  caller hears    share of the energy that is the other's tone, the worst of all runs
  silence s       after the network was hurt, the longest of all runs and sides, true to about 0.3 s
  sound           how it went at the end: direct, or by a relay

What stands where in a line of -list: version, who calls, path, trouble.

`)
	for _, e := range explanations {
		fmt.Fprintf(w, "  %-20s %s\n", e.name, e.what)
	}
	fmt.Fprint(w, "\nStatus 0: all calls passed. 1: one did not. 2: nothing could be tried.\n\nOptions:\n")
	f.PrintDefaults()
}

func abilities() []string {
	return []string{string(trial.TCPReflectors), string(trial.StandaloneReflectors), string(trial.NoSCTP), string(trial.IPv6)}
}

// start does what a command line says, between hosts of networks or here, on loopback.
func start(ctx context.Context, args []string, here bool, out, errs io.Writer) int {
	o, err := parseOptions(args, errs)
	if errors.Is(err, flag.ErrHelp) {
		return succeeded
	}
	if err == nil {
		var bad bool
		if bad, err = try(ctx, o, here, out, errs); bad {
			return failed
		}
	}
	if err != nil {
		fmt.Fprintf(errs, "interop: %v\n", err)
		return misused
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
		for _, c := range cells {
			fmt.Fprintln(out, c.name())
		}
		return false, nil
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
