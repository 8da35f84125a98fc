package testnet

import (
	"fmt"

	"github.com/gotd/td/tg"
)

// Interfere gives u signalling data in a live call as if the other side had sent it. The error says that u has no such call.
func (n *Network) Interfere(u *User, call int64, data []byte) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	c := n.calls.byID[call]
	if c == nil || c.state != callActive {
		return fmt.Errorf("no live call %d", call)
	}
	for _, s := range []*side{&c.caller, &c.callee} {
		if s.user == u {
			n.deliver(c, s, data)
			return nil
		}
	}
	return fmt.Errorf("user %d is not in call %d", u.o.ID, call)
}

// EndCalls ends every live call of u for both sides, as if the other side's app had given the reason; nil is none.
func (n *Network) EndCalls(u *User, reason tg.PhoneCallDiscardReasonClass) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range n.calls.byID {
		if c.state != callOver && (c.caller.user == u || c.callee.user == u) {
			n.endNow(c, reason)
		}
	}
}

// Calls is how many calls are live, ringing ones too.
func (n *Network) Calls() (live int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range n.calls.byID {
		if c.state != callOver {
			live++
		}
	}
	return live
}
