package testnet

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/gotd/td/tgerr"
)

// faults are the misfortunes that a test has ordered, by name of the method or by user.
type faults struct {
	floods   map[string]time.Time // until when
	refusals map[string][]*tgerr.Error
	held     map[string]chan struct{} // closed when the method may go on
	lost     map[*User]int            // updates that shall not arrive
	late     map[string]chan struct{} // closed when the method's answers may leave
	away     map[*User]int            // how many want the user's devices to be offline
	asked    map[string]int           // requests so far, refused ones too
}

func newFaults() faults {
	return faults{floods: map[string]time.Time{}, refusals: map[string][]*tgerr.Error{}, held: map[string]chan struct{}{}, lost: map[*User]int{},
		late: map[string]chan struct{}{}, away: map[*User]int{}, asked: map[string]int{}}
}

func (f *faults) check(method string, now time.Time) error {
	if left := f.floods[method].Sub(now); left > 0 {
		return tgerr.New(420, fmt.Sprintf("FLOOD_WAIT_%d", int(math.Ceil(left.Seconds()))))
	}
	queued := f.refusals[method]
	if len(queued) == 0 {
		return nil
	}
	f.refusals[method] = queued[1:]
	return queued[0]
}

// Flood makes the network answer method, such as "phone.requestCall", with FLOOD_WAIT until wait is over. A wait of 0 ends it.
func (n *Network) Flood(method string, wait time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.faults.floods[method] = time.Now().Add(wait)
}

// Refuse makes the network refuse the next request of method with an error of Telegram's, such as 500 CALL_OCCUPY_FAILED. Called twice, it
// refuses two.
func (n *Network) Refuse(method string, code int, name string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.faults.refusals[method] = append(n.faults.refusals[method], tgerr.New(code, name))
}

// Hold makes the network keep every request of method waiting until release is called, or its connection ends.
func (n *Network) Hold(method string) (release func()) { return n.hold(n.faults.held, method) }

// hold enters a method into a table of those that wait, until release is called.
func (n *Network) hold(table map[string]chan struct{}, method string) (release func()) {
	until := make(chan struct{})
	n.mu.Lock()
	defer n.mu.Unlock()
	table[method] = until
	return sync.OnceFunc(func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		if table[method] == until {
			delete(table, method)
		}
		close(until)
	})
}

// held waits until the method may go on.
func (n *Network) held(ctx context.Context, method string) {
	n.mu.Lock()
	held := n.faults.held[method]
	n.mu.Unlock()
	if held == nil {
		return
	}
	select {
	case <-held:
	case <-ctx.Done():
	}
}

// LoseUpdates has the next so many updates to u's devices lost on their way, as happens when a server is restarted: clients find the gap in
// the sequence and ask for the difference.
func (n *Network) LoseUpdates(u *User, count int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.faults.lost[u] = count
}

// loses counts an update to u that shall not arrive.
func (f *faults) loses(u *User) bool {
	if f.lost[u] == 0 {
		return false
	}
	f.lost[u]--
	return true
}

// NewSalts makes every salt that u's devices know too old: whatever they send next is answered with bad_server_salt and must be sent again.
func (n *Network) NewSalts(u *User) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, d := range n.devicesOf(u) {
		d.centre.srv.NewSalt(d.key)
	}
}

// ForgetSessions makes the network forget the sessions of u's devices, as a server does that was restarted: it begins new ones, and says so
// (new_session_created), while the connections stay.
func (n *Network) ForgetSessions(u *User) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, d := range n.devicesOf(u) {
		clear(d.sessions)
		d.centre.srv.ForgetSessions(d.key)
	}
}
