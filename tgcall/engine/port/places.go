package port

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/stdnet"
)

// places are the machine's addresses that calls may use. All calls look again and again, so the list is kept for a moment.
type places struct {
	use, avoid []place
	list       func() ([]*transport.Interface, error)

	mu     sync.Mutex
	looked time.Time
	last   []*transport.Interface
}

// fresh is how long a list of the machine's addresses is good.
const fresh = time.Second

// place is one entry of Options.Use or Avoid: the name of an interface, or a network.
type place struct {
	name    string
	network netip.Prefix
}

func newPlaces(use, avoid []string) (p *places, err error) {
	p = &places{list: interfaces}
	if p.use, err = parsePlaces(use); err != nil {
		return nil, err
	}
	p.avoid, err = parsePlaces(avoid)
	return p, err
}

func interfaces() ([]*transport.Interface, error) {
	n, err := stdnet.NewNet() // keeps the interfaces of the moment it was made
	if err != nil {
		return nil, err
	}
	return n.Interfaces()
}

func parsePlaces(texts []string) (all []place, err error) {
	for _, text := range texts {
		p, err := parsePlace(text)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

func parsePlace(text string) (place, error) {
	if ip, err := netip.ParseAddr(text); err == nil {
		return place{network: netip.PrefixFrom(ip, ip.BitLen())}, nil
	}
	if network, err := netip.ParsePrefix(text); err == nil {
		return place{network: network.Masked()}, nil
	}
	if text == "" || strings.ContainsAny(text, "/ \t") {
		return place{}, fmt.Errorf("%q: want the name of a network interface, an address, or a network such as 10.0.0.0/8", text)
	}
	return place{name: text}, nil
}

// CheckPlace says what is wrong with an entry of Options.Use or Avoid.
func CheckPlace(text string) error {
	_, err := parsePlace(text)
	return err
}

func (p place) holds(name string, ip netip.Addr) bool {
	return p.name != "" && p.name == name || p.network.IsValid() && p.network.Contains(ip)
}

func (p *places) allow(name string, ip netip.Addr) bool {
	held := func(by place) bool { return by.holds(name, ip) }
	return !slices.ContainsFunc(p.avoid, held) && (len(p.use) == 0 || slices.ContainsFunc(p.use, held))
}

// all are the interfaces with those of their addresses that calls may use. Nobody may change them.
func (p *places) all() ([]*transport.Interface, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.last != nil && time.Since(p.looked) < fresh {
		return p.last, nil
	}
	found, err := p.list()
	if err != nil {
		return nil, err
	}
	p.last, p.looked = make([]*transport.Interface, 0, len(found)), time.Now()
	for _, ifc := range found {
		if ifc = p.allowed(ifc); ifc != nil {
			p.last = append(p.last, ifc)
		}
	}
	return p.last, nil
}

// allowed is an interface with the addresses that may be used; nil: none of them.
func (p *places) allowed(ifc *transport.Interface) *transport.Interface {
	addrs, err := ifc.Addrs()
	if err != nil {
		return nil // has none
	}
	kept := transport.NewInterface(ifc.Interface)
	n := 0
	for _, a := range addrs {
		if ip, ok := addrOf(a); ok && p.allow(ifc.Name, ip) {
			kept.AddAddress(a)
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return kept
}

func addrOf(a net.Addr) (netip.Addr, bool) {
	prefix, err := netip.ParsePrefix(a.String())
	return prefix.Addr().Unmap(), err == nil
}
