package reflector

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
)

// Options of a Gateway.
type Options struct {
	Servers []Server
	// Standalone gives the ports CallerTag or CalleeTag instead of random tags, as network_standalone_reflectors asks. Nothing is
	// signalled then: Peers knows the peer's ports.
	Standalone bool
	Caller     bool // we are the caller; of meaning for Standalone only
	// Dial opens connections to reflectors; nil: net.Dialer's.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Share opens a way over UDP by a shared socket; nil, or where it fails: by Dial.
	Share Share
	Log   *slog.Logger // nil: nothing is logged
}

// Gateway is the reflectors of one call as an ICE agent sees them: TURN servers on loopback. Give the agent the Accounts; signal its
// relay candidates by the Local name once they are ready; give it the peer's candidates at the address that Remote tells.
type Gateway struct {
	o         Options
	addresses *addresses
	gates     []*gate
	relay     *relay
	media     atomic.Pointer[func([]byte)]
	stop      context.CancelFunc
	ports     sync.WaitGroup
}

// gate is a port and the socket as which the TURN server has it.
type gate struct {
	*Port
	socket *socket
	told   pulses // that media comes
}

// Open opens a port towards each server and the TURN server. It waits for nobody. Servers that make no sense are logged and left out,
// and of those that would have the same synthetic address all but the first.
func Open(o Options) (*Gateway, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	g := &Gateway{o: o, addresses: newAddresses()}
	for _, s := range o.Servers {
		if err := g.add(s); errors.Is(err, errSame) {
			o.Log.Debug("reflector not used", "id", s.ID, "err", err) // IPv4 and IPv6 of one, with Standalone
		} else if err != nil {
			o.Log.Warn("reflector not used", "id", s.ID, "err", err)
		}
	}
	var err error
	if g.relay, err = startRelay(g.gates); err != nil {
		return nil, fmt.Errorf("gateway to reflectors: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	g.stop = stop
	for _, gt := range g.gates {
		g.ports.Go(func() { _ = gt.Run(ctx) })
	}
	return g, nil
}

// Close ends everything and waits until it is gone. Close the ICE agent first.
func (g *Gateway) Close() {
	g.stop()
	g.relay.close()
	g.ports.Wait()
}

var (
	errFull = errors.New("too many ports")
	errSame = errors.New("another has the same id, port and tag")
)

func (g *Gateway) add(s Server) error {
	tag := g.ownTag()
	ip, ok := g.addresses.of(s.ID, tag)
	if !ok {
		return errFull
	}
	addr := netip.AddrPortFrom(ip, uint16(s.port()))
	if g.find(addr) != nil {
		return errSame
	}
	gt := &gate{}
	var err error
	gt.Port, err = NewPort(PortOptions{Server: s, Tag: tag, Dial: g.o.Dial, Share: g.o.Share, Log: g.o.Log, OnPacket: func(from Tag, payload []byte) {
		g.take(gt, from, payload)
	}})
	if err != nil {
		return err
	}
	gt.socket = newSocket(addr, func(payload []byte, to netip.AddrPort) { g.send(gt.Port, payload, to) })
	g.gates = append(g.gates, gt)
	return nil
}

func (g *Gateway) ownTag() Tag {
	switch {
	case !g.o.Standalone:
		return RandomTag()
	case g.o.Caller:
		return CallerTag
	default:
		return CalleeTag
	}
}

// send drops what is for a port of another reflector: each forwards only between its own.
func (g *Gateway) send(p *Port, payload []byte, to netip.AddrPort) {
	at, ok := g.addresses.lookup(to.Addr())
	if ok && at.id == p.Server().ID && int(to.Port()) == p.Server().port() {
		_ = p.Send(at.tag, payload) // lost, as on any network
	}
}

func (g *Gateway) find(addr netip.AddrPort) *gate {
	for _, gt := range g.gates {
		if gt.socket.addr == addr {
			return gt
		}
	}
	return nil
}

// Account is how an ICE agent uses one of the ports: as a TURN server, over UDP.
type Account struct {
	Host               string
	Port               int
	Username, Password string
}

// Accounts lists one for each port.
func (g *Gateway) Accounts() []Account { return g.relay.accounts }

// Local tells the name by which the peer may know a relay candidate of ours, and when: once ready is closed. It is false for an address
// that is none of the gateway's.
func (g *Gateway) Local(addr netip.AddrPort) (name string, ready <-chan struct{}, ok bool) {
	gt := g.find(addr)
	if gt == nil {
		return "", nil, false
	}
	return Name(gt.Server().ID, gt.Tag()), gt.Ready(), true
}

// ErrUnknown says that a candidate of the peer is behind a reflector that we do not know.
var ErrUnknown = errors.New("candidate is behind an unknown reflector")

// Remote tells the address at which our agent reaches a candidate of the peer, from the candidate's name and port.
func (g *Gateway) Remote(name string, port uint16) (netip.AddrPort, error) {
	id, tag, ok := ParseName(name)
	if !ok || !g.leadsTo(id, port) {
		return netip.AddrPort{}, ErrUnknown
	}
	ip, ok := g.addresses.of(id, tag)
	if !ok {
		return netip.AddrPort{}, errFull
	}
	return netip.AddrPortFrom(ip, port), nil
}

func (g *Gateway) leadsTo(id int, port uint16) bool {
	for _, gt := range g.gates {
		if gt.Server().ID == id && gt.socket.addr.Port() == port {
			return true
		}
	}
	return false
}

// Peers lists the addresses of the peer's ports that nobody signals: of each reflector one if Standalone, otherwise none.
func (g *Gateway) Peers() (all []netip.AddrPort) {
	if !g.o.Standalone {
		return nil
	}
	theirs := CallerTag
	if g.o.Caller {
		theirs = CalleeTag
	}
	for _, gt := range g.gates {
		if ip, ok := g.addresses.of(gt.Server().ID, theirs); ok {
			all = append(all, netip.AddrPortFrom(ip, gt.socket.addr.Port()))
		}
	}
	return all
}
