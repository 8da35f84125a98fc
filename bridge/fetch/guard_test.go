package fetch

import (
	"errors"
	"net/netip"
	"testing"
)

func TestAddressesThatLeadInsideAreRefused(t *testing.T) {
	for _, a := range []string{
		"127.0.0.1", "127.255.0.3", "0.0.0.0", "10.1.2.3", "172.31.255.255", "192.168.0.1", "169.254.169.254", "100.100.100.200", "168.63.129.16",
		"192.0.0.192", "198.19.0.1", "224.0.0.1", "255.255.255.255", "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "fe80::1%eth0",
		"fd00:ec2::254", "64:ff9b::a00:1", "2002:7f00:1::", "2001:0:7f00:1::", "ff02::1", "fec0::1", "4000::1",
	} {
		var refused *RefusedError
		if err := guard(nil).check(netip.MustParseAddr(a)); !errors.As(err, &refused) || refused.Why == "" {
			t.Errorf("%s: %v, want it refused", a, err)
		}
	}
}

func TestPublicAndAllowedAddressesPass(t *testing.T) {
	g := guard{netip.MustParsePrefix("10.7.0.0/16"), netip.MustParsePrefix("fd00:1::/64")}
	for _, a := range []string{"8.8.8.8", "172.15.0.1", "172.32.0.1", "100.128.0.1", "2606:4700::1", "2a00::1", "10.7.3.4", "::ffff:10.7.3.4", "fd00:1::5"} {
		if err := g.check(netip.MustParseAddr(a)); err != nil {
			t.Errorf("%s: %v", a, err)
		}
	}
}

func FuzzGuard(f *testing.F) {
	for _, a := range []string{"127.0.0.1", "::ffff:192.168.1.1", "2606:4700::1", "fe80::1"} {
		f.Add(netip.MustParseAddr(a).AsSlice())
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		a, ok := netip.AddrFromSlice(raw)
		if !ok {
			return
		}
		err := guard(nil).check(a)
		if inside := a.Unmap(); err == nil && (!inside.IsGlobalUnicast() || inside.IsPrivate()) {
			t.Errorf("%s passed", a)
		}
	})
}
