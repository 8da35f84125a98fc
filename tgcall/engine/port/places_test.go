package port

import (
	"net"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/transport/v4"
)

// machine has a card and a bridge of containers.
func machine(t *testing.T) func() ([]*transport.Interface, error) {
	t.Helper()
	var all []*transport.Interface
	for name, addrs := range map[string][]string{"eth0": {"192.0.2.20/24", "2001:db8::20/64"}, "docker0": {"172.17.0.1/16"}} {
		ifc := transport.NewInterface(net.Interface{Name: name})
		for _, a := range addrs {
			ip, network, err := net.ParseCIDR(a)
			if err != nil {
				t.Fatal(err)
			}
			ifc.AddAddress(&net.IPNet{IP: ip, Mask: network.Mask})
		}
		all = append(all, ifc)
	}
	return func() ([]*transport.Interface, error) { return all, nil }
}

func TestCallsUseTheAddressesTheyMay(t *testing.T) {
	for name, c := range map[string]struct {
		use, avoid, want []string
	}{
		"all":                 {nil, nil, []string{"172.17.0.1", "192.0.2.20", "2001:db8::20"}},
		"a card":              {[]string{"eth0"}, nil, []string{"192.0.2.20", "2001:db8::20"}},
		"no containers":       {nil, []string{"docker0"}, []string{"192.0.2.20", "2001:db8::20"}},
		"no private networks": {nil, []string{"10.0.0.0/8", "172.16.0.0/12"}, []string{"192.0.2.20", "2001:db8::20"}},
		"an address":          {[]string{"2001:db8::20"}, nil, []string{"2001:db8::20"}},
		"avoiding wins":       {[]string{"eth0"}, []string{"192.0.2.0/24"}, []string{"2001:db8::20"}},
		"none":                {[]string{"eth7"}, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := newPlaces(c.use, c.avoid)
			if err != nil {
				t.Fatal(err)
			}
			p.list = machine(t)
			found, err := p.all()
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, ifc := range found {
				addrs, _ := ifc.Addrs()
				for _, a := range addrs {
					got = append(got, netip.MustParsePrefix(a.String()).Addr().String())
				}
			}
			if slices.Sort(got); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestPlaceThatCannotBe(t *testing.T) {
	for _, text := range []string{"", "10.0.0.0/99", "eth 0", "10.0.0/8"} {
		if CheckPlace(text) == nil {
			t.Errorf("%q is taken", text)
		}
		if _, err := Open(Options{Use: []string{text}}); err == nil {
			t.Errorf("%q opens", text)
		}
	}
}

// TestMachineIsNotAskedForItsAddressesByEachCall: a list is good for a moment.
func TestMachineIsNotAskedForItsAddressesByEachCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		p := &places{list: func() ([]*transport.Interface, error) { asked++; return nil, nil }}
		for range 100 {
			_, _ = p.all()
		}
		time.Sleep(2 * fresh)
		_, _ = p.all()
		if asked != 2 {
			t.Errorf("asked %d times", asked)
		}
	})
}
