package port

import (
	"net/netip"
	"strings"
	"testing"
	"time"
)

// await waits until something is true of what a port has counted.
func await(t testing.TB, p *Port, what string, f func(Stats) bool) {
	t.Helper()
	for giveUp := time.Now().Add(patience); !f(p.Stats()); {
		if time.Now().After(giveUp) {
			t.Fatalf("never %s: %+v", what, p.Stats())
		}
		tick := time.NewTimer(time.Millisecond)
		<-tick.C
	}
}

// many packets are more than any queue holds.
const many = 500

// flood sends many packets, not faster than they are read: the system, which may keep no more than 200 kB, loses some otherwise.
func flood(t testing.TB, p *Port, from phone, packet func(n int) string) {
	t.Helper()
	before, waiting := p.Stats().Received, 0
	for n := range many {
		text := packet(n)
		from.sends(t, text, p.Addrs()[0])
		if waiting += 2000 + len(text); waiting > 100_000 {
			await(t, p, "read", func(s Stats) bool { return s.Received > before+uint64(n) })
			waiting = 0
		}
	}
	await(t, p, "read", func(s Stats) bool { return s.Received == before+many })
}

// TestFloodsAreCountedAndForgotten: none leaves anything behind, and the call in their midst hears what it should.
func TestFloodsAreCountedAndForgotten(t *testing.T) {
	for name, c := range map[string]struct {
		packet func(n int) string
		count  func(Stats) uint64
	}{
		"checks for calls that are not here": {func(n int) string { return check(strings.Repeat("x", n%300) + "y") }, func(s Stats) uint64 { return s.Unknown }},
		"checks for nobody":                  {func(int) string { return stunQuestion() }, func(s Stats) uint64 { return s.Malformed }},
		"answers to nothing":                 {func(int) string { return answer(t, stunQuestion()) }, func(s Stats) uint64 { return s.Strangers }},
		"DTLS of strangers":                  {func(int) string { return hello }, func(s Stats) uint64 { return s.Strangers }},
		"media of strangers":                 {func(int) string { return sound }, func(s Stats) uint64 { return s.Strangers }},
		"nothing":                            {func(int) string { return "" }, func(s Stats) uint64 { return s.Strangers }},
		"packets as large as can be":         {func(int) string { return strings.Repeat("\x80", 65507) }, func(s Stats) uint64 { return s.Malformed }},
	} {
		t.Run(name, func(t *testing.T) {
			p := runPort(t, Options{Listen: []netip.AddrPort{loopback}})
			ann, peer, attacker := join(t, p, "ann"), newPhone(t), newPhone(t)
			ann.sends(t, "here I am", peer.addr())
			peer.reads(t)
			flood(t, p, attacker, c.packet)
			peer.sends(t, sound, p.Addrs()[0])
			if got := ann.hears(t); got != sound {
				t.Errorf("ann hears %q", got)
			}
			s := p.Stats()
			if got := c.count(s); got != many || s.Media != 1 || s.Slow > 1 {
				t.Errorf("%+v", s)
			}
			if sock := p.sockets[0]; len(sock.peers) != 1 || len(sock.asked) != 0 || len(sock.tags) != 0 || len(p.members) != 1 {
				t.Errorf("something is left: %d peers, %d questions, %d members", len(sock.peers), len(sock.asked), len(p.members))
			}
		})
	}
}

// TestCallThatDoesNotKeepUpLosesItsOwnPacketsOnly: checks that name it are all that reach it from strangers.
func TestCallThatDoesNotKeepUpLosesItsOwnPacketsOnly(t *testing.T) {
	p := runPort(t, Options{Listen: []netip.AddrPort{loopback}})
	join(t, p, "ann") // reads nothing
	bob, attacker := join(t, p, "bob"), newPhone(t)
	flood(t, p, attacker, func(int) string { return check("ann") })
	if s := p.Stats(); s.Slow != queue || s.Full != many-queue {
		t.Errorf("%+v", s)
	}
	request := check("bob")
	attacker.sends(t, request, p.Addrs()[0])
	if got, _ := bob.reads(t); got != request {
		t.Errorf("bob reads %q", got)
	}
}

// TestMediaFromAnotherAddressIsNotTaken: only a check makes an address the peer's, and the ICE agent answers to it.
func TestMediaFromAnotherAddressIsNotTaken(t *testing.T) {
	p := runPort(t, Options{Listen: []netip.AddrPort{loopback}})
	ann, peer, moved := join(t, p, "ann"), newPhone(t), newPhone(t)
	ann.sends(t, "here I am", peer.addr())
	moved.sends(t, sound+"from elsewhere", p.Addrs()[0])
	await(t, p, "dropped", func(s Stats) bool { return s.Strangers == 1 })
	request := check("ann")
	moved.sends(t, request, p.Addrs()[0])
	if got, from := ann.reads(t); got != request || from != moved.addr() {
		t.Fatalf("ann reads %q from %v", got, from)
	}
	ann.sends(t, answer(t, request), moved.addr())
	moved.sends(t, sound+"from there", p.Addrs()[0])
	if got := ann.hears(t); got != sound+"from there" {
		t.Errorf("ann hears %q", got)
	}
}

// TestPeerWithoutEndOfAddresses: each costs a little memory, and there are some that a call gets no more.
func TestPeerWithoutEndOfAddresses(t *testing.T) {
	p := runPort(t, Options{Listen: []netip.AddrPort{loopback}})
	ann := join(t, p, "ann")
	var err error
	for n := 0; n <= maxPeers && err == nil; n++ {
		_, err = ann.Route(netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, 1}), uint16(n+1)))
	}
	if err == nil || len(p.sockets[0].peers) != maxPeers {
		t.Errorf("%v, %d addresses", err, len(p.sockets[0].peers))
	}
	ann.Member.Close()
	if n := len(p.sockets[0].peers); n != 0 {
		t.Errorf("%d addresses are left", n)
	}
}

// FuzzInput: whatever comes, from a peer, a reflector or a stranger, has one end, and leaves nothing behind.
func FuzzInput(f *testing.F) {
	for _, seed := range []string{
		"", "\x80", sound, hello, check("ann"), check("bob"), stunQuestion(), check("ann")[:21], check("ann") + "x",
		"\x00\x01\x00\x08\x21\x12\xa4\x42............\x00\x06\xff\xff:abc", "call's tag..and what it carries",
	} {
		f.Add([]byte(seed), uint8(0))
		f.Add([]byte(seed), uint8(1))
		f.Add([]byte(seed), uint8(2))
	}
	p, err := Open(Options{Listen: []netip.AddrPort{loopback}})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = p.Close() })
	peer, reflector := netip.MustParseAddrPort("192.0.2.1:1"), netip.MustParseAddrPort("192.0.2.2:599")
	ann := join(f, p, "ann")
	if _, err := ann.Route(peer); err != nil {
		f.Fatal(err)
	}
	if _, err := ann.Tagged(reflector, Tag([]byte("call's tag..")), func([]byte) {}); err != nil {
		f.Fatal(err)
	}
	ann.OnMedia(func(b []byte) {
		if !isMedia(b) {
			f.Errorf("%q is media", b)
		}
	})
	from := []netip.AddrPort{peer, reflector, netip.MustParseAddrPort("192.0.2.3:3")}
	f.Fuzz(func(t *testing.T, b []byte, who uint8) {
		before := p.Stats()
		p.sockets[0].input(b, from[int(who)%len(from)], nil)
		for len(ann.packets) > 0 {
			<-ann.packets
		}
		after := p.Stats()
		ends := func(s Stats) uint64 {
			return s.Media + s.Tagged + s.Slow + s.Strangers + s.Unknown + s.Malformed + s.Full
		}
		signs := uint64(0) // of life
		if after.Media > before.Media {
			signs = after.Slow - before.Slow
		}
		if after.Received != before.Received+1 || ends(after) != ends(before)+1+signs {
			t.Errorf("%q: before %+v, after %+v", b, before, after)
		}
	})
}
