package main

import (
	"context"
	"log/slog"

	"switchgram/cmd/switchgram/program"
)

type runCommand struct {
	configFlag
}

// Run serves until SIGTERM or Ctrl-C, then drains.
func (c *runCommand) Run(ctx context.Context, log *slog.Logger, s surroundings) error {
	config, err := program.Load(c.Config)
	if err != nil {
		return err
	}
	p, err := program.New(config, program.Options{Network: s.network, Log: log})
	if err != nil {
		return err
	}
	return p.Run(ctx)
}
