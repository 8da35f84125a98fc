package path

import (
	"sync"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/stun/v3"
)

// follow is repair's counterpart on the controlled side, for a peer that nominates without the renomination attribute, as
// browsers do: pion obeys those only towards a higher priority, so never from a dead direct path to a relay. It is called from
// the agent's goroutines.
type follow struct {
	mu        sync.Mutex
	told      bool      // the peer controls, and tells what is used: a browser that restarts ICE does from then on, whoever did before
	route     route     // of the pair in use
	kinds     kinds     // likewise: the peer may signal what we took for a peer-reflexive candidate
	heard     time.Time // the last check of the peer on it
	nominated route     // what the peer nominated last; it may say so only once, and before our own check was answered
}

// kinds are those of the two candidates of a pair.
type kinds struct{ local, remote ice.CandidateType }

// selected notes the pair in use, and tells whether it is another than before.
func (f *follow) selected(r route, k kinds) (changed bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	changed = f.route != r || f.kinds != k
	f.route, f.kinds, f.heard = r, k, time.Now()
	return changed
}

// restarted: the peer has forgotten the pair in use, and what it nominates next is to be followed at once.
func (f *follow) restarted() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.heard = time.Time{}
}

// request is told of every check of the peer, and answers whether its pair shall be taken.
func (f *follow) request(o Options) func(*stun.Message, ice.Candidate, ice.Candidate, *ice.CandidatePair) bool {
	return func(m *stun.Message, local, remote ice.Candidate, pair *ice.CandidatePair) bool {
		if !f.tells(m) || pair == nil {
			return false
		}
		r := routeOf(local, remote)
		if m.Contains(stun.AttrUseCandidate) {
			f.nominate(r)
		}
		answered := !pair.LastResponseReceivedAt().IsZero()
		return f.check(r, o.Timing.Dead, time.Now()) && answered
	}
}

// tells notes the role that the peer claims in a check: pion has settled it by then if it was ours (RFC 8445 §7.3.1.1).
func (f *follow) tells(m *stun.Message) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.told = m.Contains(stun.AttrICEControlling)
	return f.told
}

// isTold reports whether the peer controls.
func (f *follow) isTold() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.told
}

func (f *follow) nominate(r route) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.nominated = r
}

// check notes a check of the peer and tells whether it came by the nominated pair while the one in use is dead.
func (f *follow) check(r route, dead time.Duration, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r == f.route {
		f.heard = now
		return false
	}
	return r == f.nominated && f.route != route{} && now.Sub(f.heard) > dead
}
