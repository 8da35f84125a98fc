package port

import (
	"errors"
	"net"
	"net/netip"
	"testing"
)

func TestEachCallGetsItsOwnPackets(t *testing.T) {
	p := runPort(t, Options{Listen: []netip.AddrPort{loopback}})
	ann, bob := join(t, p, "ann"), join(t, p, "bob")
	annsPeer, bobsPeer := newPhone(t), newPhone(t)
	for _, c := range []struct {
		call guest
		peer phone
		name string
	}{{ann, annsPeer, "ann"}, {bob, bobsPeer, "bob"}} {
		request := check(c.name)
		c.peer.sends(t, request, p.Addrs()[0])
		if got, from := c.call.reads(t); got != request || from != c.peer.addr() {
			t.Errorf("%s reads %q from %v", c.name, got, from)
		}
		c.call.sends(t, "answer to "+c.name, c.peer.addr())
		if got, from := c.peer.reads(t); got != "answer to "+c.name || from != p.Addrs()[0] {
			t.Errorf("the peer of %s reads %q from %v", c.name, got, from)
		}
		c.peer.sends(t, hello, p.Addrs()[0])
		if got, _ := c.call.reads(t); got != hello {
			t.Errorf("%s reads %q", c.name, got)
		}
		c.peer.sends(t, sound+c.name, p.Addrs()[0])
		if got := c.call.hears(t); got != sound+c.name {
			t.Errorf("%s hears %q", c.name, got)
		}
	}
	if s := p.Stats(); s.Members != 2 || s.Media != 2 || s.Strangers+s.Unknown+s.Malformed+s.Full+s.Alone != 0 {
		t.Errorf("%+v", s)
	}
}

func TestTwoCallsCannotHaveOneName(t *testing.T) {
	p := runPort(t, Options{Listen: []netip.AddrPort{loopback}})
	ann := join(t, p, "ann")
	if _, err := p.Join("ann"); !errors.Is(err, ErrTaken) {
		t.Errorf("%v", err)
	}
	ann.Member.Close()
	join(t, p, "ann") // is free again
	for _, name := range []string{"", "a:b", string(make([]byte, maxUfrag+1))} {
		if _, err := p.Join(name); err == nil {
			t.Errorf("%q may join", name)
		}
	}
}

func TestPortThatIsTakenIsKnownAtOnce(t *testing.T) {
	p := runPort(t, Options{Listen: []netip.AddrPort{loopback}})
	if _, err := Open(Options{Listen: p.Addrs()}); err == nil {
		t.Error("two have one port")
	}
}

func TestMachinesAddressIsReplacedByTheAdvertisedOne(t *testing.T) {
	public := netip.MustParseAddr("192.0.2.1")
	call := join(t, runPort(t, Options{Listen: []netip.AddrPort{loopback}, Advertise: []netip.Addr{public}}), "ann")
	if got := call.Advertised(netip.MustParseAddr("10.0.0.1")); got != public {
		t.Errorf("advertised %v", got)
	}
	if six := netip.MustParseAddr("2001:db8::1"); call.Advertised(six) != six {
		t.Error("an address of the other family is replaced")
	}
	for _, bad := range [][]netip.Addr{{{}}, {public, public}, {netip.IPv4Unspecified()}} {
		if _, err := Open(Options{Advertise: bad}); err == nil {
			t.Errorf("%v are taken", bad)
		}
	}
}

func TestAddressThatIsNotServed(t *testing.T) {
	p := runPort(t, Options{Listen: []netip.AddrPort{loopback}})
	m, err := p.Join("ann")
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for _, ip := range []string{"::1", "127.0.0.2"} {
		if _, err := m.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(ip)}); !errors.Is(err, ErrNoSocket) {
			t.Errorf("%s: %v", ip, err)
		}
	}
}
