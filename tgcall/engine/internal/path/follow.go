package path

import (
	"sync"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/stun/v3"
)

// follow is repair's counterpart on the controlled side. A peer that nominates without the renomination attribute, as browsers do,
// pion obeys only towards a higher priority, so never from a dead direct path to a relay; and one that has it only if it has checked
// the pair before. It is called from the agent's goroutines.
type follow struct {
	mu        sync.Mutex
	told      bool      // the peer controls, and tells what is used: a browser that restarts ICE does from then on, whoever did before
	route     route     // of the pair in use
	kinds     kinds     // likewise: the peer may signal what we took for a peer-reflexive candidate
	heard     time.Time // the last check of the peer on it
	lost      bool      // it is dead, and any other that works will do
	nominated route     // what the peer nominated last; it may say so only once, and before our own check was answered
	value     uint32    // the highest value of the renomination attribute; 0: the peer does not use it
	at        time.Time // of that nomination
}

// kinds are those of the two candidates of a pair.
type kinds struct{ local, remote ice.CandidateType }

// selected notes the pair in use, and tells whether it is another than before.
func (f *follow) selected(r route, k kinds) (changed bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	changed = f.route != r || f.kinds != k
	f.route, f.kinds, f.heard, f.lost = r, k, time.Now(), false
	return changed
}

// restarted: the peer has forgotten the pair in use, and what it nominates next is to be followed at once.
func (f *follow) restarted() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.heard, f.value = time.Time{}, 0
}

// request is told of every check of the peer, and answers whether its pair shall be taken.
func (f *follow) request(o Options) func(*stun.Message, ice.Candidate, ice.Candidate, *ice.CandidatePair) bool {
	return func(m *stun.Message, local, remote ice.Candidate, pair *ice.CandidatePair) bool {
		if !f.tells(m) || pair == nil {
			return false
		}
		r := routeOf(local, remote)
		var again ice.NominationAttribute
		if again.GetFrom(m) == nil || m.Contains(stun.AttrUseCandidate) {
			f.nominate(r, again.Value, time.Now())
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

// nominate notes a nomination, of a value unless the peer does without. The highest counts (draft-thatcher-ice-renomination §3).
func (f *follow) nominate(r route, value uint32, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case value > f.value:
		f.value, f.at = value, now
	case value != 0 || f.value != 0:
		return
	}
	f.nominated = r
}

// pending is the pair that the peer has lately renominated and that is not in use. pion forgets such a nomination if our own check
// of the pair was not answered yet, and the peer does not repeat it.
func (f *follow) pending(now time.Time) (r route, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.nominated, f.value != 0 && f.nominated != f.route && now.Sub(f.at) < knocking
}

// unheard tells whether the peer has not checked the pair in use for a while.
func (f *follow) unheard(overdue time.Duration, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.route != route{} && now.Sub(f.heard) > overdue
}

func (f *follow) loses(lost bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lost = lost
}

// check notes a check of the peer, and tells whether its pair shall be taken: it was nominated, and the one in use is dead or was
// left, or it will do.
func (f *follow) check(r route, dead time.Duration, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r == f.route {
		f.heard = now
		return false
	}
	if f.lost {
		f.nominated = r // what was nominated before is dead
	}
	return r == f.nominated && f.route != route{} && (f.lost || f.value != 0 || now.Sub(f.heard) > dead)
}
