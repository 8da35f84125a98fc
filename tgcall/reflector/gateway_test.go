package reflector_test

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/pion/logging"
	"github.com/pion/turn/v5"

	"switchgram/tgcall/reflector"
	"switchgram/tgcall/testnet/reflectors"
)

func openGateway(t *testing.T, o reflector.Options) *reflector.Gateway {
	t.Helper()
	g, err := reflector.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g
}

// allocate uses an account as an ICE agent does. The allocation's address is the synthetic one of our port.
func allocate(t *testing.T, a reflector.Account) (net.PacketConn, error) {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	client, err := turn.NewClient(&turn.ClientConfig{
		TURNServerAddr: net.JoinHostPort(a.Host, strconv.Itoa(a.Port)), Username: a.Username, Password: a.Password, Conn: conn,
		LoggerFactory: &logging.DefaultLoggerFactory{DefaultLogLevel: logging.LogLevelDisabled},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	if err := client.Listen(); err != nil {
		t.Fatal(err)
	}
	relayed, err := client.Allocate()
	if err == nil {
		t.Cleanup(func() { _ = relayed.Close() })
	}
	return relayed, err
}

func address(c net.PacketConn) netip.AddrPort { return c.LocalAddr().(*net.UDPAddr).AddrPort() }

// TestTwoAgentsMeet: what goes to the address that stands for the peer's name comes from the address that stands for ours, also to an
// agent that never sent there.
func TestTwoAgentsMeet(t *testing.T) {
	s := listen(t, reflectors.Options{})
	a := openGateway(t, reflector.Options{Servers: []reflector.Server{at(t, s, true, false)}})
	b := openGateway(t, reflector.Options{Servers: []reflector.Server{at(t, s, false, false)}})
	fromA, err := allocate(t, a.Accounts()[0])
	if err != nil {
		t.Fatal(err)
	}
	fromB, err := allocate(t, b.Accounts()[0])
	if err != nil {
		t.Fatal(err)
	}
	nameA, ready, ok := a.Local(address(fromA))
	if !ok {
		t.Fatalf("%v has no name", address(fromA))
	}
	<-ready
	nameB, ready, _ := b.Local(address(fromB))
	<-ready
	port := s.Addr().Port()
	aAtB, errA := b.Remote(nameA, port)
	bAtA, errB := a.Remote(nameB, port)
	if err := errors.Join(errA, errB); err != nil {
		t.Fatal(err)
	}
	if _, err := fromA.WriteTo([]byte("hello"), net.UDPAddrFromAddrPort(bAtA)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 100)
	n, from, err := fromB.ReadFrom(buf)
	if err != nil || string(buf[:n]) != "hello" || from.String() != aAtB.String() {
		t.Errorf("%q from %v, %v; want from %v", buf[:n], from, err, aAtB)
	}
}

func TestGatewayLeadsToReflectorsOnly(t *testing.T) {
	s := listen(t, reflectors.Options{})
	g := openGateway(t, reflector.Options{Servers: []reflector.Server{at(t, s, true, false)}})
	relayed, err := allocate(t, g.Accounts()[0])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := relayed.WriteTo([]byte("x"), &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9}); err == nil {
		t.Error("it leads to a real address")
	}
	wrong := g.Accounts()[0]
	wrong.Password += "x"
	if _, err := allocate(t, wrong); err == nil {
		t.Error("it lets a stranger in")
	}
	if _, err := allocate(t, g.Accounts()[0]); err == nil {
		t.Error("one port was given twice")
	}
}

func TestCandidatesOfUnknownReflectors(t *testing.T) {
	s := listen(t, reflectors.Options{})
	g := openGateway(t, reflector.Options{Servers: []reflector.Server{at(t, s, true, false)}})
	for name, port := range map[string]uint16{
		reflector.Name(2, 5): s.Addr().Port(),
		reflector.Name(1, 5): s.Addr().Port() ^ 1,
		"192.0.2.1":          s.Addr().Port(),
	} {
		if addr, err := g.Remote(name, port); !errors.Is(err, reflector.ErrUnknown) {
			t.Errorf("%s: %v, %v", name, addr, err)
		}
	}
	if _, _, ok := g.Local(netip.MustParseAddrPort("192.0.2.1:9")); ok {
		t.Error("a stranger's address is ours")
	}
	for n := range 5000 { // a hostile peer costs its own call at most
		_, _ = g.Remote(reflector.Name(1, reflector.Tag(n+1)), s.Addr().Port())
	}
	if _, err := g.Remote(reflector.Name(1, 4999), s.Addr().Port()); err == nil {
		t.Error("the book has no end")
	}
}

// TestStandaloneSidesKnowEachOther: also where an address comes twice, as IPv4 and IPv6 or UDP and TCP, and could not be told apart.
func TestStandaloneSidesKnowEachOther(t *testing.T) {
	s := listen(t, reflectors.Options{})
	g := openGateway(t, reflector.Options{
		Standalone: true, Caller: true,
		Servers: []reflector.Server{at(t, s, true, false), at(t, s, true, true)},
	})
	theirs, err := g.Remote(reflector.Name(1, reflector.CalleeTag), s.Addr().Port())
	if err != nil || !slices.Equal(g.Peers(), []netip.AddrPort{theirs}) || len(g.Accounts()) != 1 {
		t.Errorf("%v, want %v, %v; %d accounts", g.Peers(), theirs, err, len(g.Accounts()))
	}
	ours, err := g.Remote(reflector.Name(1, reflector.CallerTag), s.Addr().Port())
	if name, _, ok := g.Local(ours); err != nil || !ok || name != "reflector-1-1.reflector" {
		t.Errorf("%s, %v, %v", name, ok, err)
	}
}

func TestServersThatMakeNoSenseAreLeftOut(t *testing.T) {
	g := openGateway(t, reflector.Options{Servers: []reflector.Server{{}, {ID: 1, Host: "127.0.0.1", Port: -1}, {ID: 1, Host: "127.0.0.1"}}})
	if len(g.Accounts()) != 1 || len(g.Peers()) != 0 {
		t.Errorf("%d accounts, peers %v", len(g.Accounts()), g.Peers())
	}
	if _, err := g.Remote(reflector.Name(1, 5), reflector.DefaultPort); err != nil {
		t.Errorf("the usual port: %v", err)
	}
}

// TestClosingWaitsForNobody: neither for a reflector that is silent nor for one that refuses.
func TestClosingWaitsForNobody(t *testing.T) {
	s := listen(t, reflectors.Options{Silent: true})
	refusing := at(t, s, true, true)
	refusing.Port = 1
	g := openGateway(t, reflector.Options{Servers: []reflector.Server{at(t, s, true, false), refusing}})
	start := time.Now()
	g.Close()
	if took := time.Since(start); took > 4*time.Second {
		t.Errorf("closing took %v", took)
	}
}
