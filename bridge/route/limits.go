package route

import (
	"context"
	"sync"
	"time"
)

// limits count live calls by domain and name.
type limits struct {
	mu    sync.Mutex
	calls map[string]map[string]bool // by name, the calls that count
}

func newLimits() *limits { return &limits{calls: map[string]map[string]bool{}} }

// take counts a call, once, if there is room.
func (l *limits) take(domain, name, call string, most int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := domain + " " + name
	held := l.calls[key]
	switch {
	case held[call]:
		return true
	case len(held) >= most:
		return false
	case held == nil:
		held = map[string]bool{}
		l.calls[key] = held
	}
	held[call] = true
	return true
}

func (l *limits) inUse(domain, name string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.calls[domain+" "+name])
}

// release forgets a call that is over.
func (l *limits) release(call string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for key, held := range l.calls {
		if delete(held, call); len(held) == 0 {
			delete(l.calls, key)
		}
	}
}

// pace slows a script down that does many steps at once without waiting for anything, so that one that goes round and round takes no
// processor from calls.
type pace struct {
	steps int
	since time.Time
}

// took notes how long a step took: one that waited lets the next ones be quick.
func (p *pace) took(d time.Duration) {
	if d >= time.Millisecond {
		p.steps = 0
	}
}

// wait comes before each step.
func (p *pace) wait(ctx context.Context) {
	if p.steps == 0 {
		p.since = time.Now()
	}
	if p.steps++; p.steps <= mostAtOnce {
		return
	}
	p.steps = 0
	t := time.NewTimer(time.Second - min(time.Since(p.since), time.Second))
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// cache keeps values that calls share, for a while.
type cache struct {
	mu      sync.Mutex
	entries map[string]cached
}

type cached struct {
	value string
	until time.Time // zero: for good
}

// mostCached is how many entries there may be; then what has expired goes, and if that is nothing, any.
const mostCached = 10000

func newCache() *cache { return &cache{entries: map[string]cached{}} }

func (c *cache) set(key, value string, until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.entries) >= mostCached {
		c.tidy(time.Now())
	}
	c.entries[key] = cached{value, until}
}

func (c *cache) tidy(now time.Time) {
	for key, e := range c.entries {
		if !e.until.IsZero() && e.until.Before(now) {
			delete(c.entries, key)
		}
	}
	for key := range c.entries {
		if len(c.entries) < mostCached {
			return
		}
		delete(c.entries, key)
	}
}

func (c *cache) get(key string, now time.Time) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entries[key]
	if !e.until.IsZero() && !now.Before(e.until) {
		return ""
	}
	return e.value
}

func (c *cache) remove(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.entries, key)
}
