package testnet

// lateAnswer is one that has to wait.
type lateAnswer struct {
	until <-chan struct{}
	send  func()
}

// lateAnswer is nil for methods that are answered at once.
func (f *faults) lateAnswer(method string, send func()) *lateAnswer {
	if until := f.late[method]; until != nil {
		return &lateAnswer{until: until, send: send}
	}
	return nil
}

// HoldAnswers makes the network do what requests of method ask, and send the updates that come of it, but answer only when release is called;
// never, if the connection ends before. Network.Hold keeps the request itself waiting.
func (n *Network) HoldAnswers(method string) (release func()) { return n.hold(n.faults.late, method) }

// Requests is how many requests of method, such as "phone.sendSignalingData", have reached the network so far, those that it refuses
// or holds among them.
func (n *Network) Requests(method string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.faults.asked[method]
}
