package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"switchgram/cmd/switchgram/bench"
	"switchgram/cmd/switchgram/bench/worker"
)

type benchCommand struct {
	Mode    string   `short:"m" placeholder:"MODE" help:"What to measure, of the list above. Without: all of it."`
	Calls   int      `short:"n" placeholder:"N" help:"Measure with so many calls. Without: find the largest number with which no packet is lost and 99 of 100 are delayed by less than 5 ms."`
	Seconds float64  `short:"s" help:"Measure for so long each time." default:"5"`
	Against []string `placeholder:"WHOM" help:"Compare mode relay with others that run on this machine: ${against}"`
	JSON    bool     `name:"json" help:"Print a line of JSON for each mode."`
	Profile string   `placeholder:"FILE" help:"Write a CPU profile of the bridge, taken after the measurement, while the calls stand; for go tool pprof."`
	Bridge  bool     `hidden:"" help:"Be the bridge that is measured."`
}

// Validate is called by kong.
func (c *benchCommand) Validate() error {
	switch {
	case c.Calls < 0:
		return fmt.Errorf("--calls=%d: want 1 or more", c.Calls)
	case c.Seconds < 0.5:
		return fmt.Errorf("--seconds=%v: want 0.5 or more", c.Seconds)
	}
	return nil
}

// Run measures, or is what is measured.
func (c *benchCommand) Run(ctx context.Context, log *slog.Logger, s surroundings) error {
	if c.Bridge {
		return worker.Serve(ctx, s.in, s.out, log)
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	return bench.Run(ctx, s.out, bench.Options{
		Mode: c.Mode, Calls: c.Calls, Window: time.Duration(c.Seconds * float64(time.Second)), JSON: c.JSON, Against: c.Against, Profile: c.Profile,
		Worker: []string{self, "bench", "--bridge", "--log-level=error"}, Progress: s.err, Errors: s.err,
	})
}

// Help is shown by kong above the flags.
func (*benchCommand) Help() string {
	text := `The bridge runs in a process of its own, on a processor of its own if there are two; people and telephones that call by it
run in another. Delay is what the bridge adds; docs/performance.md says how it is counted.

Modes:
`
	for _, m := range bench.Modes() {
		text += fmt.Sprintf("\n\t%-8s  %s", m.Name, m.About)
	}
	return text
}
