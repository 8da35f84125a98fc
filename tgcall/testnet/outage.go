package testnet

import "sync"

// Unplug takes u's devices off the network until plugIn is called: their TCP connections are cut in the middle of whatever they do, whoever comes
// back is cut again, and updates meant for them are lost. What has become of calls and messages they are told by updates.getDifference.
func (n *Network) Unplug(u *User) (plugIn func()) {
	n.mu.Lock()
	n.faults.away[u]++
	n.mu.Unlock()
	n.Disconnect(u)
	return sync.OnceFunc(func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.faults.away[u]--
	})
}
