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
	mu    sync.Mutex
	route route
	heard time.Time // the last check of the peer on it
}

// selected notes the pair in use.
func (f *follow) selected(r route) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.route, f.heard = r, time.Now()
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
		if o.Controlling || pair == nil {
			return false
		}
		nominated := m.Contains(stun.AttrUseCandidate)
		answered := !pair.LastResponseReceivedAt().IsZero()
		return f.check(routeOf(local, remote), nominated && answered, o.Timing.Dead, time.Now())
	}
}

func (f *follow) check(r route, nominated bool, dead time.Duration, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r == f.route {
		f.heard = now
		return false
	}
	return nominated && f.route != route{} && now.Sub(f.heard) > dead
}
