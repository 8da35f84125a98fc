package sip

import (
	"net/netip"
	"sync"
	"time"
)

const (
	strikesAllowed = 10               // refusals of one address before it gets no more answers
	strikesFor     = time.Minute      // in this time
	silentFor      = 10 * time.Minute // how long it then gets none
	maxStrangers   = 4096             // addresses remembered
)

// gate knows whom we listen to. Addresses that were refused too often get no answer at all, as far as memory goes: the table is bounded.
type gate struct {
	allow []netip.Prefix

	mu        sync.Mutex
	trusted   map[netip.Addr]int // registrars, by the number of registrations there
	called    map[netip.Addr]int // far ends of calls we placed, and users who are registered: heard, but no more
	strangers map[netip.Addr]*stranger
}

// stranger is an address that was refused.
type stranger struct {
	strikes int
	since   time.Time
	silent  time.Time // until then; zero: it gets answers
}

func newGate(allow []netip.Prefix) *gate {
	return &gate{allow: allow, trusted: map[netip.Addr]int{}, called: map[netip.Addr]int{}, strangers: map[netip.Addr]*stranger{}}
}

// trust lets an address call us until the returned function is called.
func (g *gate) trust(ip netip.Addr) (release func()) { return g.hold(g.trusted, ip) }

// expect hears an address, whatever its record, until the returned function is called.
func (g *gate) expect(ip netip.Addr) (release func()) { return g.hold(g.called, ip) }

func (g *gate) hold(table map[netip.Addr]int, ip netip.Addr) (release func()) {
	ip = ip.Unmap()
	g.mu.Lock()
	defer g.mu.Unlock()
	table[ip]++
	delete(g.strangers, ip)
	return sync.OnceFunc(func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		if table[ip]--; table[ip] == 0 {
			delete(table, ip)
		}
	})
}

// welcome tells whether the address may call us without a password.
func (g *gate) welcome(ip netip.Addr) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.known(ip.Unmap())
}

func (g *gate) known(ip netip.Addr) bool {
	for _, p := range g.allow {
		if p.Contains(ip) {
			return true
		}
	}
	return g.trusted[ip] > 0
}

// hears tells whether the address is one of whom we called, or who is registered with us.
func (g *gate) hears(ip netip.Addr) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.called[ip.Unmap()] > 0
}

// silent tells whether nothing from this address is to be read.
func (g *gate) silent(ip netip.Addr, now time.Time) bool {
	ip = ip.Unmap()
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.strangers[ip]
	return s != nil && now.Before(s.silent) && g.called[ip] == 0 && !g.known(ip)
}

// strike counts a refusal and tells whether it should be sent.
func (g *gate) strike(ip netip.Addr, now time.Time) (answer bool) {
	ip = ip.Unmap()
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.strangers[ip]
	if s == nil || now.Sub(s.since) > strikesFor && !now.Before(s.silent) {
		g.makeRoom()
		s = &stranger{since: now}
		g.strangers[ip] = s
	}
	s.strikes++
	if s.strikes > strikesAllowed {
		s.silent = now.Add(silentFor)
	}
	return s.strikes <= strikesAllowed
}

// forgive forgets the refusals of an address that turned out to know a password.
func (g *gate) forgive(ip netip.Addr) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.strangers, ip.Unmap())
}

// makeRoom forgets one address of a handful, the one heard of longest ago: looking at all would be work that strangers can ask for.
func (g *gate) makeRoom() {
	if len(g.strangers) < maxStrangers {
		return
	}
	var oldest netip.Addr
	var since time.Time
	seen := 0
	for ip, s := range g.strangers {
		if since.IsZero() || s.since.Before(since) {
			oldest, since = ip, s.since
		}
		if seen++; seen == 16 {
			break
		}
	}
	delete(g.strangers, oldest)
}
