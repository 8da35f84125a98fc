package udp

import (
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestALinkLocalAddressHasTheNameOfItsInterface(t *testing.T) {
	r := listen(t, "udp6", "[::1]:0").NewReader(1, 10, 0)
	name := unix.RawSockaddrInet6{Family: unix.AF_INET6, Addr: netip.MustParseAddr("fe80::1").As16(), Port: swapped(9)}
	for index, zone := range map[uint32]string{0: "", 1: "lo", 123456: "123456"} {
		name.Scope_id = index
		want := strings.TrimSuffix("fe80::1%"+zone, "%")
		for range 2 {
			if got := r.from(&name); got != netip.AddrPortFrom(netip.MustParseAddr(want), 9) {
				t.Errorf("%v, want %s", got, want)
			}
		}
	}
}
