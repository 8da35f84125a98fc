package tally

import (
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

func TestFailuresAreCountedUntilTheyAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tally := New()
		want := func(key string, failures int, ago time.Duration) {
			t.Helper()
			if n, since := tally.Failures(key); n != failures || since != ago {
				t.Errorf("%s has %d failures, the last %v ago; want %d, %v", key, n, since, failures, ago)
			}
		}
		tally.Failed("ann", "here")
		time.Sleep(time.Minute)
		tally.Failed("ann")
		time.Sleep(Memory)
		want("ann", 2, Memory)
		want("here", 0, 0)
		want("bob", 0, 0)
		tally.Forgive("ann")
		want("ann", 0, 0)
	})
}

func TestAnAddressIsBannedForATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tally, here := New(), netip.MustParseAddr("192.0.2.1")
		for range MostOfAddress {
			if tally.Banned(here) {
				t.Fatal("too early")
			}
			tally.Failed(Address(here))
		}
		if !tally.Banned(here) {
			t.Error("it may go on")
		}
		if time.Sleep(Memory + 1); tally.Banned(here) {
			t.Error("a ban has no end")
		}
	})
}

func TestWhoIsRememberedIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tally := New()
		tally.Failed("old")
		time.Sleep(Memory + 1)
		for i := range mostRemembered + 10 {
			tally.Failed(fmt.Sprint("new ", i))
		}
		if n := len(tally.all); n != mostRemembered {
			t.Errorf("%d are remembered", n)
		}
	})
}

func TestACustomersNetworkIsOneAddress(t *testing.T) {
	key := func(s string) string { return Address(netip.MustParseAddr(s)) }
	if key("2001:db8::1") != key("2001:db8::2:1") || key("2001:db8::1") == key("2001:db8:0:1::1") || key("192.0.2.1") == key("192.0.2.2") {
		t.Error("addresses of one network are two, or of two are one")
	}
}
