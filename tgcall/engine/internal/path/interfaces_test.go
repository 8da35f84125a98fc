package path

import (
	"errors"
	"fmt"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/transport/v4"
)

// ifaceAt is an interface with addresses.
func ifaceAt(t *testing.T, addrs ...string) *transport.Interface {
	t.Helper()
	ifc := transport.NewInterface(net.Interface{Name: "eth0", Flags: net.FlagUp})
	for _, a := range addrs {
		ip, n, err := net.ParseCIDR(a)
		if err != nil {
			t.Fatal(err)
		}
		ifc.AddAddress(&net.IPNet{IP: ip, Mask: n.Mask})
	}
	return ifc
}

func seen(t *testing.T, i *interfaces) (all []string) {
	t.Helper()
	visible, err := i.visible()
	if err != nil {
		t.Fatal(err)
	}
	for _, ifc := range visible {
		addrs, _ := ifc.Addrs()
		for _, a := range addrs {
			all = append(all, a.String())
		}
	}
	return all
}

func TestAddressesComeIntoSightAsTheMachineGetsThem(t *testing.T) {
	machine := []*transport.Interface{ifaceAt(t, "192.0.2.1/24", "fe80::1/64")}
	i := newInterfaces(now)
	i.list = func() ([]*transport.Interface, error) { return machine, nil }
	if got := fmt.Sprint(seen(t, i)); got != "[192.0.2.1/24]" {
		t.Errorf("at first: %s", got)
	}
	machine = []*transport.Interface{ifaceAt(t), ifaceAt(t, "2001:db8::1/64", "198.51.100.1/24")}
	if got := fmt.Sprint(seen(t, i)); got != "[2001:db8::1/64 198.51.100.1/24]" {
		t.Errorf("after the move: %s", got)
	}
}

func TestContainersWithoutEndAreNotGatheredFrom(t *testing.T) {
	i := newInterfaces(now)
	total := 0
	for n := range 100 {
		i.list = func() ([]*transport.Interface, error) {
			return []*transport.Interface{ifaceAt(t, fmt.Sprintf("172.17.0.%d/16", n+1))}, nil
		}
		total += len(seen(t, i))
	}
	if total != maxAddresses {
		t.Errorf("%d addresses were used", total)
	}
}

func TestAddressHasOneSocketForTheWholeCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newInterfaces(now)
		i.list = func() ([]*transport.Interface, error) { return []*transport.Interface{ifaceAt(t, "192.0.2.1/24")}, nil }
		seen(t, i)
		time.Sleep(fresh + time.Second) // the machine is busy
		if err := i.open(net.IPv4(192, 0, 2, 1)); err != nil {
			t.Errorf("new address: %v", err)
		}
		time.Sleep(fresh + time.Second)
		seen(t, i)
		if err := i.open(net.IPv4(192, 0, 2, 1)); !errors.Is(err, errHasSocket) {
			t.Errorf("old address: %v", err)
		}
		if err := i.open(net.IPv4zero); err != nil {
			t.Errorf("any address: %v", err)
		}
	})
}

func TestMachineThatDoesNotTellItsInterfaces(t *testing.T) {
	i := newInterfaces(now)
	i.list = func() ([]*transport.Interface, error) { return nil, net.ErrClosed }
	if _, err := i.visible(); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}
