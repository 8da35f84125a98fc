// Freeswitchtest makes calls between Telegram and a real FreeSWITCH, through the bridge as `switchgram run` runs it, and prints what became
// of each: `make freeswitch-test` builds and runs it, `freeswitchtest -help` explains it.
//
// Telegram is the embedded network of tgcall/testnet; the telephones, one of them a Verto user, are here too. FreeSWITCH is steered by its
// event socket, so that hardly anything need be configured there; `freeswitchtest -config` prints what. Each row listens to the sound of its
// call at both ends.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

// Statuses of the program's end.
const (
	succeeded = iota
	failed    // a row failed
	misused   // or nothing could be tried
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends us at once
	os.Exit(start(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// start does what a command line says.
func start(ctx context.Context, args []string, out, errs io.Writer) int {
	o, err := parseOptions(args, out)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return succeeded
	case err != nil:
		fmt.Fprintf(errs, "freeswitchtest: %v\n", err)
		return misused
	case o.config:
		fmt.Fprint(out, requirements)
		return succeeded
	case o.list:
		list(out)
		return succeeded
	case o.address == "":
		fmt.Fprintln(out, "freeswitchtest: skipped, since no FreeSWITCH is named; make freeswitch-test FREESWITCH=127.0.0.1:8021 PASSWORD=…")
		return succeeded
	}
	bad, err := try(ctx, o, out)
	switch {
	case err != nil:
		fmt.Fprintf(errs, "freeswitchtest: %v\n", err)
		return misused
	case bad:
		return failed
	}
	return succeeded
}

// try makes the calls and prints the table; bad: a row failed.
func try(ctx context.Context, o options, out io.Writer) (bad bool, err error) {
	log := slog.New(slog.DiscardHandler)
	if o.log != "" {
		f, err := os.Create(o.log)
		if err != nil {
			return false, err
		}
		defer f.Close()
		log = slog.New(slog.NewTextHandler(f, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	w, err := newWorld(ctx, o, log)
	if err != nil {
		return false, err
	}
	defer w.close()
	t := newTable(out, w)
	for _, r := range rows() {
		if !o.wants(r.name) {
			continue
		}
		if ctx.Err() != nil {
			return false, context.Cause(ctx)
		}
		t.add(r.name, func() verdict { return r.run(ctx, w) })
	}
	return t.end(), w.tape.failure()
}

func list(out io.Writer) {
	for _, r := range rows() {
		fmt.Fprintln(out, r.name)
	}
}
