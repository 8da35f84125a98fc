package bench

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"switchgram/cmd/switchgram/bench/load"
	"switchgram/cmd/switchgram/bench/rival"
)

// opponent is a rival with its calls. Its methods are called from one goroutine.
type opponent struct {
	meter
	rival *rival.Rival
	stop  func() // of the load

	mu    sync.Mutex
	calls []rival.Call
}

// newOpponent finds the rival, and starts a load for it.
func newOpponent(ctx context.Context, spec string, cores []int) (*opponent, error) {
	p := &opponent{meter: meter{load: load.New()}}
	running, cancel := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() { _ = p.load.Run(running) })   // returns nil
	done.Go(func() { _ = p.load.Alone(running) }) // without it nothing is taken off the delays
	p.stop = func() { cancel(); done.Wait() }
	var err error
	if p.rival, err = rival.Open(ctx, spec, p.load, cores); err != nil {
		p.stop()
		return nil, err
	}
	p.sample = p.rival.Sample
	if p.bare, err = p.sample(); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

func (p *opponent) close() error {
	err := p.resize(context.Background(), 0)
	p.stop()
	return errors.Join(err, p.rival.Close())
}

// resize makes n calls stand.
func (p *opponent) resize(ctx context.Context, n int) error {
	var g errgroup.Group
	g.SetLimit(together)
	for len(p.calls) > n {
		last := p.calls[len(p.calls)-1]
		p.calls = p.calls[:len(p.calls)-1]
		g.Go(func() error { return last.Hangup(ctx) })
	}
	for range n - len(p.calls) {
		g.Go(func() error { return p.call(ctx) })
	}
	return g.Wait()
}

func (p *opponent) call(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, connectWithin)
	defer cancel()
	c, err := p.rival.Call(ctx)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, c)
	return nil
}

func (p *opponent) measure(ctx context.Context, d time.Duration) (Point, error) {
	return p.meter.measure(ctx, "relay", len(p.calls), d)
}
