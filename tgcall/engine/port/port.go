// Package port lets many calls share a UDP port, so that a firewall needs one hole for the media of all of them, and so that their packets
// are cheap: one goroutine reads each socket, and hands a call's media straight to the call. To read, decrypt and hand on a packet takes it
// 2 to 3 µs, to send it on by another leg as much again, so that it serves some 3,000 calls; more would want several sockets of one port
// (SO_REUSEPORT), by which the system divides calls by their peers' addresses.
//
// The main type is Port. Each call joins it with its ICE username fragment (RFC 8445) and gets a Member, which is the network
// (transport.Net) of the call's ICE agent: of pion/ice, or of pion/webrtc by SettingEngine.SetNet. Nothing here knows what a call is, so
// that browsers' calls can share the port with Telegram's. All methods may be called concurrently.
//
// Packets are told apart as RFC 7983 says, and then:
//
//   - a connectivity check belongs to whose username fragment it names (RFC 8445 §7.2.2),
//   - the answer to a question to a STUN server belongs to who asked it,
//   - what comes from one of Telegram's reflectors belongs to the call whose tag it begins with,
//   - everything else belongs to the call that was the first to send to that address, as long as that call lasts.
//
// A second call to the same address, which happens where the far end also has one port for all calls, sends there from a socket of its
// own: the far end's ICE finds that out by itself, as of any address behind a router, and the two calls never mix.
package port

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/stdnet"
	"golang.org/x/sync/errgroup"
)

// Options of a Port. The zero value listens at every address of the machine, at a port number of the system's choice.
type Options struct {
	// Listen are the addresses of the sockets, no more than maxSockets. At an unspecified address (0.0.0.0, [::]) every address of the
	// machine is served, those that it gets later too; a machine without IPv6 serves IPv4 alone. Port 0 is a free one, the same for all
	// if it is free for all. Nil: port 0 of both families.
	Listen []netip.AddrPort
	// Advertise are the public addresses of a machine behind a router that forwards the port (1:1 NAT), at most one of each family.
	// They are told to peers in the place of the machine's own addresses of that family.
	Advertise []netip.Addr
	// Use and Avoid say which of the machine's addresses calls may use, by the name of an interface, an address or a network such as
	// 10.0.0.0/8. Avoid wins; an empty Use means all. They count for TURN servers' relays as little as Listen does: there the system
	// chooses the address.
	Use, Avoid []string
	Log        *slog.Logger // nil: nothing is logged
}

// maxSockets bounds Options.Listen.
const maxSockets = 16

// Port is UDP sockets that many calls share.
type Port struct {
	log       *slog.Logger
	net       transport.Net // opens what is not shared
	advertise []netip.Addr
	places    *places
	sockets   []*socket
	counters  counters
	opened    time.Time
	packets   sync.Pool // of *packet

	mu      sync.RWMutex
	members map[string]*Member // by username fragment
}

// Open opens the sockets. Nothing is read before Run; a Port that is never run is closed with Close.
func Open(o Options) (*Port, error) {
	p := &Port{log: o.Log, advertise: o.Advertise, members: map[string]*Member{}, opened: time.Now()}
	p.packets.New = func() any { return new(packet) }
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	var err error
	if p.net, err = stdnet.NewNet(); err != nil {
		return nil, fmt.Errorf("list network interfaces: %w", err)
	}
	if p.places, err = newPlaces(o.Use, o.Avoid); err != nil {
		return nil, err
	}
	for i, a := range o.Advertise {
		if !CanAdvertise(o.Advertise[:i], a) {
			return nil, fmt.Errorf("advertised address %v: want one address of each family", a)
		}
	}
	if err := p.listen(o.Listen); err != nil {
		return nil, errors.Join(fmt.Errorf("listen for media: %w", err), p.Close())
	}
	return p, nil
}

// CanAdvertise tells whether an address can be one of Options.Advertise beside those before it.
func CanAdvertise(before []netip.Addr, a netip.Addr) bool {
	taken := slices.ContainsFunc(before, func(b netip.Addr) bool { return a.Is4() == b.Is4() })
	return a.IsValid() && !a.IsUnspecified() && !taken
}

// listen opens all sockets. Those that chose no number follow the first.
func (p *Port) listen(at []netip.AddrPort) error {
	if at == nil {
		at = []netip.AddrPort{netip.AddrPortFrom(netip.IPv4Unspecified(), 0), netip.AddrPortFrom(netip.IPv6Unspecified(), 0)}
	}
	if len(at) > maxSockets {
		return fmt.Errorf("%d addresses are more than %d", len(at), maxSockets)
	}
	var missing error
	for _, a := range at {
		s, err := p.open(a)
		switch {
		case err == nil:
			p.sockets = append(p.sockets, s)
		case a.Addr().Is6() && a.Addr().IsUnspecified() && noFamily(err):
			missing = err
			p.log.Debug("no media over IPv6", "err", err)
		default:
			return err
		}
	}
	if len(p.sockets) == 0 {
		return missing
	}
	return nil
}

func (p *Port) open(at netip.AddrPort) (*socket, error) {
	if at.Port() == 0 && len(p.sockets) > 0 {
		if s, err := openSocket(p, netip.AddrPortFrom(at.Addr(), p.sockets[0].at.Port())); err == nil {
			return s, nil
		}
	}
	return openSocket(p, at)
}

// since is the time since the Port was opened, in nanoseconds.
func (p *Port) since() int64 { return int64(time.Since(p.opened)) }

// Addrs are where the sockets listen.
func (p *Port) Addrs() (all []netip.AddrPort) {
	for _, s := range p.sockets {
		all = append(all, s.at)
	}
	return all
}

// Run serves until ctx ends, and returns nil then; otherwise it says why a socket cannot be read any more. The sockets are closed at the
// end, and nothing is handed to a Member any more. End the calls first.
func (p *Port) Run(ctx context.Context) error {
	var reading errgroup.Group
	broken := make(chan struct{}, len(p.sockets))
	for _, s := range p.sockets {
		reading.Go(func() error {
			defer func() { broken <- struct{}{} }()
			return s.read(together)
		})
	}
	select {
	case <-ctx.Done():
	case <-broken:
	}
	err := p.Close()
	if failed := reading.Wait(); failed != nil {
		return fmt.Errorf("read media: %w", failed)
	}
	return err
}

// Close frees the sockets of a Port that was never run.
func (p *Port) Close() error {
	var all []error
	for _, s := range p.sockets {
		if err := s.conn.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			all = append(all, err)
		}
	}
	return errors.Join(all...)
}

// socketFor is the socket that serves an address of the machine, or with the unspecified address any of its family; nil: none.
func (p *Port) socketFor(ip netip.Addr) (found *socket) {
	for _, s := range p.sockets {
		switch own := s.at.Addr(); {
		case own.Is4() != ip.Is4():
		case own == ip:
			return s
		case own.IsUnspecified() || ip.IsUnspecified():
			found = s
		}
	}
	return found
}
