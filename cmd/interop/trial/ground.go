package trial

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"

	"github.com/pion/logging"
	"github.com/pion/turn/v5"
	"golang.org/x/sync/errgroup"

	"switchgram/tgcall/testnet/lan"
	"switchgram/tgcall/testnet/reflectors"
)

// ground is where a call takes place: the two hosts, and one with the relays.
type ground struct {
	lan       *lan.LAN // nil: all hosts are this machine
	hosts     [2]*lan.Host
	services  *lan.Host      // nil without a network
	turn      netip.AddrPort // of a STUN and TURN server
	reflector netip.AddrPort
	tag       [16]byte // the caller's peer tag; the callee's differs in one bit
}

// onGround makes the ground, calls f, and removes the ground.
func (t Trial) onGround(ctx context.Context, f func(context.Context, *ground) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	g, services := &ground{hosts: [2]*lan.Host{lan.Here(), lan.Here()}}, lan.Here()
	_, _ = rand.Read(g.tag[:])
	g.tag[0] &^= 1
	running, ctx := errgroup.WithContext(ctx)
	if !t.Here {
		l, err := lan.New(lan.Options{Hosts: []string{names[Caller], names[Callee], "services"}, NoIPv4: t.Path.IPv6, NoIPv6: !t.Path.IPv6, Seed: t.Seed})
		if err != nil {
			return err
		}
		g.lan, g.hosts, services = l, [2]*lan.Host{l.Host(names[Caller]), l.Host(names[Callee])}, l.Host("services")
		g.services = services
		g.setWeather(t.Trouble.Weather)
		running.Go(func() error { return l.Run(ctx) })
	}
	running.Go(func() error {
		defer cancel()
		return g.serve(ctx, services, f)
	})
	return running.Wait()
}

// setWeather has it rain on what the two send, but not on what relays send, so that a packet gets wet once on every path.
func (g *ground) setWeather(w lan.Weather) {
	for i, h := range g.hosts {
		g.lan.SetWay(h, g.hosts[1-i], w)
		g.lan.SetWay(h, g.services, w)
	}
}

// serve runs the relays on their host while f runs.
func (g *ground) serve(ctx context.Context, h *lan.Host, f func(context.Context, *ground) error) error {
	relay, err := g.startTURN(h)
	if err != nil {
		return fmt.Errorf("TURN: %w", err)
	}
	defer relay.Close()
	var reflector *reflectors.Server
	if err := h.Do(func() (err error) {
		reflector, err = reflectors.Listen(reflectors.Options{Addr: net.JoinHostPort(h.Addr().String(), "0")})
		return err
	}); err != nil {
		return err
	}
	g.reflector = reflector.Addr()
	ctx, cancel := context.WithCancel(ctx)
	running, ctx := errgroup.WithContext(ctx)
	running.Go(func() error { return reflector.Run(ctx) })
	running.Go(func() error { defer cancel(); return f(ctx, g) })
	return running.Wait()
}

const (
	turnUser     = "u"
	turnPassword = "p"
	turnRealm    = "interop"
)

// startTURN runs a STUN and TURN server over UDP (RFC 8656) until it is closed.
func (g *ground) startTURN(h *lan.Host) (*turn.Server, error) {
	hostNet, err := h.Net()
	if err != nil {
		return nil, err
	}
	at := h.Addr().String()
	conn, err := hostNet.ListenPacket("udp", net.JoinHostPort(at, "0"))
	if err != nil {
		return nil, err
	}
	g.turn = conn.LocalAddr().(*net.UDPAddr).AddrPort()
	key := turn.GenerateAuthKey(turnUser, turnRealm, turnPassword)
	s, err := turn.NewServer(turn.ServerConfig{
		Realm: turnRealm,
		AuthHandler: func(a *turn.RequestAttributes) (string, []byte, bool) {
			return a.Username, key, a.Username == turnUser
		},
		LoggerFactory: &logging.DefaultLoggerFactory{DefaultLogLevel: logging.LogLevelDisabled},
		PacketConnConfigs: []turn.PacketConnConfig{{
			PacketConn:            conn,
			RelayAddressGenerator: &turn.RelayAddressGeneratorNone{Address: at, Net: hostNet},
		}},
	})
	if err != nil {
		_ = conn.Close()
	}
	return s, err
}

// servers are the entries of rtcServers for one side.
func (g *ground) servers(p Path, side int) []object {
	all := []object{}
	if p.Direct {
		all = append(all, entry(g.turn, object{}))
	}
	if p.TURN {
		all = append(all, entry(g.turn, object{"isTurn": true, "username": turnUser, "password": turnPassword}))
	}
	tag := g.tag
	tag[0] |= byte(side)
	for tcp, there := range map[bool]bool{false: p.ReflectorUDP, true: p.ReflectorTCP} {
		if there {
			all = append(all, entry(g.reflector, object{"isTurn": true, "isTcp": tcp, "username": "reflector", "password": hex.EncodeToString(tag[:])}))
		}
	}
	return all
}

func entry(at netip.AddrPort, more object) object {
	o := object{"id": 1, "host": at.Addr().Unmap().String(), "port": at.Port(), "isTurn": false, "isTcp": false, "username": "", "password": ""}
	for k, v := range more {
		o[k] = v
	}
	return o
}
