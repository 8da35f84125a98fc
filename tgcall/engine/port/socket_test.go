package port

import (
	"net"
	"net/netip"
	"testing"
	"time"
)

// TestAnswerComesFromTheAddressThatWasAsked: ICE takes no other (RFC 8445 §7.2.5.2.1).
func TestAnswerComesFromTheAddressThatWasAsked(t *testing.T) {
	p := runPort(t, Options{})
	ann := joinAt(t, p, "ann", "127.0.0.1")
	other, err := ann.Member.Listen("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 2)})
	if err != nil {
		t.Fatal(err)
	}
	far := newPhone(t)
	for ip, share := range map[string]*Conn{"127.0.0.1": ann.Conn, "127.0.0.2": other} {
		g := guest{ann.Member, share, nil}
		asked, request := netip.AddrPortFrom(netip.MustParseAddr(ip), p.Addrs()[0].Port()), check("ann")
		far.sends(t, request, asked)
		if got, _ := g.reads(t); got != request {
			t.Errorf("at %s: %q", ip, got)
		}
		g.sends(t, "answer", far.addr())
		if _, from := far.reads(t); from != asked {
			t.Errorf("asked at %v, answered from %v", asked, from)
		}
	}
}

func TestSixIsServedAsFourIs(t *testing.T) {
	p := runPort(t, Options{})
	if len(p.Addrs()) != 2 || p.Addrs()[0].Port() != p.Addrs()[1].Port() {
		t.Fatalf("listens at %v; this machine has no IPv6, or the port is taken there", p.Addrs())
	}
	ann := joinAt(t, p, "ann", "::1")
	c, err := net.ListenUDP("udp6", &net.UDPAddr{IP: net.IPv6loopback})
	if err != nil {
		t.Fatal(err)
	}
	far := phone{c}
	t.Cleanup(func() { _ = c.Close() })
	asked, request := netip.AddrPortFrom(netip.IPv6Loopback(), p.Addrs()[1].Port()), check("ann")
	far.sends(t, request, asked)
	if got, from := ann.reads(t); got != request || from != far.addr() {
		t.Errorf("%q from %v", got, from)
	}
	ann.sends(t, "answer", far.addr())
	if got, from := far.reads(t); got != "answer" || from != asked {
		t.Errorf("%q from %v", got, from)
	}
}

// TestServersAnswerIsForWhoAsked: all calls ask the same STUN server from the same port.
func TestServersAnswerIsForWhoAsked(t *testing.T) {
	p := runPort(t, Options{Listen: []netip.AddrPort{loopback}})
	server, stranger := newPhone(t), newPhone(t)
	asks := map[string]guest{}
	for _, name := range []string{"ann", "bob"} {
		g := join(t, p, name)
		asking, err := g.Member.Listen("udp4", nil)
		if err != nil {
			t.Fatal(err)
		}
		asks[name] = guest{g.Member, asking, nil}
	}
	questions := map[string]string{}
	for name, g := range asks {
		questions[name] = stunQuestion()
		g.sends(t, questions[name], server.addr())
		if got, from := server.reads(t); got != questions[name] || from != p.Addrs()[0] {
			t.Errorf("the server reads %q from %v", got, from)
		}
	}
	for name, g := range asks {
		stranger.sends(t, answer(t, questions[name]), p.Addrs()[0])
		server.sends(t, answer(t, questions[name]), p.Addrs()[0])
		if got, from := g.reads(t); got != answer(t, questions[name]) || from != server.addr() {
			t.Errorf("%s reads %q from %v", name, got, from)
		}
		g.sends(t, check("far"), stranger.addr()) // the host candidate's to send
	}
	await(t, p, "dropped", func(s Stats) bool { return s.Strangers == 2 })
	if n := len(p.sockets[0].peers) + len(p.sockets[0].asked); n != 0 {
		t.Errorf("%d addresses and questions are left", n)
	}
}

// TestReflectorsPacketsGoByTheirTag: it sends those of all calls from one address.
func TestReflectorsPacketsGoByTheirTag(t *testing.T) {
	p := runPort(t, Options{Listen: []netip.AddrPort{loopback}})
	reflector := newPhone(t)
	ann, bob := join(t, p, "ann"), join(t, p, "bob")
	heard := map[string]chan string{"tag of ann..": make(chan string, 9), "tag of bob..": make(chan string, 9)}
	ways := map[string]*Tagged{}
	for tag, g := range map[string]guest{"tag of ann..": ann, "tag of bob..": bob} {
		way, err := g.Tagged(reflector.addr(), Tag([]byte(tag)), func(b []byte) { heard[tag] <- string(b) })
		if err != nil {
			t.Fatal(err)
		}
		ways[tag] = way
		if _, err := way.Write([]byte("hello")); err != nil {
			t.Fatal(err)
		}
		if _, from := reflector.reads(t); from != p.Addrs()[0] {
			t.Errorf("hello from %v", from)
		}
	}
	if _, err := bob.Tagged(reflector.addr(), Tag([]byte("tag of ann..")), nil); err == nil {
		t.Error("two have one tag")
	}
	for _, packet := range []string{"tag of ann..1", "tag of bob..1", "tag of cid..1", "short", "tag of ann..2"} {
		reflector.sends(t, packet, p.Addrs()[0])
	}
	for tag, numbers := range map[string][]string{"tag of ann..": {"1", "2"}, "tag of bob..": {"1"}} {
		for _, n := range numbers {
			if got := <-heard[tag]; got != tag+n {
				t.Errorf("%s heard %q", tag, got)
			}
		}
	}
	for _, w := range ways {
		_ = w.Close()
	}
	reflector.sends(t, "tag of ann..3", p.Addrs()[0])
	await(t, p, "dropped", func(s Stats) bool { return s.Strangers == 3 && s.Tagged == 3 })
	if n := len(p.sockets[0].tags); n != 0 {
		t.Errorf("%d addresses are left", n)
	}
}

// TestHostileCandidateDoesNotTakeAReflector: a peer may name any address.
func TestHostileCandidateDoesNotTakeAReflector(t *testing.T) {
	p := runPort(t, Options{Listen: []netip.AddrPort{loopback}})
	reflector, ann, victim := newPhone(t), join(t, p, "ann"), join(t, p, "bob")
	heard := make(chan string, 1)
	if _, err := victim.Tagged(reflector.addr(), Tag([]byte("tag of bob..")), func(b []byte) { heard <- string(b) }); err != nil {
		t.Fatal(err)
	}
	ann.sends(t, check("far"), reflector.addr())
	reflector.sends(t, "tag of bob..", p.Addrs()[0])
	if got := <-heard; got != "tag of bob.." {
		t.Errorf("%q", got)
	}
}

// TestAgentHearsNowAndThenThatMediaComes: it takes a peer for lost otherwise.
func TestAgentHearsNowAndThenThatMediaComes(t *testing.T) {
	p := runPort(t, Options{Listen: []netip.AddrPort{loopback}})
	ann, peer := join(t, p, "ann"), newPhone(t)
	ann.sends(t, "here I am", peer.addr())
	for range 20 {
		peer.sends(t, sound, p.Addrs()[0])
		ann.hears(t)
	}
	_ = ann.SetReadDeadline(time.Now().Add(patience))
	n, from, err := ann.ReadFromAddrPort(make([]byte, 100))
	if n != 0 || from != peer.addr() || err != nil {
		t.Errorf("%d bytes from %v, %v", n, from, err)
	}
	if s := p.Stats(); s.Slow > 3 {
		t.Errorf("the agent is bothered: %+v", s)
	}
}

func TestClosedShareIsNotReadAndNotWritten(t *testing.T) {
	p := runPort(t, Options{Listen: []netip.AddrPort{loopback}})
	ann, peer := join(t, p, "ann"), newPhone(t)
	_ = ann.Conn.Close()
	if _, _, err := ann.ReadFrom(make([]byte, 9)); err == nil {
		t.Error("a closed share is read")
	}
	if _, err := ann.WriteTo([]byte("x"), peer.LocalAddr()); err == nil {
		t.Error("a closed share is written")
	}
	ann.Member.Close()
	if _, err := ann.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}); err == nil {
		t.Error("a call that has left listens")
	}
}
