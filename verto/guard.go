package verto

import (
	"net/netip"
	"sync"
	"time"
)

const (
	socketTries  = 5                // wrong logins by one connection
	addressTries = 20               // by one address, before it is banned
	ban          = 10 * time.Minute // and after so long without one, all is forgotten
	firstWait    = time.Second      // for a user, after three wrong passwords; twice as long with each further one
	longestWait  = 30 * time.Second
	freeTries    = 3
	maxSuspects  = 10_000
)

// guard remembers who has tried to log in in vain. A user is made to wait, not banned: anybody can fail in a user's name.
type guard struct {
	mu        sync.Mutex
	strangers map[netip.Addr]int // connections, not logged in, by address
	suspects  map[string]*suspect
}

// suspect is an address or a user's name.
type suspect struct {
	failures int
	last     time.Time
}

func newGuard() *guard {
	return &guard{strangers: map[netip.Addr]int{}, suspects: map[string]*suspect{}}
}

// network is what counts as one address: of IPv6, what one customer has.
func network(a netip.Addr) netip.Addr {
	if a.Is6() && !a.IsLoopback() {
		if p, err := a.Prefix(64); err == nil {
			return p.Addr()
		}
	}
	return a
}

// mayConnect counts a connection of an address in, until known or left.
func (g *guard) mayConnect(from netip.Addr) bool {
	from = network(from)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.strangers[from] >= maxStrangers || g.failures(addressKey(from)) >= addressTries {
		return false
	}
	g.strangers[from]++
	return true
}

// left counts a connection out, which has logged in or gone.
func (g *guard) left(from netip.Addr) {
	from = network(from)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.strangers[from]--; g.strangers[from] <= 0 {
		delete(g.strangers, from)
	}
}

// wait is how long a login must wait before its password is looked at. Banned: it never is.
func (g *guard) wait(from netip.Addr, user string) (wait time.Duration, banned bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.failures(addressKey(network(from))) >= addressTries {
		return 0, true
	}
	key := userKey(user)
	n := g.failures(key) - freeTries
	if n < 0 {
		return 0, false
	}
	return max(0, min(firstWait<<min(n, 10), longestWait)-time.Since(g.suspects[key].last)), false
}

// failed notes a login in vain.
func (g *guard) failed(from netip.Addr, user string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, key := range []string{addressKey(network(from)), userKey(user)} {
		if g.failures(key) == 0 && len(g.suspects) >= maxSuspects {
			g.forget()
		}
		if g.suspects[key] == nil {
			g.suspects[key] = new(suspect)
		}
		g.suspects[key].failures++
		g.suspects[key].last = time.Now()
	}
}

// succeeded clears the user, not the address: who knows one password may be guessing another.
func (g *guard) succeeded(user string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.suspects, userKey(user))
}

// failures are those that are not forgotten.
func (g *guard) failures(key string) int {
	s := g.suspects[key]
	if s == nil || time.Since(s.last) > ban {
		delete(g.suspects, key)
		return 0
	}
	return s.failures
}

// forget makes room: who is over, and otherwise whoever comes first.
func (g *guard) forget() {
	for key, s := range g.suspects {
		if time.Since(s.last) > ban {
			delete(g.suspects, key)
		}
	}
	for key := range g.suspects {
		if len(g.suspects) < maxSuspects {
			return
		}
		delete(g.suspects, key)
	}
}

func addressKey(a netip.Addr) string { return "address " + a.String() }
func userKey(user string) string     { return "user " + user }
