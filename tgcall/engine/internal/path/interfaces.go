package path

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/stdnet"
)

// interfaces are the machine's addresses as the agent may see them. It looks again and again, and gathers everything anew when
// there is one more: a lease ran out, a tunnel came up. So an address comes into sight once, and has its socket once.
type interfaces struct {
	list func() ([]*transport.Interface, error)

	mu     sync.Mutex
	opened map[netip.Addr]time.Time // the addresses in sight, and when they had their first socket; zero: not yet
}

// maxAddresses bounds the addresses of one call. What a machine that starts container after container has beyond them is not
// used.
const maxAddresses = 16

// fresh is how long an address may be new after its first socket: by then the agent has opened those to ask STUN servers.
const fresh = 2 * time.Second

func newInterfaces(list func() ([]*transport.Interface, error)) *interfaces {
	return &interfaces{list: list, opened: map[netip.Addr]time.Time{}}
}

// now lists the machine's interfaces, of which pion's network keeps those of the moment it was made.
func now() ([]*transport.Interface, error) {
	n, err := stdnet.NewNet()
	if err != nil {
		return nil, err
	}
	return n.Interfaces()
}

// visible lists what the agent may see. Link-local addresses come and go with every container, and mean nothing to a peer without
// their interface.
func (i *interfaces) visible() ([]*transport.Interface, error) {
	all, err := i.list()
	if err != nil {
		return nil, err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	seen := make([]*transport.Interface, 0, len(all))
	for _, ifc := range all {
		addrs, err := ifc.Addrs()
		if err != nil {
			continue // has none
		}
		v := transport.NewInterface(ifc.Interface)
		for _, a := range addrs {
			if i.notice(a) {
				v.AddAddress(a)
			}
		}
		seen = append(seen, v)
	}
	return seen, nil
}

func (i *interfaces) notice(a net.Addr) bool {
	prefix, err := netip.ParsePrefix(a.String())
	ip := prefix.Addr().Unmap()
	if err != nil || ip.Is6() && ip.IsLinkLocalUnicast() {
		return false
	}
	if _, known := i.opened[ip]; known {
		return true
	}
	if len(i.opened) == maxAddresses {
		return false
	}
	i.opened[ip] = time.Time{}
	return true
}

var errHasSocket = errors.New("the address has a socket already")

// open is nil if an address may have a socket of its own now.
func (i *interfaces) open(ip net.IP) error {
	a, _ := netip.AddrFromSlice(ip)
	a = a.Unmap()
	i.mu.Lock()
	defer i.mu.Unlock()
	first, known := i.opened[a]
	switch {
	case !known: // the agent leaves it to the system
	case first.IsZero():
		i.opened[a] = time.Now()
	case time.Since(first) > fresh:
		return errHasSocket
	}
	return nil
}
