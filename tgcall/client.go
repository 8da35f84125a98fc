package tgcall

import (
	"cmp"
	"context"
	"fmt"
	"sync"

	"github.com/gotd/td/tg"

	"switchgram/tgcall/engine"
)

// Client is the calls of one Telegram account.
type Client struct {
	api      *tg.Client
	o        Options
	registry *registry
	patience *patience
	flood    *flood
	group    groupCache
	newMedia func(engine.Config) (media, error)
}

// New makes a Client. It starts nothing.
func New(api *tg.Client, o Options) *Client {
	o.complete()
	return &Client{
		api: api, o: o, registry: newRegistry(o.MaxCalls), patience: &patience{own: o.Timeouts}, flood: newFlood(), newMedia: newEngine,
	}
}

func newEngine(c engine.Config) (media, error) {
	return engine.New(c)
}

// Run owns every call. It begins by ending those that the journal says were left. When ctx ends, every live call is discarded, and Run
// returns once Telegram knows, after five seconds at most, and OnCall has returned everywhere. If ctx ends with a cause of its own, the
// account is gone: Telegram is told nothing, and the calls end with that cause as their error. It may be called once.
func (c *Client) Run(ctx context.Context) error {
	var calls sync.WaitGroup
	calls.Go(func() { c.followConfig(ctx) })
	left := c.left() // before there are others
	calls.Go(func() { c.endLeft(ctx, left) })
	c.registry.open(func(task func(context.Context)) { calls.Go(func() { task(ctx) }) })
	<-ctx.Done()
	c.registry.close()
	calls.Wait()
	return nil
}

// Dial calls a person, and returns once Telegram has the call: nothing rings yet, and every event is still to come. When ctx
// ends before that, the call is taken back. Errors are ErrPrivacy, ErrBlocked, ErrOutdated, ErrNobody, ErrTooMany, ErrStopped,
// *FloodError, or what else went wrong, with Telegram's *tgerr.Error in it.
func (c *Client) Dial(ctx context.Context, to tg.InputUserClass) (*Call, error) {
	call := newCall(c, true, inputPeer(to))
	call.to = to
	if err := c.registry.dial(call); err != nil {
		return nil, fmt.Errorf("dial: %w", err)
	}
	select {
	case <-call.placed:
		return call, nil
	case <-call.over:
		return nil, fmt.Errorf("dial: %w", cmp.Or(call.end.Err, error(&call.end)))
	case <-ctx.Done():
		close(call.abandoned)
		return nil, ctx.Err()
	}
}

func inputPeer(to tg.InputUserClass) Peer {
	u, ok := to.(*tg.InputUser)
	if !ok {
		return Peer{}
	}
	return Peer{ID: u.UserID, AccessHash: u.AccessHash}
}
