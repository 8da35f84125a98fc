package sip

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"

	"switchgram/bridge/sip/sdp"
)

// ports gives each dialog the port that its sound comes to: one of its own, or the one that all share.
type ports struct {
	addrs  []netip.Addr // of this machine, where RTP is received
	within PortRange
	shared []*port // one at each address; nil: each dialog has its own
	strays strays
	log    *slog.Logger
}

// openPorts opens the shared ports, if there are any.
func (a *Agent) openPorts() error {
	if a.o.RTPOf != nil {
		a.ports = a.o.RTPOf.ports
		return nil
	}
	a.ports = &ports{addrs: a.o.RTPAddrs, within: a.o.RTP, log: a.log}
	if a.ports.addrs == nil {
		a.ports.addrs = a.listening()
	}
	if a.o.ShareRTP {
		return a.ports.share()
	}
	return nil
}

// listening are the addresses that the agent listens on. Both families come to an unspecified address of IPv6 by TCP.
func (a *Agent) listening() (all []netip.Addr) {
	for _, network := range []string{"udp", "tcp", "tls"} {
		at := a.Addr(network).Addr()
		if at.IsValid() && !slices.Contains(all, at) {
			all = append(all, at)
		}
		if at == netip.IPv6Unspecified() && network != "udp" && !slices.ContainsFunc(all, netip.Addr.Is4) {
			all = append(all, netip.IPv4Unspecified())
		}
	}
	if all == nil {
		all = append(all, netip.IPv4Unspecified())
	}
	return all
}

// servePorts reads what comes to the shared ports until they are closed.
func (a *Agent) servePorts() {
	if a.o.RTPOf != nil {
		return
	}
	for _, p := range a.ports.shared {
		a.spawn(p.run)
	}
}

// closePorts closes the shared ports, if they have been opened and are this agent's.
func (a *Agent) closePorts() error {
	if a.ports == nil || a.o.RTPOf != nil {
		return nil
	}
	return a.ports.close()
}

// Strays counts what came for no dialog. What comes to the ports of another agent (Options.RTPOf) that one counts.
func (a *Agent) Strays() Strays {
	if a.o.RTPOf != nil {
		return Strays{}
	}
	return a.ports.strays.count()
}

// share opens a pair of ports at each address, with the same numbers.
func (p *ports) share() error {
	for _, ip := range p.addrs {
		shared, err := p.open(ip)
		if err != nil {
			return err
		}
		p.shared = append(p.shared, shared)
		shared.table = newTable(&p.strays)
		if err := shared.rtp.SetReadBuffer(sharedBuffer); err != nil {
			return fmt.Errorf("rtp socket: %w", err)
		}
		number := shared.addr().Port()
		p.within = PortRange{Low: number, High: number + 1}
	}
	return nil
}

func (p *ports) open(ip netip.Addr) (*port, error) {
	rtp, rtcp, err := listenPair(ip, p.within)
	if err != nil {
		return nil, fmt.Errorf("open rtp socket: %w", err)
	}
	return &port{rtp: rtp, rtcp: rtcp, strays: &p.strays, log: p.log}, nil
}

// take gives a dialog a port at the address that is ours towards its far end, or else at the best other of its family.
func (p *ports) take(ours netip.Addr) (*port, error) {
	at := slices.IndexFunc(p.addrs, func(a netip.Addr) bool { return a == ours })
	if at < 0 {
		at = slices.IndexFunc(p.addrs, func(a netip.Addr) bool { return a.IsUnspecified() && a.Is4() == ours.Is4() })
	}
	if at < 0 {
		at = slices.IndexFunc(p.addrs, func(a netip.Addr) bool { return a.Is4() == ours.Is4() })
	}
	switch {
	case at < 0:
		return nil, fmt.Errorf("open rtp socket: %w: none is of the family of %s", ErrNoPort, ours)
	case p.shared != nil:
		return p.shared[at], nil
	default:
		return p.open(p.addrs[at])
	}
}

// close closes the shared ports.
func (p *ports) close() (err error) {
	for _, shared := range p.shared {
		err = errors.Join(err, shared.close())
	}
	return err
}

// near is our address towards the far end's sound: where its offer wants it, if we have a port in that family, or else towards its signalling.
func (d *Dialog) near(offer *sdp.Description) netip.Addr {
	ours := d.path.from.Addr()
	if offer == nil || !offer.Addr.IsValid() || offer.Addr.Addr().Is4() == ours.Is4() {
		return ours
	}
	if other, err := d.a.towards(offer.Addr); err == nil && d.a.ports.has(other) {
		return other
	}
	return ours
}

// has tells whether there is an address of that one's family.
func (p *ports) has(family netip.Addr) bool {
	return slices.ContainsFunc(p.addrs, func(a netip.Addr) bool { return a.Is4() == family.Is4() })
}

// reaches tells whether sound can be sent there from the dialog's port: of IPv4 and IPv6 a port has one.
func (d *Dialog) reaches(far netip.AddrPort) error {
	if at := d.sound.port.addr(); far.IsValid() && far.Addr().Is4() != at.Addr().Is4() {
		return fmt.Errorf("sdp: %s cannot be reached from %s", far, at)
	}
	return nil
}
