package sip

import (
	"cmp"
	"net/netip"
	"slices"
	"sync"
	"time"
)

const (
	maxBindings = 8   // of one user; with one more, the one that ends first goes
	maxContact  = 512 // bytes of a Contact's URI
	maxHops     = 8   // Path header fields of one registration
)

// Binding is where a user who has registered at us can be called (RFC 3261 §10).
type Binding struct {
	User      string         // who authenticated
	URI       string         // the Contact: what calls ask for; hostile
	Agent     string         // what its program calls itself; hostile, may be empty
	Transport string         // "udp", "tcp" or "tls"
	From      netip.AddrPort // where the registration came from, and calls go: behind a NAT the URI leads nowhere
	Until     time.Time      // it lasts

	path    []string // Route of calls: the proxies between (RFC 3327)
	weight  int      // thousandths of the Contact's q
	callID  string   // of the registration
	seq     uint32
	release func() // of the gate; nil: not counted yet
}

// location is where our users are: the location service of RFC 3261 §10. Who has not shown a password never gets in, so what it keeps
// is bounded by the number of users.
type location struct {
	mu    sync.Mutex
	users map[string][]*Binding
}

func newLocation() *location { return &location{users: map[string][]*Binding{}} }

// find lists where a user is, the preferred places first, and of those the latest.
func (l *location) find(user string, now time.Time) (all []Binding) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, b := range l.current(user, now) {
		all = append(all, *b)
	}
	slices.SortStableFunc(all, func(a, b Binding) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), b.Until.Compare(a.Until))
	})
	return all
}

// current are the user's bindings, those that have expired left out. The lock is held.
func (l *location) current(user string, now time.Time) []*Binding {
	all := slices.DeleteFunc(l.users[user], func(b *Binding) bool {
		over := !now.Before(b.Until)
		if over {
			b.release()
		}
		return over
	})
	l.keep(user, all)
	return all
}

func (l *location) keep(user string, all []*Binding) {
	if len(all) == 0 {
		delete(l.users, user)
		return
	}
	l.users[user] = all
}

// update puts bindings in place of those with the same URI, adds the others, and takes out those that have expired by now; either all
// or none: ok false, when a later request of the same registration was quicker (RFC 3261 §10.3 step 7).
func (l *location) update(user string, changes []*Binding, now time.Time, hold func(netip.Addr) func()) (news []*Binding, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := l.current(user, now)
	next := slices.Clone(all)
	for _, b := range changes {
		i := slices.IndexFunc(next, func(old *Binding) bool { return sameContact(old.URI, b.URI) })
		switch {
		case i < 0:
			next = append(next, b)
		case next[i].callID == b.callID && next[i].seq >= b.seq:
			return nil, false
		default:
			next[i] = b
		}
	}
	next = slices.DeleteFunc(next, func(b *Binding) bool { return !now.Before(b.Until) })
	if len(next) > maxBindings {
		slices.SortStableFunc(next, func(a, b *Binding) int { return b.Until.Compare(a.Until) })
		next = next[:maxBindings]
	}
	news = l.hold(all, next, hold)
	l.keep(user, next)
	return news, true
}

// hold has the gate hear the places that are new, and no longer those that are gone. It returns the new ones.
func (l *location) hold(before, after []*Binding, hold func(netip.Addr) func()) (news []*Binding) {
	for _, b := range after {
		if b.release == nil {
			b.release = hold(b.From.Addr())
		}
		if !slices.ContainsFunc(before, func(old *Binding) bool { return sameContact(old.URI, b.URI) }) {
			news = append(news, b)
		}
	}
	for _, b := range before {
		if !slices.Contains(after, b) {
			b.release()
		}
	}
	return news
}

// clear takes out all of a user's bindings.
func (l *location) clear(user string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, b := range l.users[user] {
		b.release()
	}
	delete(l.users, user)
}
