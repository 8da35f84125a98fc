package trial

import (
	"context"
	"time"

	"switchgram/tgcall/testnet/lan"
)

// signallingDelay is how long a blob takes by Telegram's servers when nothing is wrong.
const signallingDelay = 30 * time.Millisecond

// Trouble is what makes a call hard. The zero value is an ordinary call.
type Trouble struct {
	Name             string
	SignallingLoss   float64       // share of the blobs that are lost, 0 to 1
	SignallingDelay  time.Duration // of each blob; 0: 30 ms
	Late             time.Duration // how much later than the caller's engine the callee's starts
	Deaf             bool          // until then it is not even told what came
	Weather          lan.Weather   // of what each of the two sends, by whatever path, all the time
	CustomParameters string        // JSON, as in phoneCall.custom_parameters
	Needs            []Ability     // of both programs
	Event            Event
}

func (t Trouble) delay() time.Duration {
	if t.SignallingDelay == 0 {
		return signallingDelay
	}
	return t.SignallingDelay
}

// Event is what happens in the middle of a call.
type Event int

// Events.
const (
	Nothing Event = iota
	Mute          // each side in turn closes its microphone and opens it again
	Outage        // the callee has no network for OutageFor, neither for media nor for signalling
	Cut           // the direct path is gone for good
)

// OutageFor is how long an Outage lasts.
const OutageFor = 10 * time.Second

// happen has the trial's event happen to a call in which both hear each other.
func (c *conversation) happen(ctx context.Context, r *Result) error {
	switch c.t.Trouble.Event {
	case Mute:
		return c.muteBoth(ctx)
	case Outage:
		return c.outage(ctx, r)
	case Cut:
		return c.cut(ctx, r)
	}
	return nil
}

func (c *conversation) muteBoth(ctx context.Context) error {
	for i, p := range c.peers {
		other := c.peers[1-i]
		p.say(object{"cmd": "mute", "value": true})
		if err := other.until(ctx, untilHeard, "told of the other's mute", func(s *said) bool { return s.remote == "muted" }); err != nil {
			return err
		}
		if err := other.until(ctx, untilHeard, "silent while the other is mute", (*said).silent); err != nil {
			return err
		}
		p.say(object{"cmd": "mute", "value": false})
		if err := other.until(ctx, untilHeard, "told that the other speaks again", func(s *said) bool { return s.remote == "active" }); err != nil {
			return err
		}
		if err := other.until(ctx, untilHeard, "heard the other again", (*said).loud); err != nil {
			return err
		}
	}
	return nil
}

func (c *conversation) outage(ctx context.Context, r *Result) error {
	return c.hurt(ctx, r, func() error {
		callee := c.ground.hosts[Callee]
		c.post.hold(true)
		c.ground.lan.SetAll(callee, lan.Weather{Loss: 1})
		err := wait(ctx, OutageFor)
		c.ground.lan.SetAll(callee, lan.Weather{})
		c.ground.setWeather(c.t.Trouble.Weather)
		c.post.hold(false)
		return err
	})
}

func (c *conversation) cut(ctx context.Context, r *Result) error {
	if err := c.untilDirect(ctx); err != nil {
		return err
	}
	return c.hurt(ctx, r, func() error {
		c.ground.lan.Set(c.ground.hosts[Caller], c.ground.hosts[Callee], lan.Weather{Loss: 1})
		return nil
	})
}

// hurt does something to the network and measures for how long it was silent then.
func (c *conversation) hurt(ctx context.Context, r *Result, do func() error) error {
	from := time.Now()
	if err := do(); err != nil {
		return err
	}
	if err := c.both(ctx, untilHeard, "heard the other again", c.steadySince(time.Now())); err != nil {
		return err
	}
	for i, p := range c.peers {
		r.Silence[i] = p.silence(from)
	}
	return nil
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
