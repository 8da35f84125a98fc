package fetch

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"syscall"
)

// guard refuses connections to addresses that are not public, but for these.
type guard []netip.Prefix

// control is asked by net.Dialer for every connection, when the name has been resolved and before anything is sent.
func (g guard) control(_ context.Context, network, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("connect to %q by %s: %w", address, network, err)
	}
	return g.check(to.Addr())
}

func (g guard) check(a netip.Addr) error {
	a = a.WithZone("").Unmap()
	if slices.ContainsFunc(g, func(p netip.Prefix) bool { return p.Contains(a) }) {
		return nil
	}
	if why := special(a); why != "" {
		return &RefusedError{Addr: a, Why: why}
	}
	return nil
}

// special says what an address is that does not belong to one host of the public Internet; empty: it does.
func special(a netip.Addr) string {
	for _, s := range specials {
		if s.net.Contains(a) {
			return s.why
		}
	}
	if a.Is6() && !global6.Contains(a) {
		return "reserved"
	}
	return ""
}

// global6 is all that is given out of IPv6 (IANA IPv6 Global Unicast Address Assignments).
var global6 = netip.MustParsePrefix("2000::/3")

// specials are the networks of IANA's special-purpose registries (RFC 6890) that nobody outside may lead us to. Those that carry an IPv4
// address inside are refused whole: a gateway would lead to any address.
var specials = []struct {
	net netip.Prefix
	why string
}{
	{netip.MustParsePrefix("0.0.0.0/8"), "unspecified"},
	{netip.MustParsePrefix("10.0.0.0/8"), "private"},
	{netip.MustParsePrefix("100.64.0.0/10"), "shared by customers of a provider"},
	{netip.MustParsePrefix("127.0.0.0/8"), "loopback"},
	{netip.MustParsePrefix("168.63.129.16/32"), "the metadata service of a cloud"}, // of Azure, in public space
	{netip.MustParsePrefix("169.254.0.0/16"), "link-local"},
	{netip.MustParsePrefix("172.16.0.0/12"), "private"},
	{netip.MustParsePrefix("192.0.0.0/24"), "reserved"},
	{netip.MustParsePrefix("192.0.2.0/24"), "for documents"},
	{netip.MustParsePrefix("192.88.99.0/24"), "a relay of 6to4"},
	{netip.MustParsePrefix("192.168.0.0/16"), "private"},
	{netip.MustParsePrefix("198.18.0.0/15"), "for benchmarks"},
	{netip.MustParsePrefix("198.51.100.0/24"), "for documents"},
	{netip.MustParsePrefix("203.0.113.0/24"), "for documents"},
	{netip.MustParsePrefix("224.0.0.0/4"), "multicast"},
	{netip.MustParsePrefix("240.0.0.0/4"), "reserved"},
	{netip.MustParsePrefix("::1/128"), "loopback"},
	{netip.MustParsePrefix("::/96"), "unspecified"},
	{netip.MustParsePrefix("64:ff9b::/96"), "translated to IPv4"},
	{netip.MustParsePrefix("64:ff9b:1::/48"), "translated to IPv4"},
	{netip.MustParsePrefix("2001::/23"), "reserved"}, // with Teredo
	{netip.MustParsePrefix("2001:db8::/32"), "for documents"},
	{netip.MustParsePrefix("2002::/16"), "translated to IPv4"},
	{netip.MustParsePrefix("3fff::/20"), "for documents"},
	{netip.MustParsePrefix("fc00::/7"), "private"},
	{netip.MustParsePrefix("fe80::/10"), "link-local"},
	{netip.MustParsePrefix("ff00::/8"), "multicast"},
}
