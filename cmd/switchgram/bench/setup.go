package bench

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// Setup is what it costs to set calls up and to end them.
type Setup struct {
	Point
	PerSecond float64 `json:"calls_per_second"` // that were set up and ended, one after the other in eight rows
	Cost      millis  `json:"setup_cpu_ms"`     // of the bridge's core, for a call
}

// sentence is what the table says of it.
func (s *Setup) sentence() string {
	return fmt.Sprintf("Set-up: %.1f calls a second were set up and ended; each took %.1f ms of the bridge's core, which could do %.0f a second.",
		s.PerSecond, s.Cost.value(), 1000/s.Cost.value())
}

// setup sets calls up and ends them for so long.
func (s *stand) setup(ctx context.Context, d time.Duration) (*Setup, error) {
	if err := s.turnOver(ctx); err != nil { // what the first call alone has to do
		return nil, err
	}
	before, err := s.process.Sample()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	var calls atomic.Int64
	var g errgroup.Group
	for range together {
		g.Go(func() error {
			for time.Since(began) < d {
				if err := s.turnOver(ctx); err != nil {
					return err
				}
				calls.Add(1)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	took := time.Since(began)
	after, err := s.process.Sample()
	if err != nil {
		return nil, err
	}
	n := calls.Load()
	return &Setup{
		Point: Point{Mode: s.mode.Name, Calls: int(n), Second: took.Seconds()}, PerSecond: float64(n) / took.Seconds(),
		Cost: millis(after.CPU-before.CPU) / millis(n),
	}, nil
}

// turnOver sets one call up and ends it.
func (s *stand) turnOver(ctx context.Context) error {
	c, err := s.call(ctx)
	if err != nil {
		return err
	}
	return s.hangup(ctx, c)
}
