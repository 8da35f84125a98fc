package audio

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/srtp/v3"
)

// eavesdrop lets a stream's packets through and collects the RTCP in them.
func eavesdrop(t *testing.T, s *Stream, profile srtp.ProtectionProfile, seed byte, to *Stream) *[]rtcp.Packet {
	t.Helper()
	var all []rtcp.Packet
	keys := newContext(t, profile, seed)
	s.out.to = wire(func(p []byte) {
		if isRTCP(p) {
			plain, err := keys.DecryptRTCP(nil, bytes.Clone(p), nil)
			if err != nil {
				t.Error(err)
			}
			packets, err := rtcp.Unmarshal(plain)
			if err != nil {
				t.Error(err)
			}
			all = append(all, packets...)
		}
		to.Input(p)
	})
	return &all
}

// last is the last packet of a kind.
func last[P rtcp.Packet](t *testing.T, all []rtcp.Packet) (p P) {
	t.Helper()
	for _, candidate := range slices.Backward(all) {
		if p, ok := candidate.(P); ok {
			return p
		}
	}
	t.Fatalf("no %T in %v", p, all)
	return p
}

func TestReportsTellCountsAndTimes(t *testing.T) {
	profile := srtp.ProtectionProfileAes128CmHmacSha1_80
	a, b := pair(t, profile)
	sent := eavesdrop(t, a, profile, 10, b)
	answered := eavesdrop(t, b, profile, 20, a)
	start := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	a.clock.start = start.Add(-time.Hour)
	for _, n := range []int{1, 2, 4} { // 3 is lost
		_ = a.out.write(packet(n), instant(time.Hour))
	}
	a.report(instant(time.Hour + 250*time.Millisecond))
	b.report(instant(time.Hour))

	sr, ok := (*sent)[0].(*rtcp.SenderReport)
	if !ok || sr.SSRC != 1 || sr.PacketCount != 3 || sr.OctetCount != 9 || sr.RTPTime != 4*960+12000 {
		t.Errorf("sender report %+v", (*sent)[0])
	}
	if seconds := sr.NTPTime >> 32; seconds != uint64(start.Unix())+2208988800 || uint32(sr.NTPTime) != 1<<30 {
		t.Errorf("NTP time %x, want %v and a quarter", sr.NTPTime, start)
	}
	rr := last[*rtcp.ReceiverReport](t, *answered)
	if rr.SSRC != 2 || len(rr.Reports) != 1 {
		t.Fatalf("receiver report %+v", rr)
	}
	if name := last[*rtcp.SourceDescription](t, *answered).Chunks[0]; name.Source != 2 || name.Items[0].Type != rtcp.SDESCNAME || len(name.Items[0].Text) < 16 {
		t.Errorf("description %+v", name)
	}
	r := rr.Reports[0]
	if r.SSRC != 1 || r.TotalLost != 1 || r.FractionLost != 64 || r.LastSequenceNumber != 4 || r.LastSenderReport != uint32(sr.NTPTime>>16) {
		t.Errorf("%+v", r)
	}
	if s := a.Stats(); s.ReportedLost != 1 || s.ReportedJitter != fromSamples(float64(r.Jitter)) {
		t.Errorf("reported was %+v, told is %+v", r, s)
	}
}

// TestReportedLossOfPacketsThatCameTwice: RFC 3550 §6.4.1 lets it be negative.
func TestReportedLossOfPacketsThatCameTwice(t *testing.T) {
	a, _ := pair(t, srtp.ProtectionProfileAeadAes128Gcm)
	plain, err := (&rtcp.ReceiverReport{SSRC: 2, Reports: []rtcp.ReceptionReport{{SSRC: 1, TotalLost: 0xffffff, Jitter: 480}}}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := newContext(t, srtp.ProtectionProfileAeadAes128Gcm, 20).EncryptRTCP(nil, plain, nil)
	if err != nil {
		t.Fatal(err)
	}
	a.Input(sealed)
	if s := a.Stats(); s.ReportedLost != 0 || s.ReportedJitter != 10*time.Millisecond {
		t.Errorf("%+v", s)
	}
}

func TestRoundTripFromReports(t *testing.T) {
	var o outgoing
	o.init(1)
	now := uint32(0x12345678)
	// The peer held our report for half a second, and 0.75 s have passed since we sent it.
	o.sawReport(reportBlock{ssrc: 1, lastSR: now - 3<<14, delay: 1 << 15}, now)
	if o.roundTrip != 250*time.Millisecond {
		t.Errorf("round trip %v", o.roundTrip)
	}
	o.sawReport(reportBlock{ssrc: 1, lastSR: now, delay: 1 << 16}, now) // a delay that cannot be
	o.sawReport(reportBlock{ssrc: 1}, now)                              // no report of ours seen yet
	if o.roundTrip != 250*time.Millisecond {
		t.Errorf("nonsense made the round trip %v", o.roundTrip)
	}
}

func TestFeedbackTellsWhichPacketsCame(t *testing.T) {
	profile := srtp.ProtectionProfileAeadAes128Gcm
	a, b := pair(t, profile)
	answered := eavesdrop(t, b, profile, 20, a)
	for n := range 3 {
		_ = a.WriteRTP(packet(n))
	}
	b.feedBack(b.clock.now(), 0)
	var seen uint16
	for _, p := range *answered {
		if fb, ok := p.(*rtcp.TransportLayerCC); ok {
			seen += fb.PacketStatusCount
		}
	}
	if seen != 3 {
		t.Errorf("feedback about %d of 3 packets: %v", seen, *answered)
	}
	sent := len(*answered)
	b.feedBack(b.clock.now(), 0)
	if len(*answered) != sent {
		t.Error("feedback about nothing")
	}
}

func TestNoFeedbackUnlessAgreed(t *testing.T) {
	profile := srtp.ProtectionProfileAeadAes128Gcm
	a, b := pair(t, profile)
	answered := eavesdrop(t, b, profile, 20, a)
	b.Expect(Format{SSRC: 1, PayloadTypes: []uint8{111}})
	_ = a.WriteRTP(packet(1))
	b.feedBack(b.clock.now(), 0)
	if len(*answered) != 0 {
		t.Errorf("%v", *answered)
	}
}

func TestOnlyAFewSourcesOfReportsAreRemembered(t *testing.T) {
	_, b := pair(t, srtp.ProtectionProfileAeadAes128Gcm)
	keys := newContext(t, srtp.ProtectionProfileAeadAes128Gcm, 10)
	for n := range uint32(100) {
		plain, _ := (&rtcp.ReceiverReport{SSRC: n}).Marshal()
		sealed, err := keys.EncryptRTCP(nil, plain, nil)
		if err != nil {
			t.Fatal(err)
		}
		b.Input(sealed)
	}
	if len(b.in.reporters) != maxReporters {
		t.Errorf("%d sources remembered", len(b.in.reporters))
	}
}

func FuzzInput(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0x80})
	f.Add([]byte{0x80, 200})
	f.Add([]byte{0x90, 111, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0xbe, 0xde, 0xff, 0xff})
	f.Add([]byte{0x8f, 111, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		_, s := pair(t, srtp.ProtectionProfileAeadAes128Gcm)
		s.Input(bytes.Clone(b))
		// Then the same from a peer that has the keys: behind its encryption it may write what it likes.
		if out, err := newContext(t, srtp.ProtectionProfileAeadAes128Gcm, 10).EncryptRTP(nil, b, nil); err == nil {
			s.Input(out)
		}
		if len(b) >= 8 {
			if out, err := newContext(t, srtp.ProtectionProfileAeadAes128Gcm, 10).EncryptRTCP(nil, b, nil); err == nil {
				s.Input(out)
			}
		}
	})
}

func FuzzParseReports(f *testing.F) {
	sr, _ := (&rtcp.SenderReport{SSRC: 1, NTPTime: 5, Reports: []rtcp.ReceptionReport{{SSRC: 2, LastSenderReport: 7, Delay: 8}}}).Marshal()
	rr, _ := (&rtcp.ReceiverReport{SSRC: 1, Reports: []rtcp.ReceptionReport{{SSRC: 2}, {SSRC: 3}}}).Marshal()
	f.Add(sr)
	f.Add(append(sr, rr...))
	f.Add([]byte{0x9f, 201, 0, 1, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		var senders, blocks int
		parseReports(b, reports{sender: func(uint64) { senders++ }, block: func(reportBlock) { blocks++ }})
		if senders*28+blocks*blockSize > len(b) {
			t.Errorf("%d senders and %d blocks in %d bytes", senders, blocks, len(b))
		}
	})
}
