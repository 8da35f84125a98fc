package reflector

import (
	"net/netip"
	"testing"
)

func TestEachPortHasOneAddress(t *testing.T) {
	book := newAddresses()
	seen := map[netip.Addr]bool{}
	for n := range maxAddresses {
		addr, ok := book.of(1+n%3, Tag(n+1))
		again, _ := book.of(1+n%3, Tag(n+1))
		p, found := book.lookup(addr)
		if !ok || seen[addr] || again != addr || !Synthetic(addr) || !found || p != (place{1 + n%3, Tag(n + 1)}) {
			t.Fatalf("%d: %v, again %v, is %+v", n, addr, again, p)
		}
		seen[addr] = true
	}
	if addr, ok := book.of(9, 9); ok {
		t.Errorf("one too many: %v", addr)
	}
	for _, s := range []string{"198.18.0.0", "198.18.4.1", "198.19.255.255", "198.20.0.1", "127.0.0.1", "::1"} {
		if p, ok := book.lookup(netip.MustParseAddr(s)); ok {
			t.Errorf("%s is %+v", s, p)
		}
	}
}

func TestTagsAreNotThoseOfStandaloneCalls(t *testing.T) {
	for range 1000 {
		if tag := RandomTag(); tag <= CalleeTag {
			t.Fatal(tag)
		}
	}
}
