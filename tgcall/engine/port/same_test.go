package port

import (
	"net/netip"
	"testing"
)

// TestTwoCallsToOneFarEndNeverMix: it has one port for all its calls, too.
func TestTwoCallsToOneFarEndNeverMix(t *testing.T) {
	p := runPort(t, Options{Listen: []netip.AddrPort{loopback}})
	ann, bob, far := join(t, p, "ann"), join(t, p, "bob"), newPhone(t)

	ann.sends(t, "of ann", far.addr())
	_, annsAddr := far.reads(t)
	bob.sends(t, "of bob", far.addr())
	text, bobsAddr := far.reads(t)
	if text != "of bob" || annsAddr != p.Addrs()[0] || bobsAddr == annsAddr {
		t.Fatalf("%q from %v, and ann's from %v", text, bobsAddr, annsAddr)
	}
	far.sends(t, sound+"ann", annsAddr)
	far.sends(t, sound+"bob", bobsAddr)
	if got := ann.hears(t); got != sound+"ann" {
		t.Errorf("ann hears %q", got)
	}
	if got := bob.hears(t); got != sound+"bob" {
		t.Errorf("bob hears %q", got)
	}
	if s := p.Stats(); s.Alone != 1 {
		t.Errorf("%+v", s)
	}
}

// TestCallKeepsItsWayWhenTheOtherIsOver: the far end knows it by that.
func TestCallKeepsItsWayWhenTheOtherIsOver(t *testing.T) {
	p := runPort(t, Options{Listen: []netip.AddrPort{loopback}})
	ann, bob, far := join(t, p, "ann"), join(t, p, "bob"), newPhone(t)
	ann.sends(t, "first", far.addr())
	far.reads(t)
	bob.sends(t, "second", far.addr())
	_, before := far.reads(t)
	ann.Member.Close()
	bob.sends(t, "third", far.addr())
	if _, after := far.reads(t); after != before {
		t.Errorf("from %v, before from %v", after, before)
	}
}

// TestAddressOfACallThatIsOverIsFree: what still comes for it is nobody's.
func TestAddressOfACallThatIsOverIsFree(t *testing.T) {
	p := runPort(t, Options{Listen: []netip.AddrPort{loopback}})
	ann, far := join(t, p, "ann"), newPhone(t)
	ann.sends(t, "first", far.addr())
	far.reads(t)
	ann.Member.Close()
	far.sends(t, sound+"late", p.Addrs()[0])
	await(t, p, "dropped", func(s Stats) bool { return s.Strangers == 1 })

	bob := join(t, p, "bob")
	bob.sends(t, "second", far.addr())
	if _, from := far.reads(t); from != p.Addrs()[0] {
		t.Errorf("from %v, though nobody else speaks to it", from)
	}
	far.sends(t, sound+"for bob", p.Addrs()[0])
	if got := bob.hears(t); got != sound+"for bob" {
		t.Errorf("bob hears %q", got)
	}
}

// TestCallsOfOneProgramMeetOnItsPort: each is the other's far end.
func TestCallsOfOneProgramMeetOnItsPort(t *testing.T) {
	p := runPort(t, Options{Listen: []netip.AddrPort{loopback}})
	ann, bob := join(t, p, "ann"), join(t, p, "bob")
	request := check("bob")
	ann.sends(t, request, p.Addrs()[0])
	got, from := bob.reads(t)
	if got != request || from != p.Addrs()[0] {
		t.Fatalf("bob reads %q from %v", got, from)
	}
	request = check("ann")
	bob.sends(t, request, p.Addrs()[0])
	got, bobsAddr := ann.reads(t)
	if got != request || bobsAddr == p.Addrs()[0] {
		t.Fatalf("ann reads %q from %v", got, bobsAddr)
	}
	ann.sends(t, sound+"ann", bobsAddr)
	if got := bob.hears(t); got != sound+"ann" {
		t.Errorf("bob hears %q", got)
	}
	bob.sends(t, sound+"bob", p.Addrs()[0])
	if got := ann.hears(t); got != sound+"bob" {
		t.Errorf("ann hears %q", got)
	}
}
