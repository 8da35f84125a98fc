package sip

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"
)

func TestStrangerGetsAFewAnswersAndThenNone(t *testing.T) {
	g, now := newGate(nil), time.Now()
	ip := netip.MustParseAddr("203.0.113.5")
	for i := range strikesAllowed {
		if !g.strike(ip, now) || g.silent(ip, now) {
			t.Fatalf("silent after %d", i)
		}
	}
	if g.strike(ip, now) || !g.silent(ip, now) {
		t.Error("still answered")
	}
	if !g.silent(netip.AddrFrom16(ip.As16()), now) {
		t.Error("answered under its IPv6 name")
	}
	if g.silent(ip, now.Add(silentFor+time.Second)) {
		t.Error("silent for ever")
	}
	if !g.strike(ip, now.Add(silentFor+time.Second)) {
		t.Error("no second chance")
	}
}

func TestRegistrarMayCallAndIsNeverSilenced(t *testing.T) {
	g, now := newGate([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}), time.Now()
	ip := netip.MustParseAddr("203.0.113.5")
	for range strikesAllowed + 1 {
		g.strike(ip, now)
	}
	release, again := g.trust(ip), g.trust(ip)
	if !g.welcome(ip) || g.silent(ip, now) {
		t.Error("registrar is not welcome")
	}
	release()
	release()
	if !g.welcome(ip) {
		t.Error("two registrations, one over, none left")
	}
	again()
	if g.welcome(ip) {
		t.Error("welcome for ever")
	}
	if !g.welcome(netip.MustParseAddr("10.1.2.3")) || g.welcome(netip.MustParseAddr("11.1.2.3")) {
		t.Error("the allow list is not kept")
	}
}

func TestTableOfStrangersIsBounded(t *testing.T) {
	g, now := newGate(nil), time.Now()
	for i := range uint32(3 * maxStrangers) {
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], 1<<24+i)
		g.strike(netip.AddrFrom4(b), now.Add(time.Duration(i)))
	}
	if len(g.strangers) > maxStrangers {
		t.Errorf("%d remembered", len(g.strangers))
	}
}
