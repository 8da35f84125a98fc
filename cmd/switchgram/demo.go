package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"switchgram/bridge"
	"switchgram/cmd/switchgram/demo"
)

type demoCommand struct {
	Once      bool    `help:"End after the table; status 0 only if every call went as expected."`
	JSON      bool    `name:"json" help:"Print the rows as JSON lines."`
	MediaLoss float64 `placeholder:"SHARE" help:"Share of the telephones' sound packets to lose on the way, 0 to 1: see what the table makes of it."`
	Verbose   bool    `short:"v" help:"Log what happens underneath."`
}

// Validate is called by kong.
func (c *demoCommand) Validate() error {
	if c.MediaLoss < 0 || c.MediaLoss > 1 {
		return fmt.Errorf("--media-loss=%v: want a share from 0 to 1", c.MediaLoss)
	}
	return nil
}

// Run makes the demo's calls.
func (c *demoCommand) Run(ctx context.Context, log *slog.Logger, s surroundings) error {
	if !c.Verbose {
		log = slog.New(slog.DiscardHandler)
	}
	if !c.JSON {
		fmt.Fprintln(s.out, "Calls between simulated Telegram users and telephones, all on this machine; each end plays a random tone.")
		fmt.Fprintln(s.out)
	}
	err := demo.Run(ctx, s.out, demo.Options{
		Once: c.Once, JSON: c.JSON, MediaLoss: c.MediaLoss, Log: log,
		Missed: func(ctx context.Context, config string) error {
			missed := true
			search := searchCalls{question: question{configFlag: configFlag{config}, Direction: bridge.Inward, Missed: &missed}}
			return search.Run(ctx, log, s)
		},
	})
	if errors.Is(err, context.Canceled) {
		return nil // Ctrl-C
	}
	return err
}
