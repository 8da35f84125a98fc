package bench

import (
	"context"

	"switchgram/bridge/sip/siptest"
	"switchgram/cmd/switchgram/bench/load"
	"switchgram/tgcall"
)

// answered is a call that the telephone took.
func (s *stand) answered(ctx context.Context, wire siptest.Stream) {
	t := s.load.Join(wire, s.phones)
	defer t.Leave()
	s.hears(ctx, t)
	<-ctx.Done()
}

// called is a call to the friend.
func (s *stand) called(ctx context.Context, c *tgcall.Call) {
	if c.Accept(ctx) != nil {
		return
	}
	t := s.load.Join(c, s.people)
	defer t.Leave()
	s.hears(ctx, t)
	<-ctx.Done()
}

// hears tells that somebody who was called hears something.
func (s *stand) hears(ctx context.Context, t *load.Talker) {
	select {
	case <-t.Heard():
	case <-ctx.Done():
		return
	}
	select {
	case s.far <- struct{}{}:
	case <-ctx.Done():
	}
}
