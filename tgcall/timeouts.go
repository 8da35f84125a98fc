package tgcall

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/gotd/td/tg"
)

// Timeouts of a call. A zero value leaves it to Telegram (help.getConfig), which is asked once a day. Of its four, the one for lost
// packets is for engines from before 2020; those of today, ours too, go by the state of the path.
type Timeouts struct {
	Receive  time.Duration // until a device of the callee has the call; Telegram says 20 s
	Ring     time.Duration // until it is answered; Telegram says 90 s
	Exchange time.Duration // until both have the key; 0: as Receive
	Connect  time.Duration // until media runs; Telegram says 30 s
	Media    time.Duration // without a connection to the other side, at first or in mid-call; 0: 20 s, as Telegram's engine, which Telegram does not ask
}

// usualTimeouts are Telegram's for many years. They hold until it is heard.
var usualTimeouts = Timeouts{Receive: 20 * time.Second, Ring: 90 * time.Second, Connect: 30 * time.Second}

// maxTimeout is the longest that Telegram is believed.
const maxTimeout = 10 * time.Minute

// How often Telegram is asked for the timeouts: after an answer, and after none.
const (
	configFresh = 24 * time.Hour
	configAgain = 5 * time.Minute
)

// patience is how long a client's calls wait for what. Safe for concurrent use.
type patience struct {
	own Timeouts

	mu   sync.Mutex
	told Timeouts // by Telegram
}

func (p *patience) get() Timeouts {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := Timeouts{
		Receive: cmp.Or(p.own.Receive, p.told.Receive, usualTimeouts.Receive),
		Ring:    cmp.Or(p.own.Ring, p.told.Ring, usualTimeouts.Ring),
		Connect: cmp.Or(p.own.Connect, p.told.Connect, usualTimeouts.Connect),
	}
	t.Exchange = cmp.Or(p.own.Exchange, t.Receive)
	return t
}

// learn takes what Telegram says. What makes no sense is as if it had not been said.
func (p *patience) learn(c *tg.Config) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.told = Timeouts{
		Receive: believe(c.CallReceiveTimeoutMs), Ring: believe(c.CallRingTimeoutMs), Connect: believe(c.CallConnectTimeoutMs),
	}
}

func believe(milliseconds int) time.Duration {
	if milliseconds <= 0 || milliseconds > int(maxTimeout.Milliseconds()) {
		return 0
	}
	return time.Duration(milliseconds) * time.Millisecond
}

// followConfig asks Telegram for the timeouts, now and then, until ctx ends.
func (c *Client) followConfig(ctx context.Context) {
	for wait := time.Duration(0); pause(ctx, wait); {
		config, err := c.api.HelpGetConfig(ctx)
		if err != nil {
			c.o.Log.Debug("telegram's timeouts not learnt", "err", err)
			wait = configAgain
			continue
		}
		c.patience.learn(config)
		wait = configFresh
	}
}

// pause waits, and reports whether ctx is still there.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
