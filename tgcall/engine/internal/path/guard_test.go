package path

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/stun/v3"
	"github.com/pion/transport/v4"
)

func socket(t *testing.T) *net.UDPConn {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func addrOf(c net.PacketConn) netip.AddrPort { return c.LocalAddr().(*net.UDPAddr).AddrPort() }

// permission asks a TURN server for one.
func permission(t *testing.T, ip string) *stun.Message {
	t.Helper()
	m, err := stun.Build(stun.TransactionID, permissionRequest, forPeer(ip))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

type forPeer string

func (p forPeer) AddTo(m *stun.Message) error {
	return stun.XORMappedAddress{IP: net.ParseIP(string(p)), Port: 9}.AddToAs(m, stun.AttrXORPeerAddress)
}

// exchange writes a message and returns the answer, and whether the server has seen it.
func exchange(t *testing.T, client *turnSocket, server *net.UDPConn, m *stun.Message) (code stun.ErrorCode, seen bool) {
	t.Helper()
	if _, err := client.WriteTo(m.Raw, server.LocalAddr()); err != nil {
		t.Fatal(err)
	}
	if len(client.packets) == 0 {
		seen = true
		buf := make([]byte, 1000)
		_, from, err := server.ReadFromUDP(buf)
		if err != nil {
			t.Fatal(err)
		}
		forbidden := stun.MustBuild(stun.NewTransactionIDSetter(m.TransactionID), permissionRefused, stun.CodeForbidden)
		if _, err := server.WriteTo(forbidden.Raw, from); err != nil {
			t.Fatal(err)
		}
	}
	buf := make([]byte, 1000)
	n, _, err := client.ReadFrom(buf)
	if err != nil {
		t.Fatal(err)
	}
	answer := &stun.Message{Raw: buf[:n]}
	var attribute stun.ErrorCodeAttribute
	if err := answer.Decode(); err != nil || answer.TransactionID != m.TransactionID || attribute.GetFrom(answer) != nil {
		t.Fatalf("%v, %v", answer, err)
	}
	return attribute.Code, seen
}

func TestServersAreNotAskedForWhatTheyWouldRefuse(t *testing.T) {
	for name, c := range map[string]struct {
		private bool // the server leads to reflectors
		asked   []string
		seen    []bool
	}{
		"TURN server":    {false, []string{"198.18.0.1", "192.0.2.1", "192.0.2.1", "192.0.2.2"}, []bool{false, true, false, true}},
		"private server": {true, []string{"192.0.2.1", "198.18.0.1", "198.18.0.2"}, []bool{false, true, true}},
	} {
		t.Run(name, func(t *testing.T) {
			server := socket(t)
			var private netip.AddrPort
			if c.private {
				private = addrOf(server)
			}
			client := newTURNSocket(socket(t), private)
			for i, ip := range c.asked {
				code, seen := exchange(t, client, server, permission(t, ip))
				if code != stun.CodeForbidden || seen != c.seen[i] {
					t.Errorf("%s: code %d, seen %v", ip, code, seen)
				}
			}
		})
	}
}

// TestRefusalWakesTheReader: it waits for the server already.
func TestRefusalWakesTheReader(t *testing.T) {
	server := socket(t)
	client := newTURNSocket(socket(t), netip.AddrPort{})
	got := make(chan int, 1)
	go func() {
		n, _, _ := client.ReadFrom(make([]byte, 1000))
		got <- n
	}()
	for range 3 {
		if _, err := client.WriteTo(permission(t, "198.18.0.1").Raw, server.LocalAddr()); err != nil {
			t.Fatal(err)
		}
	}
	if n := <-got; n == 0 {
		t.Error("the reader ended")
	}
}

func TestNothingLeavesForAReflectorsMadeUpAddress(t *testing.T) {
	counter := &countingConn{UDPConn: socket(t)}
	s := hostSocket{counter, newInlet(counter)}
	for addr, want := range map[string]int{"198.18.0.1:9": 0, "198.19.255.255:9": 0, "127.0.0.1:9": 1} {
		counter.written = 0
		n, err := s.WriteTo([]byte("x"), net.UDPAddrFromAddrPort(netip.MustParseAddrPort(addr)))
		if n != 1 || err != nil || counter.written != want {
			t.Errorf("%s: %d, %v; %d written", addr, n, err, counter.written)
		}
	}
}

type countingConn struct {
	transport.UDPConn
	written int
}

func (c *countingConn) WriteTo(b []byte, _ net.Addr) (int, error) {
	c.written++
	return len(b), nil
}

// TestSocketEndsReading: a closed socket wakes its reader, as any does.
func TestSocketEndsReading(t *testing.T) {
	conn := socket(t)
	client := newTURNSocket(conn, netip.AddrPort{})
	done := make(chan error, 1)
	go func() {
		_, _, err := client.ReadFrom(make([]byte, 10))
		done <- err
	}()
	_ = conn.Close()
	select {
	case err := <-done:
		if err == nil {
			t.Error("it read from a closed socket")
		}
	case <-time.After(patience):
		t.Fatal("it still reads")
	}
}

func FuzzTURNSocketReads(f *testing.F) {
	f.Add(stun.MustBuild(stun.TransactionID, permissionRefused, stun.CodeForbidden).Raw)
	f.Add(stun.MustBuild(stun.TransactionID, permissionRequest, forPeer("198.18.0.1")).Raw)
	f.Add([]byte{0x01, 0x18})
	f.Fuzz(func(t *testing.T, b []byte) {
		s := newTURNSocket(nil, netip.AddrPort{})
		s.learn(b, nil)
		if m, ok := message(b, permissionRequest); ok {
			s.hopeless(m, &net.UDPAddr{})
		}
		if len(s.forbidden) > 0 {
			t.Error("somebody is forbidden whom nobody asked for")
		}
	})
}
