package sip

import (
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"switchgram/internal/udp"
)

// farEnd is a pair of sockets that a test reads and answers by hand.
type farEnd struct {
	t         *testing.T
	rtp, rtcp *udp.Socket
}

// newFarEnd gives a sound of ours that far end, with or without rtcp-mux.
func newFarEnd(t *testing.T, mux bool) (*sound, *farEnd) {
	t.Helper()
	s := newTestSound(t)
	far := &farEnd{t: t}
	var err error
	far.rtp, far.rtcp, err = listenPair(netip.MustParseAddr("127.0.0.1"), PortRange{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if far.rtp.Close() != nil || far.rtcp.Close() != nil {
			t.Error("the far end's sockets do not close")
		}
	})
	terms := *s.agreed.Load()
	terms.Addr, terms.RTCP, terms.Mux = localAddr(far.rtp), localAddr(far.rtcp), mux
	s.agree(terms)
	return s, far
}

// next reads what came to a socket, which must be a compound packet as RFC 3550 §6.1 wants it: a report and a name at least.
func (f *farEnd) next(socket *udp.Socket) []rtcp.Packet {
	f.t.Helper()
	if err := socket.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		f.t.Fatal(err)
	}
	buf := make([]byte, maxRTP)
	n, err := socket.Read(buf)
	if err != nil {
		f.t.Fatal(err)
	}
	packets, err := rtcp.Unmarshal(buf[:n])
	if err != nil {
		f.t.Fatal(err)
	}
	if err := rtcp.CompoundPacket(packets).Validate(); err != nil {
		f.t.Fatal(err)
	}
	return packets
}

// tell has the far end report.
func (f *farEnd) tell(s *sound, from netip.AddrPort, now time.Time, packets ...rtcp.Packet) {
	f.t.Helper()
	b, err := rtcp.Marshal(packets)
	if err != nil {
		f.t.Fatal(err)
	}
	s.control(b, from, now)
}

func TestReportsGoWhereTheFarEndWantsThem(t *testing.T) {
	for _, mux := range []bool{false, true} {
		s, far := newFarEnd(t, mux)
		socket := far.rtcp
		if mux {
			socket = far.rtp
		}
		s.report(time.Now()) // nothing sent yet
		if rr, ok := far.next(socket)[0].(*rtcp.ReceiverReport); !ok || rr.SSRC != s.out.ssrc || len(rr.Reports) != 0 {
			t.Errorf("mux %v: got %v", mux, rr)
		}
	}
}

func TestReportsFollowTheFarEndsOwn(t *testing.T) {
	s, far := newFarEnd(t, false)
	behind, err := udp.Listen("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}) // another port than it said, as behind a NAT
	if err != nil {
		t.Fatal(err)
	}
	defer behind.Close()
	far.tell(s, localAddr(behind), time.Now(), &rtcp.ReceiverReport{SSRC: 9})

	s.report(time.Now())
	far.next(behind)

	// until a new description moves it
	terms := *s.agreed.Load()
	terms.Addr = netip.AddrPortFrom(terms.Addr.Addr(), terms.Addr.Port()+10)
	s.agree(terms)
	s.report(time.Now())
	far.next(far.rtcp)
}

func TestReportsTellWhatWasSentAndHeard(t *testing.T) {
	s, far := newFarEnd(t, false)
	p := packetOf(80)
	for range 2 {
		p.SequenceNumber++
		if err := s.write(p); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := far.rtp.ReadFromUDPAddrPort(make([]byte, maxRTP)); err != nil {
		t.Fatal(err)
	}
	now, b := time.Now(), incomingPacket(t)
	for _, seq := range []byte{1, 2, 4, 5} {
		b[3] = seq
		s.arrived(b, localAddr(far.rtp), now)
	}
	far.tell(s, localAddr(far.rtcp), now, &rtcp.SenderReport{SSRC: 7, NTPTime: 0x1234_5678_9abc_def0})

	s.report(now.Add(2 * time.Second))
	sr, ok := far.next(far.rtcp)[0].(*rtcp.SenderReport)
	if !ok || sr.PacketCount != 2 || sr.OctetCount != 160 || sr.SSRC != s.out.ssrc || len(sr.Reports) != 1 {
		t.Fatalf("got %v", sr)
	}
	r := sr.Reports[0]
	if r.SSRC != 7 || r.TotalLost != 1 || r.FractionLost != 256/5 || r.LastSequenceNumber != 5 || r.LastSenderReport != 0x5678_9abc || r.Delay != 2<<16 {
		t.Errorf("told %+v", r)
	}
}

func TestReportsOfTheFarEndTellLossJitterAndRoundTrip(t *testing.T) {
	s, far := newFarEnd(t, false)
	now := time.Now()
	// sent 100 ms after ours, which took 30 ms both ways
	sent := uint32(ntp(now.Add(-130*time.Millisecond)) >> 16)
	report := rtcp.ReceptionReport{SSRC: s.out.ssrc, LastSenderReport: sent, Delay: 65536 / 10, TotalLost: 3, Jitter: 480}
	far.tell(s, localAddr(far.rtcp), now, &rtcp.SenderReport{SSRC: 9, NTPTime: ntp(now), Reports: []rtcp.ReceptionReport{{SSRC: 1, TotalLost: 99}, report}})

	st := s.stats()
	if st.RTT < 29*time.Millisecond || st.RTT > 31*time.Millisecond || st.ReportedLost != 3 || st.ReportedJitter != 10*time.Millisecond {
		t.Errorf("round trip %v, lost %d, jitter %v", st.RTT, st.ReportedLost, st.ReportedJitter)
	}

	// and what was lost on the way to one telephone stays lost when the call is transferred to another
	report.TotalLost = 2
	far.tell(s, localAddr(far.rtcp), now, &rtcp.ReceiverReport{SSRC: 10, Reports: []rtcp.ReceptionReport{report}})
	report.TotalLost = 1<<24 - 5 // more came than were sent
	far.tell(s, localAddr(far.rtcp), now, &rtcp.ReceiverReport{SSRC: 10, Reports: []rtcp.ReceptionReport{report}})
	if st := s.stats(); st.ReportedLost != 5 {
		t.Errorf("lost %d, want 3 and 2", st.ReportedLost)
	}
}

func TestReportsOfStrangersAreNotListenedTo(t *testing.T) {
	s, far := newFarEnd(t, false)
	far.tell(s, netip.MustParseAddrPort("192.0.2.66:5000"), time.Now(),
		&rtcp.ReceiverReport{SSRC: 9, Reports: []rtcp.ReceptionReport{{SSRC: s.out.ssrc, TotalLost: 1000}}})
	if st := s.stats(); st.Strange != 1 || st.ReportedLost != 0 || s.peer.Load() != nil {
		t.Errorf("heard a stranger: %+v", st)
	}
}

func TestImpossibleRoundTripsAreNotBelieved(t *testing.T) {
	c := control{}
	for _, trip := range []int32{11 << 16, 1<<31 - 1} {
		if c.measure(trip); c.rtt != 0 {
			t.Errorf("%d: %v", trip, c.rtt)
		}
	}
	if c.measure(-1); c.rtt != time.Second>>16 { // clocks are not so fine
		t.Errorf("got %v", c.rtt)
	}
}

func TestLeavingIsSaidToWhoHadReports(t *testing.T) {
	s, far := newFarEnd(t, false)
	s.takeLeave(time.Now()) // to nobody
	s.report(time.Now())
	s.takeLeave(time.Now())
	if last := far.next(far.rtcp); len(last) != 2 {
		t.Errorf("said goodbye first: %v", last)
	}
	last := far.next(far.rtcp)
	if bye, ok := last[len(last)-1].(*rtcp.Goodbye); !ok || !slices.Equal(bye.Sources, []uint32{s.out.ssrc}) {
		t.Errorf("got %v", last)
	}
}

func TestReportsComeAtRandomTimesNotTooOften(t *testing.T) {
	var all time.Duration
	for range 2000 {
		d := reportPause(reportEvery)
		if d < 2*time.Second || d > 6200*time.Millisecond {
			t.Fatalf("after %v", d)
		}
		all += d
	}
	if mean := all / 2000; mean < 3900*time.Millisecond || mean > 4300*time.Millisecond {
		t.Errorf("every %v, want 5 s / 1.22", mean)
	}
}

func TestComfortNoiseIsSoundAndNoLoss(t *testing.T) {
	s, far := newFarEnd(t, false)
	now, from := time.Now(), localAddr(far.rtp)
	send := func(pt, seq byte, at time.Duration) {
		b := incomingPacket(t)
		b[1], b[3] = pt, seq
		s.arrived(b, from, now.Add(at))
	}
	send(102, 1, 0)
	send(13, 2, time.Second)
	if st := s.stats(); !st.Resting || st.Received != 1 || !st.LastReceived.Equal(now.Add(time.Second)) || !st.FirstReceived.Equal(now) {
		t.Errorf("resting: %+v", st)
	}
	send(102, 3, 9*time.Second)
	if st := s.stats(); st.Resting || st.Received != 2 || st.Lost != 0 || !st.LastReceived.Equal(now.Add(9*time.Second)) {
		t.Errorf("speaking again: %+v", st)
	}
}
