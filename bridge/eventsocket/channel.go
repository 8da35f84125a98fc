package eventsocket

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"switchgram/bridge"
	"switchgram/esl"
)

// setWithin is how long FreeSWITCH may take to set variables.
const setWithin = 5 * time.Second

// FreeSWITCH's events come up to 20 ms late, and by then the dialplan runs. So the channel is looked for as well, after 2, 6, 14, 30 and 62 ms.
const (
	firstLook = time.Millisecond
	mostLooks = 5
)

// Channel is FreeSWITCH's channel of one of our SIP legs. Its UUID is the Call-ID where the profile says inbound-use-callid-as-uuid, or
// outbound-use-uuid-as-callid in the other direction; elsewhere the channel is found by its variable sip_call_id.
type Channel struct {
	s      *Socket
	callID string
	watch  *esl.Watch
	found  chan string   // its UUID, where that is another than the Call-ID; room for one
	news   chan struct{} // variables are to be set; room for one
	closed chan struct{}
	once   sync.Once
	looks  int // how often we have looked for it; of run

	// Guarded by s.mu.
	uuid    string // empty: not known
	pending map[string]string
	gone    func(bridge.Cause)
	over    bool // nobody follows it any more
}

// Follow follows the channel of a SIP call, which need not exist yet, until it is closed; call is the call that its leg is part of, empty if that
// is not known yet.
func (s *Socket) Follow(callID string, call bridge.CallID) *Channel {
	c := &Channel{
		s: s, callID: callID, gone: func(bridge.Cause) {}, watch: s.client.Watch(callID),
		found: make(chan string, 1), news: make(chan struct{}, 1), closed: make(chan struct{}), pending: map[string]string{},
	}
	if !s.enter(c, call) {
		c.watch.Close() // not under our lock: the client asks us under its own
	}
	return c
}

// enter has a channel followed, unless nothing runs.
func (s *Socket) enter(c *Channel, call bridge.CallID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.working {
		return false
	}
	s.channels[c.callID] = c
	if t := s.talks[call]; t != nil {
		t.join(c)
	}
	ctx := s.ctx
	s.following.Go(func() { c.run(ctx) })
	return true
}

// Close ends it. It may be called more than once.
func (c *Channel) Close() { c.once.Do(func() { close(c.closed) }) }

// OnGone sets what is called, once, when the channel has ended and SIP has not said so. It may block for a while.
func (c *Channel) OnGone(f func(why bridge.Cause)) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.gone = f
}

// vanish calls it.
func (c *Channel) vanish(why bridge.Cause) {
	c.s.mu.Lock()
	gone := c.gone
	c.s.mu.Unlock()
	gone(why)
}

// UUID is the channel's, empty while it is not known.
func (c *Channel) UUID() string {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	return c.uuid
}

// is says which UUID the channel has.
func (c *Channel) is(uuid string) {
	select {
	case c.found <- uuid:
	default:
	}
}

// set has variables set, as soon as the channel is known. The lock is held.
func (c *Channel) set(v map[string]string) {
	maps.Copy(c.pending, v)
	select {
	case c.news <- struct{}{}:
	default:
	}
}

func (c *Channel) run(ctx context.Context) {
	defer c.forget()
	seek := time.After(0)
	cause, doubt := bridge.Cause(0), (<-chan time.Time)(nil)
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.closed:
			return
		case <-seek:
			seek = c.seek(ctx)
		case uuid := <-c.found:
			c.follow(uuid)
			c.know(ctx, uuid)
		case <-c.news:
			c.flush(ctx)
		case e, ok := <-c.watch.Events():
			if !ok {
				return // nobody tells of it any more
			}
			if why, after := c.heard(ctx, e); after > 0 {
				cause, doubt = why, time.After(after)
			}
		case <-doubt:
			if doubt = nil; !c.exists(ctx) {
				c.vanish(cause)
				return
			}
		}
	}
}

// seek looks whether there is a channel that has our Call-ID for its UUID, and returns when to look again; nil: not again.
func (c *Channel) seek(ctx context.Context) <-chan time.Time {
	if c.UUID() != "" {
		return nil
	}
	if there, err := c.s.client.Exists(ctx, c.callID); there && err == nil {
		c.know(ctx, c.callID)
		return nil
	}
	if c.looks++; c.looks > mostLooks {
		return nil
	}
	return time.After(firstLook << c.looks)
}

// follow watches the channel under another UUID than its Call-ID.
func (c *Channel) follow(uuid string) {
	c.watch.Close()
	c.watch = c.s.client.Watch(uuid)
}

// heard takes an event. If the channel seems to have ended, it returns why, and after what time to make sure.
func (c *Channel) heard(ctx context.Context, e *esl.Event) (why bridge.Cause, after time.Duration) {
	switch {
	case e.Resync != nil && e.Resync.Gone && c.UUID() == "": // it does not exist yet
	case e.Resync != nil && e.Resync.Gone:
		return bridge.NormalTemporaryFailure, c.s.lostAfter
	case e.Name() == "CHANNEL_HANGUP_COMPLETE":
		return bridge.CauseOfQ850(e.Cause().Q850()), c.s.goneAfter
	default:
		c.know(ctx, e.UUID())
	}
	return 0, 0
}

// know notes the UUID, and sets what was to be set.
func (c *Channel) know(ctx context.Context, uuid string) {
	c.s.mu.Lock()
	c.uuid = uuid
	c.s.mu.Unlock()
	c.flush(ctx)
}

// exists is true as well if nobody can say.
func (c *Channel) exists(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, setWithin)
	defer cancel()
	there, err := c.s.client.Exists(ctx, cmp.Or(c.UUID(), c.callID))
	return there || err != nil
}

// flush sets the variables that are to be set. What FreeSWITCH was not there for is set when it is.
func (c *Channel) flush(ctx context.Context) {
	uuid, v := c.take()
	if uuid == "" || len(v) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, setWithin)
	defer cancel()
	err := c.s.client.SetVariables(ctx, uuid, v)
	switch refused := (*esl.ReplyError)(nil); {
	case err == nil:
	case errors.As(err, &refused):
		c.s.log.Debug("set variables", "uuid", uuid, "err", err) // it has ended
	default:
		c.giveBack(v)
	}
}

func (c *Channel) take() (uuid string, v map[string]string) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if c.uuid == "" {
		return "", nil
	}
	v, c.pending = c.pending, map[string]string{}
	return c.uuid, v
}

// giveBack keeps variables that were not set, unless there are newer values.
func (c *Channel) giveBack(v map[string]string) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	maps.Copy(v, c.pending)
	c.pending = v
}

func (c *Channel) forget() {
	c.watch.Close()
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.over = true
	if c.s.channels[c.callID] == c {
		delete(c.s.channels, c.callID)
	}
}
