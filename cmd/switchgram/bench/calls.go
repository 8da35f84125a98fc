package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"switchgram/cmd/switchgram/bench/load"
	"switchgram/tgcall"
)

const (
	connectWithin = 60 * time.Second // a call
	together      = 8                // calls that are set up at once
)

// grow sets calls up until n stand.
func (s *stand) grow(ctx context.Context, n int) error {
	var g errgroup.Group
	g.SetLimit(together)
	for range n - s.standing() {
		g.Go(func() error {
			_, err := s.call(ctx)
			return err
		})
	}
	return g.Wait()
}

func (s *stand) standing() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.calls)
}

// call sets one call up, and returns when both hear each other.
func (s *stand) call(ctx context.Context) (*tgcall.Call, error) {
	ctx, cancel := context.WithTimeout(ctx, connectWithin)
	defer cancel()
	called := 0
	if s.mode.browser {
		called = int(s.desk.Add(1)) % desks
	}
	call, err := s.ann.Dial(ctx, "@"+lineName(called))
	if err != nil {
		return nil, err
	}
	talker := s.load.Join(call, s.people)
	ended := s.follow(call, talker)
	awaited := []<-chan struct{}{talker.Heard(), s.far}
	if s.mode.guest {
		awaited = append(awaited, s.far)
	}
	for _, what := range awaited {
		select {
		case <-what:
		case err := <-ended:
			return nil, fmt.Errorf("call: %w", err)
		case <-ctx.Done():
			return nil, fmt.Errorf("call: nobody is heard: %w", ctx.Err())
		}
	}
	return call, nil
}

// follow counts a call among those that stand until it ends, and says how it did.
func (s *stand) follow(c *tgcall.Call, t *load.Talker) <-chan error {
	ended, gone := make(chan error, 1), make(chan struct{})
	s.keep(c, gone)
	s.following.Go(func() { // ends with the call, at the latest when the network is closed
		for e := range c.Events() {
			if e, ok := e.(tgcall.Ended); ok {
				ended <- e.Err
			}
		}
		t.Leave()
		s.drop(c)
		close(gone)
	})
	return ended
}

func (s *stand) keep(c *tgcall.Call, gone <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[c] = gone
}

func (s *stand) drop(c *tgcall.Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.calls, c)
}

// shrink hangs calls up until n stand, and returns when they are gone.
func (s *stand) shrink(ctx context.Context, n int) error {
	var g errgroup.Group
	g.SetLimit(together)
	for _, c := range s.some(s.standing() - n) {
		g.Go(func() error { return s.hangup(ctx, c) })
	}
	return g.Wait()
}

// hangup ends a call that stands, and returns when nothing is left of it.
func (s *stand) hangup(ctx context.Context, c *tgcall.Call) error {
	s.mu.Lock()
	gone, stands := s.calls[c]
	s.mu.Unlock()
	if !stands {
		return nil
	}
	err := c.Discard(ctx, tgcall.Hangup)
	<-gone
	return err
}

// some are that many of the calls that stand.
func (s *stand) some(n int) (some []*tgcall.Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.calls {
		if len(some) >= n {
			break
		}
		some = append(some, c)
	}
	return some
}

// resize makes n calls stand.
func (s *stand) resize(ctx context.Context, n int) error {
	return errors.Join(s.shrink(ctx, n), s.grow(ctx, n))
}
