package sip

import (
	"net/netip"
	"slices"
	"sync"
	"time"
)

const (
	newcomerPatience = latchSilence + time.Second // before a newcomer is given to somebody: who has moved there is silent elsewhere then
	newcomerQuiet    = 10 * time.Second           // after which a newcomer is forgotten
	maxNewcomers     = 256                        // remembered; what others send is dropped
)

// A table tells the dialogs that share a port apart. A packet belongs to the one dialog whose far end has announced the address it comes
// from. What two have announced belongs to neither, whoever came first: it may be a call that has ended without our knowing, and the
// sound of one call must never reach another.
//
// A newcomer is a source that nobody has announced, as of a far end behind a NAT. It is given to the one dialog that is silent, for its latch
// to decide, if it has the address that the far end has announced or signals from: a number of a port that never changes is soon known to
// those who go round and offer themselves to silent calls. If several are silent, or a call has ended since or shortly before, which it could be of, it
// is nobody's.
type table struct {
	strays *strays

	mu        sync.RWMutex
	members   map[*sound]bool
	speakers  claims // announced for RTP
	reporters claims // announced for RTCP
	newcomers map[netip.AddrPort]*newcomer
	left      time.Time // when the last dialog went
	swept     time.Time
}

// claims are the sounds that have announced an address. The lists are never changed, but replaced.
type claims map[netip.AddrPort][]*sound

// A newcomer is a source that nobody has announced, or no longer.
type newcomer struct {
	of      *sound    // nil: nobody's
	several bool      // it could be
	since   time.Time // when it was first heard; zero: it was announced before
	heard   time.Time
	judged  time.Time
}

func newTable(counts *strays) *table {
	return &table{strays: counts, members: map[*sound]bool{}, speakers: claims{}, reporters: claims{},
		newcomers: map[netip.AddrPort]*newcomer{}}
}

// add tells whether the address is that of one sound alone.
func (c claims) add(addr netip.AddrPort, s *sound) (alone bool) {
	if of := c[addr]; !slices.Contains(of, s) {
		c[addr] = append(slices.Clip(of), s)
	}
	return len(c[addr]) == 1
}

// remove takes a sound's claims away and returns what they were to.
func (c claims) remove(s *sound) (were []netip.AddrPort) {
	for addr, of := range c {
		if !slices.Contains(of, s) {
			continue
		}
		were = append(were, addr)
		c[addr] = slices.DeleteFunc(slices.Clone(of), func(o *sound) bool { return o == s })
		if len(c[addr]) == 0 {
			delete(c, addr)
		}
	}
	return were
}

func (t *table) join(s *sound) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.members[s] = true
}

// announce says where the far end of s sends from, in place of what it said before; ok false: another's does too.
func (t *table) announce(s *sound, rtp, rtcp netip.AddrPort, now time.Time) (ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.members[s] {
		return true
	}
	t.reporters.remove(s)
	t.reporters.add(rtcp, s)
	for _, old := range t.speakers.remove(s) {
		t.bar(old, s, now)
	}
	if n := t.newcomers[rtp]; n != nil && n.of != nil && n.of != s {
		t.speakers.add(rtp, n.of) // who has been heard there
	}
	delete(t.newcomers, rtp)
	return t.speakers.add(rtp, s)
}

// leave forgets s. What its far end may still send is nobody's.
func (t *table) leave(s *sound, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.members, s)
	t.left = now
	t.reporters.remove(s)
	for _, old := range t.speakers.remove(s) {
		t.bar(old, nil, now)
	}
	for _, n := range t.newcomers {
		if n.of == s {
			n.of = nil
		}
	}
}

// bar keeps an address that was announced from being given to others while packets still come from there.
func (t *table) bar(addr netip.AddrPort, s *sound, now time.Time) {
	if len(t.speakers[addr]) == 0 && t.room(now) {
		t.newcomers[addr] = &newcomer{of: s, heard: now}
	}
}

// reporter is whose RTCP comes from there; nil: it is nobody's.
func (t *table) reporter(from netip.AddrPort) *sound {
	t.mu.RLock()
	of := t.reporters[from]
	t.mu.RUnlock()
	return t.only(of)
}

// speaker is whose RTP comes from there; nil: it is nobody's. Only the port's reader calls it.
func (t *table) speaker(from netip.AddrPort, now time.Time) *sound {
	t.mu.RLock()
	of := t.speakers[from]
	t.mu.RUnlock()
	if len(of) == 0 {
		return t.newcomer(from, now)
	}
	return t.only(of)
}

func (t *table) only(of []*sound) *sound {
	switch len(of) {
	case 0:
		t.strays.unknown.Add(1)
		return nil
	case 1:
		return of[0]
	default:
		t.strays.ambiguous.Add(1)
		return nil
	}
}

// newcomer is speaker for sources that nobody has announced.
func (t *table) newcomer(from netip.AddrPort, now time.Time) *sound {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.newcomers[from]
	if n != nil && now.Sub(n.heard) > newcomerQuiet {
		*n = newcomer{since: now}
	}
	if n == nil {
		if !t.room(now) {
			t.strays.unknown.Add(1)
			return nil
		}
		n = &newcomer{since: now}
		t.newcomers[from] = n
	}
	n.heard = now
	t.judge(n, from.Addr(), now)
	switch {
	case n.of == nil && n.several:
		t.strays.ambiguous.Add(1)
	case n.of == nil:
		t.strays.unknown.Add(1)
	}
	return n.of
}

// judge gives a newcomer to the only dialog that it can be of, once it has been there for long enough; it looks once a second.
func (t *table) judge(n *newcomer, ip netip.Addr, now time.Time) {
	if n.of != nil || now.Sub(n.since) < newcomerPatience || now.Sub(n.judged) < time.Second {
		return
	}
	n.judged = now
	if !n.since.After(t.left) || now.Sub(t.left) < newcomerQuiet {
		return
	}
	var only *sound
	for s := range t.members {
		if !s.silent(now) {
			continue
		}
		if n.several = only != nil; n.several {
			return
		}
		only = s
	}
	if only != nil && only.lives(ip) {
		n.of = only
	}
}

// room tells whether there is room for another newcomer. Those that are quiet make it, at most once a second.
func (t *table) room(now time.Time) bool {
	if len(t.newcomers) >= maxNewcomers && now.Sub(t.swept) >= time.Second {
		t.swept = now
		for from, n := range t.newcomers {
			if now.Sub(n.heard) > newcomerQuiet {
				delete(t.newcomers, from)
			}
		}
	}
	return len(t.newcomers) < maxNewcomers
}
