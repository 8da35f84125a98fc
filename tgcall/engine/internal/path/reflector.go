package path

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"sync"

	"github.com/pion/ice/v4"

	"switchgram/tgcall/engine/port"
	"switchgram/tgcall/reflector"
)

// reflectors are Telegram's own relays of a call, as far as the agent has to do with them.
type reflectors struct {
	gateway    *reflector.Gateway // nil: the call has none
	standalone bool
	ended      chan struct{}
	once       sync.Once
	waiting    sync.WaitGroup // candidates of ours, for their reflector to answer
}

func openReflectors(o Options, m *port.Member) (*reflectors, error) {
	r := &reflectors{standalone: o.Standalone, ended: make(chan struct{})}
	var servers []reflector.Server
	for _, s := range o.Reflectors {
		if routed(s) {
			servers = append(servers, s)
		}
	}
	if len(servers) == 0 {
		return r, nil
	}
	options := reflector.Options{Servers: servers, Standalone: o.Standalone, Caller: o.Controlling, Log: o.Log}
	if o.Net != nil {
		options.Dial = func(_ context.Context, network, address string) (net.Conn, error) {
			return o.Net.Dial(network, address)
		}
	}
	if m != nil {
		options.Share = func(to netip.AddrPort, tag reflector.CallTag, take func([]byte)) (io.WriteCloser, error) {
			return m.Tagged(to, port.Tag(tag), take)
		}
	}
	var err error
	if r.gateway, err = reflector.Open(options); err != nil {
		return nil, err
	}
	return r, nil
}

// routed tells whether this machine has a way to an address. Many have none to IPv6, and would check pairs there for nothing.
func routed(s reflector.Server) bool {
	if _, err := netip.ParseAddr(s.Host); err != nil {
		return true // a name: whoever dials will see
	}
	conn, err := net.Dial("udp", net.JoinHostPort(s.Host, strconv.Itoa(max(s.Port, 1)))) // sends nothing
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

// close ends everything; the agent has ended before.
func (r *reflectors) close() {
	r.once.Do(func() {
		close(r.ended)
		r.waiting.Wait()
		if r.gateway != nil {
			r.gateway.Close()
		}
	})
}

// servers are the reflectors as the agent gathers from them, and private is where they seem to be.
func (r *reflectors) servers() (all []Server) {
	if r.gateway == nil {
		return nil
	}
	for _, a := range r.gateway.Accounts() {
		all = append(all, Server{Host: a.Host, Port: a.Port, Username: a.Username, Password: a.Password, TURN: true})
	}
	return all
}

func (r *reflectors) private() netip.AddrPort {
	for _, s := range r.servers() {
		return netip.AddrPortFrom(netip.MustParseAddr(s.Host), uint16(s.Port))
	}
	return netip.AddrPort{}
}

// tell hands out a candidate of ours, at an address, as the peer may know it. One behind a reflector has a name for an address, and is held back until
// the reflector has answered; none is told in a call whose two sides make them up.
func (r *reflectors) tell(c ice.Candidate, address, ufrag string, to func(string)) {
	if r.gateway != nil {
		if name, ready, ok := r.gateway.Local(endpoint(c)); ok {
			r.tellWhen(ready, format(c, name, ufrag), to)
			return
		}
	}
	to(format(c, address, ufrag))
}

func (r *reflectors) tellWhen(ready <-chan struct{}, text string, to func(string)) {
	if r.standalone {
		return
	}
	r.waiting.Go(func() {
		select {
		case <-ready:
			to(text)
		case <-r.ended:
		}
	})
}

// locate finds out where the agent reaches a candidate of the peer.
func (r *reflectors) locate(c candidate) (candidate, error) {
	if c.reflector == "" {
		return c, nil
	}
	if r.gateway == nil {
		return c, errReflector
	}
	addr, err := r.gateway.Remote(c.reflector, c.addr.Port())
	if err != nil {
		return c, fmt.Errorf("%w: %w", errReflector, err)
	}
	c.addr, c.kind = addr, ice.CandidateTypeRelay
	return c, nil
}

// standalonePriority is that of a relay reached over UDP in libwebrtc.
const standalonePriority = 41885695

// peers are the candidates of the peer that nobody signals.
func (r *reflectors) peers() (all []candidate) {
	if r.gateway == nil {
		return nil
	}
	for _, addr := range r.gateway.Peers() {
		all = append(all, candidate{foundation: "reflector", priority: standalonePriority, addr: addr, kind: ice.CandidateTypeRelay})
	}
	return all
}
