package trial

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"
)

// tones are what the two play, in Hz. They are no harmonics of one another, which an echo canceller would take for its own; and they are
// among those that the noise suppressor of Telegram's engine lets through, which silences a 540 Hz tone for seconds and leaves a 440 Hz one.
var tones = [2]float64{440, 1300}

// conversation is one call.
type conversation struct {
	t       Trial
	ground  *ground
	post    *post
	peers   [2]*peer
	records [2]string
	started [2]chan struct{} // closed when the engine is told to start
	log     *journal
}

func newConversation(t Trial, g *ground, dir string) *conversation {
	c := &conversation{t: t, ground: g, post: newPost(t.Trouble, t.Seed), log: newJournal(t.Log)}
	for i, n := range names {
		c.records[i] = filepath.Join(dir, n+".wav")
		c.started[i] = make(chan struct{})
	}
	return c
}

// run has both programs running while they talk.
func (c *conversation) run(ctx context.Context, r *Result) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for i := range c.peers {
		var err error
		if c.peers[i], err = newPeer(ctx, names[i], c.t.Programs[i], c.log, func(blob []byte) { c.post.take(1-i, blob) }); err != nil {
			return err
		}
	}
	var g errgroup.Group
	for i, p := range c.peers {
		g.Go(func() error { p.run(c.ground.hosts[i]); return nil })
		g.Go(func() error { c.post.run(ctx, i, func(blob []byte) { c.deliver(i, blob) }); return nil })
	}
	g.Go(func() error {
		defer cancel()
		return c.talk(ctx, r)
	})
	return g.Wait()
}

// deliver hands a blob to one side.
func (c *conversation) deliver(to int, blob []byte) {
	select {
	case <-c.started[to]:
	default:
		if c.t.Trouble.Deaf {
			return
		}
	}
	c.peers[to].say(object{"signaling": blob})
}

// talk is the call from its begin to its end.
func (c *conversation) talk(ctx context.Context, r *Result) error {
	for _, step := range []func(context.Context, *Result) error{c.begin, c.connect, c.hear, c.happen, c.listen, c.end} {
		if err := step(ctx, r); err != nil {
			c.log.printf(time.Now(), "failure: %v", err)
			return err
		}
	}
	return nil
}

// begin starts both engines.
func (c *conversation) begin(ctx context.Context, _ *Result) error {
	if err := c.both(ctx, untilReady, "said what it speaks", (*said).ready); err != nil {
		return err
	}
	key := make([]byte, 256)
	_, _ = rand.Read(key)
	for i := range c.peers {
		if i == Callee {
			if err := wait(ctx, c.t.Trouble.Late); err != nil {
				return err
			}
		}
		c.start(i, hex.EncodeToString(key))
	}
	return nil
}

func (c *conversation) start(side int, key string) {
	o := object{
		"cmd": "start", "version": c.t.Version, "isOutgoing": side == Caller, "key": key,
		"rtcServers": c.ground.servers(c.t.Path, side), "enableP2P": c.t.Path.Direct,
		"play": fmt.Sprintf("sine:%g", tones[side]), "record": c.records[side], "audioEvery": 0.1,
	}
	if p := c.t.Trouble.CustomParameters; p != "" {
		o["customParameters"] = json.RawMessage(p)
	}
	c.log.printf(time.Now(), "start %s, %s, servers %v", names[side], c.t.Version, o["rtcServers"])
	c.peers[side].say(o)
	close(c.started[side])
}

// connect waits until both are Established.
func (c *conversation) connect(ctx context.Context, r *Result) error {
	from := time.Now() // the later engine has just been started
	err := c.both(ctx, untilConnected, "connected", func(s *said) bool { return !s.established.IsZero() })
	if err != nil {
		return err
	}
	for _, p := range c.peers {
		r.Connected = max(r.Connected, p.established().Sub(from))
	}
	return nil
}

// hear waits until both hear something.
func (c *conversation) hear(ctx context.Context, _ *Result) error {
	return c.both(ctx, untilHeard, "heard the other", (*said).loud)
}

// both waits for both; what one of them fails at is not waited for at the other.
func (c *conversation) both(ctx context.Context, d time.Duration, what string, is func(*said) bool) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, p := range c.peers {
		g.Go(func() error { return p.until(ctx, d, what, is) })
	}
	return g.Wait()
}

// listen waits until both have heard something for long enough to be measured, and looks at the way it took.
func (c *conversation) listen(ctx context.Context, r *Result) error {
	if err := c.both(ctx, untilHeard, fmt.Sprintf("heard the other for %v", steady), c.steadySince(time.Time{})); err != nil {
		return err
	}
	if c.ground.lan == nil {
		return nil
	}
	if !c.t.Path.Direct {
		return c.checkPrivacy()
	}
	var err error
	r.Direct, err = c.direct(ctx)
	return err
}

// steadySince is the condition that the other has been heard long enough to be measured, all of it after from. Where packets are lost, some
// moments may be silent.
func (c *conversation) steadySince(from time.Time) func(*said) bool {
	share := 1.0
	if c.t.Trouble.Weather.Loss > 0 {
		share = 0.5
	}
	return func(s *said) bool { return s.loudFor(steady, from, share) }
}

// checkPrivacy: who forbids peer-to-peer calls does so to keep his address to himself.
func (c *conversation) checkPrivacy() error {
	for i, h := range c.ground.hosts {
		if n := c.ground.lan.Carried(h, c.ground.hosts[1-i]); n > 0 {
			return failed("%s sent %d packets straight to the other, though peer-to-peer was not allowed", names[i], n)
		}
	}
	return nil
}

// direct tells whether sound goes from host to host, both ways: 60 ms packets are 16 a second, checks of a path fewer than five.
func (c *conversation) direct(ctx context.Context) (bool, error) {
	before := c.carried()
	if err := wait(ctx, time.Second); err != nil {
		return false, err
	}
	after := c.carried()
	return after[0]-before[0] > 8 && after[1]-before[1] > 8, nil
}

func (c *conversation) carried() (n [2]uint64) {
	for i, h := range c.ground.hosts {
		n[i] = c.ground.lan.Carried(h, c.ground.hosts[1-i])
	}
	return n
}

// untilDirect waits until the call has moved to the direct path.
func (c *conversation) untilDirect(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, untilHeard, failed("never on the direct path in %v", untilHeard))
	defer cancel()
	for {
		if ok, err := c.direct(ctx); err != nil {
			return context.Cause(ctx)
		} else if ok {
			return nil
		}
	}
}

// end ends the call on both sides at once, and looks at what they recorded.
func (c *conversation) end(ctx context.Context, r *Result) error {
	for _, p := range c.peers {
		p.say(object{"cmd": "stop"})
	}
	if err := c.both(ctx, untilStopped, "stopped", func(s *said) bool { return s.stopped }); err != nil {
		return err
	}
	if err := c.judge(r); err != nil {
		return err
	}
	for _, p := range c.peers {
		if err := p.leave(ctx); err != nil {
			return err
		}
	}
	return nil
}

// judge looks at both recordings, and says what is wrong with them.
func (c *conversation) judge(r *Result) error {
	for i, name := range c.records {
		var err error
		if r.Heard[i], err = measure(name); err != nil {
			return failed("%s's recording: %v", names[i], err)
		}
	}
	for i, heard := range r.Heard {
		if err := judge(heard, tones[1-i], c.t.Trouble); err != nil {
			return failed("%s %v", names[i], err)
		}
	}
	return nil
}
