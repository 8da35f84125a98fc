package sip

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"switchgram/bridge/sip/sdp"
)

// rtpPacket is one of the far end's.
func rtpPacket(ssrc uint32, pt byte, seq uint16, timestamp uint32, payload string) []byte {
	b := []byte{2 << 6, pt}
	b = binary.BigEndian.AppendUint16(b, seq)
	b = binary.BigEndian.AppendUint32(b, timestamp)
	b = binary.BigEndian.AppendUint32(b, ssrc)
	return append(b, payload...)
}

func TestPayloadTypesThatWereNeverOfferedAreNotHeard(t *testing.T) {
	s := newTestSound(t)
	from, now := s.agreed.Load().Addr, time.Now()
	for pt := range byte(128) {
		s.arrived(rtpPacket(7, pt, uint16(pt), 0, "sound"), from, now)
	}
	// 102 is sound, 101 digits, 13 comfort noise
	if st := s.stats(); st.Received != 1 || st.Strange != 125 {
		t.Errorf("%+v", st)
	}
}

func TestPacketsWithoutSoundAreNotHeard(t *testing.T) {
	s := newTestSound(t)
	from, now := s.agreed.Load().Addr, time.Now()
	f := func(p *rtp.Packet) { t.Errorf("heard %v", p) }
	s.receive.Store(&f)
	padded := rtpPacket(7, 102, 2, 0, "\x00\x00\x03") // padding alone
	padded[0] |= 1 << 5
	tooMuch := rtpPacket(7, 102, 3, 0, "\xff")
	tooMuch[0] |= 1 << 5
	extended := rtpPacket(7, 102, 4, 0, "\xbe\xde\xff\xff")
	extended[0] |= 1 << 4
	for _, b := range [][]byte{rtpPacket(7, 102, 1, 0, ""), padded, tooMuch, extended, {2 << 6, 102, 0, 5, 0, 0, 0, 0}} {
		s.arrived(b, from, now)
	}
}

func TestJumpsAndFalseSourcesDoNotSpoilTheCounts(t *testing.T) {
	s := newTestSound(t)
	from, now, seq := s.agreed.Load().Addr, time.Now(), uint16(65500)
	for i := range 200 {
		now, seq = now.Add(20*time.Millisecond), seq+1
		s.arrived(rtpPacket(7, 102, seq, uint32(i)*960, "sound"), from, now)
		s.arrived(rtpPacket(uint32(1000+i), 102, uint16(i*999), uint32(i), "false"), from, now) // who can forge the source
		s.arrived(rtpPacket(7, 102, seq+20000, 0, "jump"), from, now)
	}
	if st := s.stats(); st.Lost != 0 || st.Jitter > time.Millisecond {
		t.Errorf("lost %d, jitter %v", st.Lost, st.Jitter)
	}
}

// FreeSWITCH that has agreed on 30 ms and is sent 20 ms goes over to 20 ms, with a timestamp that steps back by 1760, and sets markers as it likes.
func TestStepBackOfFreeSWITCHsTimestampIsNoLoss(t *testing.T) {
	s := newTestSound(t)
	from, now := s.agreed.Load().Addr, time.Now()
	timestamp := uint32(10_000)
	for seq := range uint16(100) {
		now, timestamp = now.Add(20*time.Millisecond), timestamp+960
		if seq == 50 {
			timestamp -= 1760 * 6
		}
		s.arrived(rtpPacket(7, 102|byte(seq%2)<<7, seq, timestamp, "sound"), from, now)
	}
	if st := s.stats(); st.Received != 100 || st.Lost != 0 || st.Strange != 0 || st.Jitter > 5*time.Millisecond {
		t.Errorf("%+v", st)
	}
}

// FreeSWITCH's digits follow one another by 220 ms in timestamps whatever time has passed, and its sound pauses meanwhile.
func TestDigitsOfFreeSWITCHWhoseTimestampsStandStill(t *testing.T) {
	s, digits := newTestSound(t), ""
	s.emit = func(e Event) { digits += string(e.(Digit).Key) }
	from, now, seq := s.agreed.Load().Addr, time.Now(), uint16(0)
	for i, key := range []byte{1, 2, 2} {
		for d := range 11 { // eight updates and three ends
			seq++
			b := rtpPacket(7, 101, seq, uint32(5000+i*1760), string(event(key, d > 7, uint16(min(d+1, 8)*160))))
			now = now.Add(20 * time.Millisecond)
			s.arrived(b, from, now)
		}
		now = now.Add(180 * time.Millisecond)
	}
	if digits != "122" || s.stats().Lost != 0 {
		t.Errorf("heard %q, lost %d", digits, s.stats().Lost)
	}
}

func TestSourceThatChangesIsFollowedOnlyAfterSilence(t *testing.T) {
	s := newTestSound(t)
	from, now := s.agreed.Load().Addr, time.Now()
	s.arrived(rtpPacket(7, 102, 1, 0, "sound"), from, now)
	other := netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 51, 100, 1}), 4000)
	for seq := range uint16(10) {
		s.arrived(rtpPacket(8, 102, seq, 0, "other"), other, now.Add(time.Second))
	}
	if *s.to.Load() != from || s.heard.Load() != 1 {
		t.Fatalf("followed to %s at once", s.to.Load())
	}
	for seq := uint16(20); seq < 23; seq++ {
		s.arrived(rtpPacket(8, 102, seq, 0, "other"), other, now.Add(3*time.Second))
	}
	if *s.to.Load() != other || s.heard.Load() != 2 {
		t.Errorf("not followed after silence: %s", s.to.Load())
	}
}

func TestFloodFromManySourcesLeavesNothingBehind(t *testing.T) {
	s := newTestSound(t)
	from, now := s.agreed.Load().Addr, time.Now()
	s.arrived(rtpPacket(7, 102, 1, 0, "sound"), from, now)
	b := rtpPacket(8, 102, 1, 0, "flood")
	if n := testing.AllocsPerRun(1000, func() {
		for i := range uint16(100) {
			s.arrived(b, netip.AddrPortFrom(thief.Addr(), 1024+i), now)
		}
	}); n != 0 {
		t.Errorf("%v allocations for a hundred packets", n)
	}
	if s.heard.Load() != 1 {
		t.Errorf("heard %d", s.heard.Load())
	}
}

// A port reads on, whatever comes and whoever leaves.
func TestPortSurvivesItsDialogs(t *testing.T) {
	p := &ports{addrs: []netip.Addr{netip.MustParseAddr("127.0.0.1")}}
	if err := p.share(); err != nil {
		t.Fatal(err)
	}
	var reader sync.WaitGroup
	reader.Go(p.shared[0].run)
	defer reader.Wait()
	far, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := errors.Join(p.close(), far.Close()); err != nil {
			t.Error(err)
		}
	}()
	for round := range 50 {
		s, heard := newSound(p.shared[0], netip.Addr{}, func(Event) {}, func(reason any) { t.Error(reason) }), make(chan bool, 1)
		f := func(*rtp.Packet) { heard <- true }
		s.receive.Store(&f)
		s.agree(terms{Terms: sdp.Terms{Format: sdp.Format{ClockRate: 8000}, Payloads: []sdp.Payload{{Clock: 8000}}, Direction: sdp.SendRecv, Addr: localAddr(far)}})
		if _, err := far.WriteToUDPAddrPort(rtpPacket(7, 0, uint16(round), 0, "sound"), p.shared[0].addr()); err != nil {
			t.Fatal(err)
		}
		<-heard
		if err := s.close(); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(p.shared[0].table.members) + len(p.shared[0].table.speakers) + len(p.shared[0].table.reporters); n != 0 {
		t.Errorf("the table keeps %d", n)
	}
}

// FuzzControl: whatever comes to an RTCP port is harmless.
func FuzzControl(f *testing.F) {
	for _, p := range []rtcp.Packet{&rtcp.SenderReport{SSRC: 7, Reports: []rtcp.ReceptionReport{{SSRC: 1}}}, &rtcp.ReceiverReport{}, &rtcp.Goodbye{Sources: []uint32{7}}} {
		b, err := p.Marshal()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	s := newTestSound(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		if !isMedia(b) {
			return
		}
		s.control(b, s.agreed.Load().Addr, time.Now())
		if st := s.stats(); st.RTT < 0 || st.RTT > longestTrip || st.ReportedJitter < 0 {
			t.Fatalf("%x: %+v", b, st)
		}
	})
}
