package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"runtime"
	"strings"

	"switchgram/cmd/interop/trial"
)

// options are those of the command line.
type options struct {
	ours, peer, without, only    string
	repeat, parallel             int
	seed                         uint64
	list                         bool
	jsonFile, markdownFile, logs string
}

// parseOptions reads a command line. It prints the help to out if asked for that; the error is flag.ErrHelp then.
func parseOptions(args []string, out io.Writer) (o options, err error) {
	f := flag.NewFlagSet("interop", flag.ContinueOnError)
	f.SetOutput(io.Discard) // who gets the error prints it
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
	err = f.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		f.SetOutput(out)
		usage(f)
		return o, err
	case err != nil:
		return o, fmt.Errorf("%w; -help shows what there is", err)
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
