package sip_test

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/pion/rtp"

	"switchgram/bridge/sip"
)

func TestCallsShareOnePortAndHearTheirOwnSound(t *testing.T) {
	t.Parallel()
	caller := start(t, sip.Options{ShareRTP: true})
	answerer, calls := callee(t, sip.Options{})
	type call struct{ out, in *sip.Dialog }
	var all []call
	for range 5 {
		out, in := pair(t, caller, sip.Invite{To: uri(answerer, "1000", "udp")}, calls)
		all = append(all, call{out, in})
	}
	for i, c := range all {
		if sip.RTPAddr(c.out) != sip.RTPAddr(all[0].out) {
			t.Errorf("call %d has a port of its own: %s", i, sip.RTPAddr(c.out))
		}
		heardOut, heardIn := listen(c.out), listen(c.in)
		must(t, c.in.WriteRTP(packet(1, fmt.Sprint("to ", i))))
		must(t, c.out.WriteRTP(packet(1, fmt.Sprint("from ", i))))
		if got := string(next(t, heardOut).Payload); got != fmt.Sprint("to ", i) {
			t.Errorf("call %d heard %q", i, got)
		}
		if got := string(next(t, heardIn).Payload); got != fmt.Sprint("from ", i) {
			t.Errorf("call %d was heard as %q", i, got)
		}
	}

	// and when one ends the others go on
	must(t, all[0].out.Hangup(deadline(t), sip.Hangup{}))
	expect[sip.Ended](t, all[0].in)
	heard := listen(all[1].out)
	must(t, all[1].in.WriteRTP(packet(2, "still there")))
	next(t, heard)
	if err := all[0].out.WriteRTP(packet(2, "x")); !errors.Is(err, sip.ErrEnded) {
		t.Errorf("write after the end: %v", err)
	}
}

func TestPanicOverAPacketEndsThatCallAlone(t *testing.T) {
	t.Parallel()
	caller := start(t, sip.Options{ShareRTP: true})
	answerer, calls := callee(t, sip.Options{ShareRTP: true, RTPAddrs: []netip.Addr{netip.MustParseAddr("127.0.0.7")}})
	first, firstIn := pair(t, caller, sip.Invite{To: uri(answerer, "1000", "udp")}, calls)
	other := start(t, sip.Options{})
	second, secondIn := pair(t, other, sip.Invite{To: uri(answerer, "1001", "udp")}, calls)
	firstIn.OnRTP(func(*rtp.Packet) { panic("a codec has choked") })
	heard := listen(secondIn)

	must(t, first.WriteRTP(packet(1, "bad luck")))

	if e := expect[sip.Ended](t, firstIn); !errors.Is(e.Err, sip.ErrPanic) {
		t.Errorf("ended with %v", e)
	}
	if e := expect[sip.Ended](t, first); e.Cause != 41 {
		t.Errorf("the far end heard %v", e)
	}
	must(t, second.WriteRTP(packet(1, "good luck")))
	next(t, heard)
}

func TestFloodOfOtherProtocolsIsCountedAndNotHeard(t *testing.T) {
	t.Parallel()
	answerer, calls := callee(t, sip.Options{ShareRTP: true})
	caller := start(t, sip.Options{})
	out, in := pair(t, caller, sip.Invite{To: uri(answerer, "1000", "udp")}, calls)
	heard := listen(in)
	flood := []string{"", "x", strings.Repeat("\x80", 1501), strings.Repeat("\x80", 9000),
		"\x00\x01\x00\x00\x21\x12\xa4\x42abcdefghijkl",         // STUN binding request
		"\x16\xfe\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x10", // DTLS ClientHello
		"\x40\x00\x00\x04TURN channel", "GET / HTTP/1.1\r\n\r\n"}
	stranger, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 66)})
	must(t, err)
	defer stranger.Close()
	for range 10 {
		for _, datagram := range flood {
			_, err := stranger.WriteToUDPAddrPort([]byte(datagram), sip.RTPAddr(in))
			must(t, err)
		}
	}
	_, err = stranger.WriteToUDPAddrPort([]byte("\x80\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01sound"), sip.RTPAddr(in))
	must(t, err)

	must(t, out.WriteRTP(packet(1, "true")))
	if p := next(t, heard); string(p.Payload) != "true" {
		t.Errorf("heard %q", p.Payload)
	}
	if got := answerer.Strays(); got != (sip.Strays{Foreign: 80, Unknown: 1}) {
		t.Errorf("counted %+v", got)
	}
	if s := in.Stats(); s.Received != 1 || s.Strange != 0 {
		t.Errorf("the call counted %+v", s)
	}
}

func TestSharedPortThatIsTakenIsAnErrorAtOnce(t *testing.T) {
	t.Parallel()
	taken, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	must(t, err)
	defer taken.Close()
	port := uint16(taken.LocalAddr().(*net.UDPAddr).Port)
	_, err = sip.New(sip.Options{UDP: "127.0.0.1:0", ShareRTP: true, RTP: sip.PortRange{Low: port, High: port + 1}})
	if err == nil || !strings.Contains(err.Error(), "rtp") {
		t.Errorf("got %v", err)
	}
}

func TestOfferOfTheOtherFamilyIsAnsweredInIt(t *testing.T) {
	t.Parallel()
	for _, share := range []bool{true, false} {
		both := []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.IPv6Loopback()}
		a, calls := callee(t, sip.Options{UDP: "0.0.0.0:0", ShareRTP: share, RTPAddrs: both})
		w := newWire(t, a)
		far, err := net.ListenUDP("udp6", &net.UDPAddr{IP: net.IPv6loopback})
		must(t, err)
		defer far.Close()
		w.send(w.message("INVITE", "six", "", 1, fmt.Sprintf("v=0\r\no=- 1 1 IN IP6 ::1\r\ns=-\r\nc=IN IP6 ::1\r\nt=0 0\r\nm=audio %d RTP/AVP 0\r\n",
			far.LocalAddr().(*net.UDPAddr).Port)))
		d := next(t, calls)
		must(t, d.Answer(deadline(t)))
		ok := w.response(200)
		w.ack("six", ok, 1, "")

		if body := string(ok.Body()); !strings.Contains(body, "c=IN IP6 ::1") {
			t.Errorf("answered %s", body)
		}
		must(t, d.WriteRTP(packet(1, "hello")))
		if _, _, err := far.ReadFromUDP(make([]byte, 100)); err != nil {
			t.Error(err)
		}
	}
}

func TestAgentsShareThePortOfOneOfThem(t *testing.T) {
	t.Parallel()
	answerer, calls := callee(t, sip.Options{})
	first := start(t, sip.Options{ShareRTP: true})
	second := start(t, sip.Options{ShareRTP: true, RTPOf: first})
	one, _ := pair(t, first, sip.Invite{To: uri(answerer, "1000", "udp")}, calls)
	two, far := pair(t, second, sip.Invite{To: uri(answerer, "1000", "udp")}, calls)
	if sip.RTPAddr(one) != sip.RTPAddr(two) {
		t.Errorf("%s and %s", sip.RTPAddr(one), sip.RTPAddr(two))
	}
	heard := listen(two)
	must(t, far.WriteRTP(packet(1, "sound")))
	next(t, heard)
}

func TestOfferOfAFamilyThatIsNotThereIsRefused(t *testing.T) {
	t.Parallel()
	a, _ := callee(t, sip.Options{})
	w := newWire(t, a)
	w.send(w.message("INVITE", "six", "", 1, "v=0\r\no=- 1 1 IN IP6 ::1\r\ns=-\r\nc=IN IP6 2001:db8::1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"))
	refused := w.response(488)
	if warning := refused.GetHeader("Warning"); warning == nil || !strings.Contains(warning.Value(), "[2001:db8::1]:4000 cannot be reached") {
		t.Errorf("refused with %v", warning)
	}
}
