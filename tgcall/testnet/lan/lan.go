// Package lan is a network of hosts inside one program, for tests of what only a real network does: candidates of real interfaces, a cable
// that is cut in mid-call, packets lost, late and overtaken, IPv6 alone. WebRTC engines ignore loopback, so 127.0.0.1 does not do for them.
//
// A Host is a network namespace (network_namespaces(7)) with an interface "eth0" that is a TUN device; the LAN moves its packets to the
// others in user space, through the Weather between the two. Nothing of it has a name outside the program: it is gone when Run returns,
// and when the program is killed.
//
// Making hosts takes CAP_SYS_ADMIN. A program that calls Enter first has it, without root, wherever users may make user namespaces.
//
// All methods may be called concurrently.
package lan

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// Options describe a network.
type Options struct {
	Hosts  []string // their names, at most 250; each gets the addresses of its place: 10.77.0.1 and fd77::1 is the first
	NoIPv4 bool     // hosts have IPv6 addresses only
	NoIPv6 bool     // hosts have IPv4 addresses only
	Seed   uint64   // of what is lost and late
}

// LAN is a network. New makes its hosts, Run moves their packets.
type LAN struct {
	hosts   []*Host
	at      map[netip.Addr]*Host
	courier *courier

	mu    sync.Mutex
	dice  *rand.Rand
	links map[way]*link
}

// way is one direction between two hosts.
type way struct{ from, to *Host }

// maxHosts is what fits between the addresses of the network and of the last.
const maxHosts = 250

// New makes the hosts. Their packets wait for Run, which also gives back what New took. The error has ErrNotPermitted in it where
// this program may not make networks.
func New(o Options) (_ *LAN, err error) {
	if len(o.Hosts) > maxHosts || o.NoIPv4 && o.NoIPv6 {
		return nil, fmt.Errorf("lan of %d hosts, IPv4 %t, IPv6 %t: want at most %d, and one of the two", len(o.Hosts), !o.NoIPv4, !o.NoIPv6, maxHosts)
	}
	l := &LAN{
		at:      map[netip.Addr]*Host{},
		courier: newCourier(),
		dice:    rand.New(rand.NewPCG(o.Seed, 0)),
		links:   map[way]*link{},
	}
	defer func() {
		if err != nil {
			l.close()
		}
	}()
	for i, name := range o.Hosts {
		h, err := newHost(name, addresses(i+1, o))
		if err != nil {
			return nil, fmt.Errorf("lan host %s: %w", name, err)
		}
		l.add(h)
	}
	return l, nil
}

// addresses of the host at a place, counted from one.
func addresses(place int, o Options) (all []netip.Prefix) {
	if !o.NoIPv4 {
		all = append(all, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 77, 0, byte(place)}), 24))
	}
	if !o.NoIPv6 {
		all = append(all, netip.PrefixFrom(netip.AddrFrom16([16]byte{0: 0xfd, 1: 0x77, 15: byte(place)}), 64))
	}
	return all
}

func (l *LAN) add(h *Host) {
	l.hosts = append(l.hosts, h)
	for _, a := range h.addrs {
		l.at[a.Addr()] = h
	}
}

// Host is one by its name; nil: there is none of that name.
func (l *LAN) Host(name string) *Host {
	for _, h := range l.hosts {
		if h.name == name {
			return h
		}
	}
	return nil
}

// Run moves packets until ctx ends; then the hosts are gone. Programs and sockets on them should be gone before: they live on, without a
// network. The error says that a device failed.
func (l *LAN) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	stop := context.AfterFunc(ctx, l.close)
	for _, h := range l.hosts {
		g.Go(func() error { return l.serve(h) })
	}
	g.Go(func() error { l.courier.run(ctx); return nil })
	err := g.Wait()
	if stop() {
		l.close()
	}
	return err
}

// largest packet there is; the devices' own limit is 1500 bytes.
const largest = 1 << 16

// serve moves what a host sends, until its device is closed.
func (l *LAN) serve(h *Host) error {
	buf := make([]byte, largest)
	for {
		n, err := h.device.Read(buf)
		if errors.Is(err, os.ErrClosed) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("lan host %s: %w", h.name, err)
		}
		l.carry(h, buf[:n])
	}
}

// carry brings a packet to the host it is for. There is no router and nothing is broadcast: the rest is dropped.
func (l *LAN) carry(from *Host, packet []byte) {
	dst, ok := destination(packet)
	to := l.at[dst]
	if !ok || to == nil || to == from {
		return
	}
	due, lost := l.draw(from, to, time.Now())
	switch {
	case lost:
	case due.IsZero():
		to.receive(packet)
	default:
		l.courier.take(to, packet, due)
	}
}

// destination is where an IP packet goes (RFC 791 §3.1, RFC 8200 §3).
func destination(packet []byte) (netip.Addr, bool) {
	switch {
	case len(packet) >= 20 && packet[0]>>4 == 4:
		return netip.AddrFromSlice(packet[16:20])
	case len(packet) >= 40 && packet[0]>>4 == 6:
		return netip.AddrFromSlice(packet[24:40])
	}
	return netip.Addr{}, false
}

func (l *LAN) close() {
	for _, h := range l.hosts {
		h.close()
	}
}
