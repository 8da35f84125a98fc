package verto

import (
	"net/netip"
	"sync"
	"time"

	"switchgram/internal/tally"
)

const (
	socketTries = 5           // wrong logins by one connection
	firstWait   = time.Second // for a user, after three wrong passwords; twice as long with each further one
	longestWait = 30 * time.Second
	freeTries   = 3
)

// guard remembers who has tried to log in in vain. A user is made to wait, not banned: anybody can fail in a user's name.
type guard struct {
	vain *tally.Tally // logins, by address and by user

	mu        sync.Mutex
	strangers map[string]int // connections, not logged in, by address
}

func newGuard() *guard { return &guard{vain: tally.New(), strangers: map[string]int{}} }

// mayConnect counts a connection of an address in, until known or left.
func (g *guard) mayConnect(from netip.Addr) bool {
	key := tally.Address(from)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.strangers[key] >= maxStrangers || g.vain.Banned(from) {
		return false
	}
	g.strangers[key]++
	return true
}

// left counts a connection out, which has logged in or gone.
func (g *guard) left(from netip.Addr) {
	key := tally.Address(from)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.strangers[key]--; g.strangers[key] <= 0 {
		delete(g.strangers, key)
	}
}

// wait is how long a login must wait before its password is looked at. Banned: it never is.
func (g *guard) wait(from netip.Addr, user string) (wait time.Duration, banned bool) {
	if g.vain.Banned(from) {
		return 0, true
	}
	n, since := g.vain.Failures(userKey(user))
	if n -= freeTries; n < 0 {
		return 0, false
	}
	return max(0, min(firstWait<<min(n, 10), longestWait)-since), false
}

// failed notes a login in vain.
func (g *guard) failed(from netip.Addr, user string) {
	g.vain.Failed(tally.Address(from), userKey(user))
}

// succeeded clears the user, not the address: who knows one password may be guessing another.
func (g *guard) succeeded(user string) { g.vain.Forgive(userKey(user)) }

func userKey(user string) string { return "user " + user }
