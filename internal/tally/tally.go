// Package tally remembers who has tried something in vain: a name or an address that guesses passwords. A Tally's methods may be called
// concurrently.
package tally

import (
	"net/netip"
	"sync"
	"time"
)

// MostOfAddress is how many failures an address is forgiven before it is banned, until they are forgotten.
const MostOfAddress = 20

// Memory is how long after the last failure all of somebody's are forgotten.
const Memory = 10 * time.Minute

const mostRemembered = 10_000

// Tally counts failures by a key. Make one with New.
type Tally struct {
	mu  sync.Mutex
	all map[string]*count
}

type count struct {
	failures int
	last     time.Time
}

// New makes a Tally that knows of nobody.
func New() *Tally { return &Tally{all: map[string]*count{}} }

// Failures are those of a key that are not forgotten, and how long ago the last one was.
func (t *Tally) Failures(key string) (n int, since time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.known(key)
	if c == nil {
		return 0, 0
	}
	return c.failures, time.Since(c.last)
}

// Failed notes a failure of each key. If there are too many, others are forgotten for them.
func (t *Tally) Failed(keys ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, key := range keys {
		c := t.known(key)
		if c == nil {
			t.makeRoom()
			c = new(count)
			t.all[key] = c
		}
		c.failures++
		c.last = time.Now()
	}
}

// Forgive forgets the failures of a key.
func (t *Tally) Forgive(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.all, key)
}

// known is the count of a key; nil: there is none, or it is forgotten.
func (t *Tally) known(key string) *count {
	c := t.all[key]
	if c != nil && time.Since(c.last) > Memory {
		delete(t.all, key)
		return nil
	}
	return c
}

// makeRoom forgets who is over, and otherwise whoever comes first.
func (t *Tally) makeRoom() {
	if len(t.all) < mostRemembered {
		return
	}
	for key := range t.all {
		t.known(key)
	}
	for key := range t.all {
		if len(t.all) < mostRemembered {
			return
		}
		delete(t.all, key)
	}
}

// Banned tells whether an address has failed too often.
func (t *Tally) Banned(a netip.Addr) bool {
	n, _ := t.Failures(Address(a))
	return n >= MostOfAddress
}

// Address is the key of what counts as one address: of IPv6, the network that one customer has.
func Address(a netip.Addr) string {
	if a.Is6() && !a.IsLoopback() {
		if p, err := a.Prefix(64); err == nil {
			a = p.Addr()
		}
	}
	return "address " + a.String()
}
