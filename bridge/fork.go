package bridge

// maxForks is how many telephones one address may make ring.
const maxForks = 8

// A Forker is a Dialer whose addresses may each stand for several telephones, all of which ring when they are connected to.
type Forker interface {
	// Forks is how many the address stands for now, 1 or more. Dial is then asked for each of them, by DialOptions.Fork.
	Forks(to Address) int
}

// fork has every telephone rung that the addresses of an attempt stand for.
func (o *owner) fork(in connectAsked) connectAsked {
	var all []Address
	in.forks = nil
	for _, to := range in.to {
		n := 1
		if f, ok := o.bridge.opt.Dialers[to.Scheme].(Forker); ok {
			n = max(1, min(f.Forks(to), maxForks))
		}
		for i := range n {
			all, in.forks = append(all, to), append(in.forks, i)
		}
	}
	in.to, in.targets = all, len(all)
	return in
}
