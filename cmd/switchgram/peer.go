package main

import (
	"context"
	"log/slog"

	"switchgram/cmd/switchgram/peer"
)

type peerCommand struct {
	Loopback   bool `help:"Use loopback addresses, and only these."`
	OwnSockets bool `help:"Do not take media by a port that calls could share, as switchgram run does."`
}

// Run speaks the lines of docs/peer.md.
func (c *peerCommand) Run(ctx context.Context, log *slog.Logger, s surroundings) error {
	return peer.Run(ctx, s.in, s.out, peer.Options{Loopback: c.Loopback, OwnSockets: c.OwnSockets, Log: log})
}
