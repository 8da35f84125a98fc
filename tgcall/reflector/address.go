package reflector

import (
	"encoding/binary"
	"net"
	"net/netip"
	"sync"
)

// synthetic are the addresses that stand for ports of reflectors towards an ICE agent: a range for benchmarks (RFC 2544) that nobody
// is reached at.
var synthetic = netip.PrefixFrom(netip.AddrFrom4([4]byte{198, 18, 0, 0}), 15)

// Synthetic reports whether an address is one of those that Gateway makes up. No packet may go there by a real socket.
func Synthetic(a netip.Addr) bool { return synthetic.Contains(a.Unmap()) }

// maxAddresses bounds the ports that a call knows. The tags of a peer's candidates and of whoever sends to us need one each.
const maxAddresses = 1024

type place struct {
	id  int
	tag Tag
}

// addresses is the book in which each port of a call, ours and the peer's, has one address. One that the peer signalled and one that
// packets come from are the same.
type addresses struct {
	mu     sync.Mutex
	number map[place]uint32
	places []place // by number
}

func newAddresses() *addresses { return &addresses{number: map[place]uint32{}} }

// of returns the address of a port, and false when the book is full.
func (a *addresses) of(id int, tag Tag) (netip.Addr, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := place{id, tag}
	n, known := a.number[p]
	if !known {
		if len(a.places) == maxAddresses {
			return netip.Addr{}, false
		}
		n = uint32(len(a.places))
		a.number[p], a.places = n, append(a.places, p)
	}
	first := synthetic.Addr().As4()
	return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, binary.BigEndian.Uint32(first[:])+1+n))), true
}

// lookup is the inverse of of.
func (a *addresses) lookup(addr netip.Addr) (p place, ok bool) {
	if addr = addr.Unmap(); !synthetic.Contains(addr) {
		return place{}, false
	}
	b, first := addr.As4(), synthetic.Addr().As4()
	n := int(binary.BigEndian.Uint32(b[:])) - int(binary.BigEndian.Uint32(first[:])) - 1
	a.mu.Lock()
	defer a.mu.Unlock()
	if n < 0 || n >= len(a.places) {
		return place{}, false
	}
	return a.places[n], true
}

func toAddr(ip net.IP) netip.Addr {
	a, _ := netip.AddrFromSlice(ip)
	return a.Unmap()
}
