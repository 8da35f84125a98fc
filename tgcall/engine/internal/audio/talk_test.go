package audio

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
)

// talker is a peer that writes packets at the pace of its own clock.
type talker struct {
	s     *Stream
	frame time.Duration
	drift time.Duration // by which its timestamps run ahead, a second
	n     int
}

// talk sends for a while, and lets the reports of both sides out.
func (k *talker) talk(t *testing.T, other *Stream, d time.Duration) {
	t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); k.n++ {
		stamp := time.Duration(k.n) * (k.frame + time.Duration(float64(k.drift)*k.frame.Seconds()))
		err := k.s.WriteRTP(&rtp.Packet{
			Header:  rtp.Header{Version: 2, SequenceNumber: uint16(k.n), Timestamp: uint32(samples(stamp))},
			Payload: []byte{0xfb, 3, byte(k.n)},
		})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(k.frame)
		k.s.Tick()
		other.Tick()
	}
}

// pause lets time pass in which nobody speaks.
func pause(d time.Duration, streams ...*Stream) {
	for end := time.Now().Add(d); time.Now().Before(end); {
		time.Sleep(time.Second)
		for _, s := range streams {
			s.Tick()
		}
	}
}

// TestPeerMutedForMinutes: Telegram's apps stop sending, and go on without a gap in numbers and timestamps.
func TestPeerMutedForMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		profile := srtp.ProtectionProfileAes128CmHmacSha1_80
		peer, us := pair(t, profile)
		k := talker{s: peer, frame: 60 * time.Millisecond}
		reports := eavesdrop(t, us, profile, 20, peer)
		k.talk(t, us, 5*time.Second)
		pause(4*time.Minute, peer, us)
		before := us.Stats()
		*reports = nil
		k.talk(t, us, 5*time.Second)
		s := us.Stats()
		if s.Lost != 0 || s.Jitter > time.Millisecond || s.Received != uint64(k.n) {
			t.Errorf("%d packets sent, %+v", k.n, s)
		}
		if got := s.LastReceived.Sub(before.LastReceived); got < 4*time.Minute {
			t.Errorf("the last packet came %v after the one before the pause", got)
		}
		if b := last[*rtcp.ReceiverReport](t, *reports).Reports[0]; b.FractionLost != 0 || b.TotalLost != 0 || fromSamples(float64(b.Jitter)) > time.Millisecond {
			t.Errorf("told the peer %+v", b)
		}
		if s := peer.Stats(); s.ReportedLost != 0 || s.ReportedJitter > time.Millisecond {
			t.Errorf("peer was told %+v", s)
		}
	})
}

// TestMutedSideGoesOnToReport: the rate of the peer's packets follows our reports.
func TestMutedSideGoesOnToReport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		profile := srtp.ProtectionProfileAeadAes128Gcm
		peer, us := pair(t, profile)
		reports := eavesdrop(t, us, profile, 20, peer)
		ours, theirs := talker{s: us, frame: 20 * time.Millisecond}, talker{s: peer, frame: 60 * time.Millisecond}
		ours.talk(t, peer, 3*time.Second)
		last[*rtcp.SenderReport](t, *reports)
		us.Mute(true)
		theirs.talk(t, us, 5*time.Second)
		*reports = nil
		theirs.talk(t, us, 10*time.Second)
		n := 0
		for _, p := range *reports {
			switch p := p.(type) {
			case *rtcp.SenderReport:
				t.Errorf("a report about packets that nobody sent: %v", p)
			case *rtcp.ReceiverReport:
				n++
			}
		}
		if n < 4 || n > 6 {
			t.Errorf("%d reports in 10 s", n)
		}
		if s := peer.Stats(); s.RTT < 0 || s.ReportedLost != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// TestClockOfThePeerRunsFast: a tenth of a second in a quarter of an hour is neither jitter nor loss.
func TestClockOfThePeerRunsFast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		peer, us := pair(t, srtp.ProtectionProfileAeadAes256Gcm)
		heard := 0
		us.OnRTP(func(*rtp.Packet) { heard++ })
		k := talker{s: peer, frame: 60 * time.Millisecond, drift: 100 * time.Microsecond}
		k.talk(t, us, 15*time.Minute)
		if s := us.Stats(); s.Lost != 0 || s.Jitter > time.Millisecond || heard != k.n {
			t.Errorf("%d of %d heard, %+v", heard, k.n, s)
		}
	})
}

// TestReportsWeDoNotKnowAreIgnored: pictures wanted, estimates, goodbyes, in one packet with what we do know.
func TestReportsWeDoNotKnowAreIgnored(t *testing.T) {
	peer, us := pair(t, srtp.ProtectionProfileAeadAes128Gcm)
	heard := heard(us)
	plain, err := rtcp.Marshal([]rtcp.Packet{
		&rtcp.PictureLossIndication{SenderSSRC: 1, MediaSSRC: 2},
		&rtcp.ReceiverEstimatedMaximumBitrate{SenderSSRC: 1, Bitrate: 1e5, SSRCs: []uint32{2}},
		&rtcp.ExtendedReport{SenderSSRC: 1},
		&rtcp.ReceiverReport{SSRC: 1, Reports: []rtcp.ReceptionReport{{SSRC: 2, TotalLost: 5}}},
		&rtcp.Goodbye{Sources: []uint32{1}},
	})
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := newContext(t, srtp.ProtectionProfileAeadAes128Gcm, 10).EncryptRTCP(nil, plain, nil)
	if err != nil {
		t.Fatal(err)
	}
	us.Input(sealed)
	_ = peer.WriteRTP(packet(1))
	if s := us.Stats(); s.ReportedLost != 5 || s.Refused != 0 || len(*heard) != 1 {
		t.Errorf("heard %d, %+v", len(*heard), s)
	}
}

// TestFeedbackComesTenTimesASecond: Telegram's apps send less if they are not told how their packets come.
func TestFeedbackComesTenTimesASecond(t *testing.T) {
	for name, frame := range map[string]time.Duration{"app": 60 * time.Millisecond, "browser": 20 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				profile := srtp.ProtectionProfileAeadAes128Gcm
				peer, us := pair(t, profile)
				sent := eavesdrop(t, us, profile, 20, peer)
				k := talker{s: peer, frame: frame}
				k.talk(t, us, 10*time.Second)
				n, about := 0, 0
				for _, p := range *sent {
					if f, ok := p.(*rtcp.TransportLayerCC); ok {
						n++
						about += int(f.PacketStatusCount)
					}
				}
				if n < 80 || n > 110 || about < k.n-5 {
					t.Errorf("%d times about %d of %d packets", n, about, k.n)
				}
			})
		})
	}
}
