package sip

import (
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtcp"
)

func TestReportsAreAnsweredOnceTheFarEndSendsThem(t *testing.T) {
	s := newTestSound(t)
	far, _, err := listenPair(netip.MustParseAddr("127.0.0.1"), PortRange{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := far.Close(); err != nil {
			t.Error(err)
		}
	})
	now := time.Now()
	s.report(now)
	if s.peer.Load() != nil {
		t.Fatal("speaks first")
	}
	if err := s.write(packetOf(80)); err != nil {
		t.Fatal(err)
	}

	// when a report about us comes, sent 100 ms after ours, which took 30 ms both ways
	sent := uint32(ntp(now.Add(-130*time.Millisecond)) >> 16)
	b, err := rtcp.Marshal([]rtcp.Packet{&rtcp.SenderReport{SSRC: 9, NTPTime: ntp(now), Reports: []rtcp.ReceptionReport{
		{SSRC: s.out.ssrc, LastSenderReport: sent, Delay: 65536 / 10}}}})
	if err != nil {
		t.Fatal(err)
	}
	s.control(b, localAddr(far), now)

	// then the round trip is known, and we report
	if rtt := s.stats().RTT; rtt < 25*time.Millisecond || rtt > 35*time.Millisecond {
		t.Errorf("round trip %v", rtt)
	}
	s.report(now.Add(time.Second))
	buf := make([]byte, maxRTP)
	n, _, err := far.ReadFromUDPAddrPort(buf)
	if err != nil {
		t.Fatal(err)
	}
	packets, err := rtcp.Unmarshal(buf[:n])
	if err != nil {
		t.Fatal(err)
	}
	sr, ok := packets[0].(*rtcp.SenderReport)
	if !ok || sr.PacketCount != 1 || sr.OctetCount != 80 || sr.SSRC != s.out.ssrc {
		t.Errorf("got %v", packets)
	}

	// and reports of strangers are not listened to
	s.control(b, netip.MustParseAddrPort("192.0.2.66:5000"), now)
	if s.stats().Strange != 1 {
		t.Error("heard a stranger")
	}
}
