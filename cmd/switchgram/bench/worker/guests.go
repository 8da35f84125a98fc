package worker

import (
	"context"
	"log/slog"
	"sync"

	"switchgram/bridge"
	"switchgram/cmd/switchgram/program"
)

// guests are called into every call that is answered. It is the program's sink.
type guests struct {
	to      bridge.Address // the zero value: nobody is
	log     *slog.Logger
	program *program.Program // set before it runs

	ctx     context.Context // of the program
	running sync.WaitGroup
}

// Publish implements bridge.Sink.
func (g *guests) Publish(ev bridge.Event) {
	if ev.Kind != bridge.CallAnswered || g.to == (bridge.Address{}) {
		return
	}
	g.running.Go(func() { // which ends with the call
		if err := g.program.Invite(g.ctx, ev.Call, ev.Line, g.to, bridge.Talk); err != nil && g.ctx.Err() == nil {
			g.log.Error("guest", "call", ev.Call, "err", err)
		}
	})
}
