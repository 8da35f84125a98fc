package testnet

import (
	"fmt"
	"math"
	"time"

	"github.com/gotd/td/tgerr"
)

// faults are the refusals that a test has ordered, by name of the method.
type faults struct {
	floods   map[string]time.Time // until when
	refusals map[string][]*tgerr.Error
}

func newFaults() faults {
	return faults{floods: map[string]time.Time{}, refusals: map[string][]*tgerr.Error{}}
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
