package engine

import (
	"net"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/stdnet"

	"switchgram/tgcall/testnet/reflectors"
)

// mobile is the network of a machine that has one address at a time. Sockets of another are deaf and dumb.
type mobile struct {
	transport.Net
	at atomic.Pointer[net.IPNet]
}

func newMobile(t *testing.T, at byte) *mobile {
	t.Helper()
	n, err := stdnet.NewNet()
	if err != nil {
		t.Fatal(err)
	}
	m := &mobile{Net: n}
	m.move(at)
	return m
}

// move gives the machine another address.
func (m *mobile) move(to byte) {
	m.at.Store(&net.IPNet{IP: net.IPv4(127, 0, 0, to), Mask: net.CIDRMask(8, 32)})
}

// Interfaces lists the one there is.
func (m *mobile) Interfaces() ([]*transport.Interface, error) {
	ifc := transport.NewInterface(net.Interface{Name: "lo", Flags: net.FlagUp | net.FlagLoopback})
	ifc.AddAddress(m.at.Load())
	return []*transport.Interface{ifc}, nil
}

// ListenUDP opens sockets of host candidates.
func (m *mobile) ListenUDP(network string, addr *net.UDPAddr) (transport.UDPConn, error) {
	conn, err := m.Net.ListenUDP(network, addr)
	if err != nil {
		return nil, err
	}
	return walledUDP{conn, func() bool { return !m.at.Load().IP.Equal(addr.IP) }, func() bool { return false }}, nil
}

// Dial opens connections to reflectors. They have the address of the moment for ever.
func (m *mobile) Dial(network, address string) (net.Conn, error) {
	conn, err := m.Net.Dial(network, address)
	if err != nil {
		return nil, err
	}
	return mobileConn{conn, m, m.at.Load()}, nil
}

type mobileConn struct {
	net.Conn
	machine *mobile
	at      *net.IPNet
}

// Write fails as it does where the address is gone.
func (c mobileConn) Write(p []byte) (int, error) {
	if c.machine.at.Load() != c.at {
		return 0, syscall.EINVAL
	}
	return c.Conn.Write(p)
}

// moving notices a new address soon.
func moving() timing {
	t := hurry
	t.path.Interfaces = 50 * time.Millisecond
	return t
}

// TestOurAddressChanges: a lease ran out, or a tunnel came up.
func TestOurAddressChanges(t *testing.T) {
	for name, both := range map[string]bool{"one moves": false, "both move at once": true} {
		for _, caller := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				here, there := newMobile(t, 1), newMobile(t, 2)
				ca, cb := Config{Version: "13.0.0", P2P: true, timing: moving()}, Config{Version: "13.0.0", P2P: true, timing: moving()}
				if ca.net, cb.net = here, there; !caller {
					ca.net, cb.net = there, here
				}
				c := newUnequalCall(t, ca, cb, weather{})
				c.run()
				c.established()
				here.move(3)
				if both {
					there.move(4)
				}
				c.talk(1000)
				c.caller.awaitState(Established)
				c.callee.awaitState(Established)
			})
		}
	}
}

// TestOurAddressComesBack: its socket still does, though another was opened meanwhile.
func TestOurAddressComesBack(t *testing.T) {
	t.Parallel()
	here, there := newMobile(t, 1), newMobile(t, 2)
	c := newUnequalCall(t, Config{Version: "9.0.0", P2P: true, timing: moving(), net: here},
		Config{Version: "9.0.0", P2P: true, timing: moving(), net: there}, weather{})
	c.run()
	c.established()
	here.move(3)
	c.talk(1000)
	here.move(1)
	c.talk(2000)
}

// TestOurAddressChangesBehindAReflector: the way through it stays.
func TestOurAddressChangesBehindAReflector(t *testing.T) {
	t.Parallel()
	here := newMobile(t, 1)
	c := newReflectedCall(t, Config{Version: "13.0.0", timing: moving(), net: here}, newReflector(t, reflectors.Options{}), false)
	c.run()
	c.established()
	here.move(3)
	c.talk(1000)
}

// TestPeerMovesAndIsReachedByOurRelayAlone: a TURN server lets nobody in whom we did not send to (RFC 8656 §9).
func TestPeerMovesAndIsReachedByOurRelayAlone(t *testing.T) {
	for name, peerCalls := range map[string]bool{"peer calls": true, "we call": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			there := newMobile(t, 2)
			peer := Config{Version: "13.0.0", P2P: true, timing: moving(), net: there}
			us := Config{Version: "13.0.0", timing: moving(), Servers: []Server{turnServer(t)}}
			var c call
			if peerCalls {
				c = newUnequalCall(t, peer, us, weather{})
			} else {
				c = newUnequalCall(t, us, peer, weather{})
			}
			c.run()
			c.established()
			there.move(5)
			c.talk(1000)
		})
	}
}
