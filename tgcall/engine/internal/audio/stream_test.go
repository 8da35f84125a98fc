package audio

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// profiles are what Telegram's apps and browsers agree on with us.
var profiles = map[string]srtp.ProtectionProfile{
	"AES128_CM_HMAC_SHA1_80": srtp.ProtectionProfileAes128CmHmacSha1_80,
	"AEAD_AES_128_GCM":       srtp.ProtectionProfileAeadAes128Gcm,
	"AEAD_AES_256_GCM":       srtp.ProtectionProfileAeadAes256Gcm,
}

// wire is a connection that hands each packet to somebody.
type wire func([]byte)

func (w wire) Write(p []byte) (int, error) {
	w(bytes.Clone(p))
	return len(p), nil
}

func newContext(t testing.TB, profile srtp.ProtectionProfile, seed byte) *srtp.Context {
	t.Helper()
	keyLen, err := profile.KeyLen()
	if err != nil {
		t.Fatal(err)
	}
	saltLen, err := profile.SaltLen()
	if err != nil {
		t.Fatal(err)
	}
	c, err := srtp.CreateContext(bytes.Repeat([]byte{seed}, keyLen), bytes.Repeat([]byte{^seed}, saltLen), profile,
		srtp.SRTPReplayProtection(512), srtp.SRTCPReplayProtection(64))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func opusOf(ssrc uint32) Format {
	return Format{SSRC: ssrc, PayloadTypes: []uint8{111}, AbsSendTime: 2, TransportCC: 3}
}

// pair makes two streams that hear each other.
func pair(t testing.TB, profile srtp.ProtectionProfile) (a, b *Stream) {
	t.Helper()
	a, b = New(1), New(2)
	a.Arm(Keys{newContext(t, profile, 10), newContext(t, profile, 20)}, wire(func(p []byte) { b.Input(p) }))
	b.Arm(Keys{newContext(t, profile, 20), newContext(t, profile, 10)}, wire(func(p []byte) { a.Input(p) }))
	for _, s := range []struct {
		s         *Stream
		own, peer uint32
	}{{a, 1, 2}, {b, 2, 1}} {
		s.s.Send(opusOf(s.own))
		s.s.Expect(opusOf(s.peer))
	}
	return a, b
}

func packet(n int) *rtp.Packet {
	return &rtp.Packet{
		Header:  rtp.Header{Version: 2, SequenceNumber: uint16(n), Timestamp: uint32(n) * 960, PayloadType: 8, SSRC: 99},
		Payload: []byte{0xf8, byte(n), byte(n >> 8)},
	}
}

// heard collects what a stream hands on.
func heard(s *Stream) *[]rtp.Packet {
	var all []rtp.Packet
	s.OnRTP(func(p *rtp.Packet) { all = append(all, *p.Clone()) })
	return &all
}

func TestPacketsArriveAsTheyWereWritten(t *testing.T) {
	for name, profile := range profiles {
		t.Run(name, func(t *testing.T) {
			a, b := pair(t, profile)
			got := heard(b)
			for n := range 50 {
				p := packet(n)
				if err := a.WriteRTP(p); err != nil {
					t.Fatal(err)
				}
				if want := packet(n); p.SSRC != want.SSRC || p.PayloadType != want.PayloadType || !bytes.Equal(p.Payload, want.Payload) {
					t.Fatalf("WriteRTP changed its packet: %v", p)
				}
			}
			if len(*got) != 50 {
				t.Fatalf("%d of 50 packets heard", len(*got))
			}
			for n, p := range *got {
				want := packet(n)
				if p.SequenceNumber != want.SequenceNumber || p.Timestamp != want.Timestamp || !bytes.Equal(p.Payload, want.Payload) {
					t.Fatalf("packet %d: %v", n, p)
				}
				if p.SSRC != 1 || p.PayloadType != 111 || p.Padding {
					t.Fatalf("packet %d has not what was agreed: %v", n, p)
				}
			}
			if s := b.Stats(); s.Received != 50 || s.Lost != 0 || a.Stats().Sent != 50 {
				t.Errorf("received %+v, sent %+v", s, a.Stats())
			}
		})
	}
}

func TestPacketsThatCannotGoOutAreCountedAndNamed(t *testing.T) {
	a, _ := pair(t, srtp.ProtectionProfileAeadAes128Gcm)
	long := packet(1)
	long.Payload = make([]byte, maxPayload+1)
	for name, c := range map[string]struct {
		before func()
		p      *rtp.Packet
		want   error
	}{
		"too long":   {func() {}, long, ErrTooLong},
		"repeated":   {func() { _ = a.WriteRTP(packet(5)) }, packet(5), ErrRepeated},
		"muted":      {func() { a.Mute(true) }, packet(6), ErrMuted},
		"refused":    {func() { a.Mute(false); a.Send(Format{}) }, packet(7), ErrNotReady},
		"before ICE": {func() { a.Mute(false); a.Disarm() }, packet(7), ErrNotReady},
	} {
		dropped := a.Stats().Dropped
		c.before()
		if err := a.WriteRTP(c.p); !errors.Is(err, c.want) || a.Stats().Dropped != dropped+1 {
			t.Errorf("%s: %v, dropped %d", name, err, a.Stats().Dropped-dropped)
		}
		a, _ = pair(t, srtp.ProtectionProfileAeadAes128Gcm)
	}
}

// TestHeardAtOnceAfterAnHourOfMute: the caller's numbers ran on, further than the other side could guess.
func TestHeardAtOnceAfterAnHourOfMute(t *testing.T) {
	a, b := pair(t, srtp.ProtectionProfileAes128CmHmacSha1_80)
	got := heard(b)
	_ = a.WriteRTP(packet(0))
	a.Mute(true)
	for n := 1; n < 180000; n++ {
		_ = a.WriteRTP(packet(n))
	}
	a.Mute(false)
	_ = a.WriteRTP(packet(180000))
	if len(*got) != 2 || !(*got)[1].Marker || b.Stats().Lost != 0 {
		t.Errorf("heard %v, lost %d", *got, b.Stats().Lost)
	}
}

// sendRaw encrypts a packet of the peer that our own stream would not make.
func sendRaw(t *testing.T, keys *srtp.Context, to *Stream, h rtp.Header, rest []byte) {
	t.Helper()
	plain, err := h.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	b, err := keys.EncryptRTP(nil, append(plain, rest...), nil)
	if err != nil {
		t.Fatal(err)
	}
	to.Input(b)
}

func TestProbesWithoutSoundAreCountedAndNotHeard(t *testing.T) {
	_, b := pair(t, srtp.ProtectionProfileAeadAes128Gcm)
	got := heard(b)
	keys := newContext(t, srtp.ProtectionProfileAeadAes128Gcm, 10)
	h := rtp.Header{Version: 2, PayloadType: 111, SSRC: 1, SequenceNumber: 10}
	sendRaw(t, keys, b, h, []byte{0xf8, 1})
	h.Padding, h.SequenceNumber = true, 11
	padding := make([]byte, 200)
	padding[199] = 200
	sendRaw(t, keys, b, h, padding)
	h.SequenceNumber = 12
	sendRaw(t, keys, b, h, []byte{0xf8, 2, 0, 0, 3}) // sound with padding behind it
	if len(*got) != 2 || !bytes.Equal((*got)[1].Payload, []byte{0xf8, 2}) || (*got)[1].Padding {
		t.Errorf("heard %v", *got)
	}
	if s := b.Stats(); s.Probes != 1 || s.Received != 2 || s.Lost != 0 {
		t.Errorf("%+v", s)
	}
}

func TestOtherStreamsAndFormatsAreNotHeard(t *testing.T) {
	_, b := pair(t, srtp.ProtectionProfileAeadAes128Gcm)
	got := heard(b)
	keys := newContext(t, srtp.ProtectionProfileAeadAes128Gcm, 10)
	sendRaw(t, keys, b, rtp.Header{Version: 2, PayloadType: 111, SSRC: 77}, []byte{1})
	sendRaw(t, keys, b, rtp.Header{Version: 2, PayloadType: 13, SSRC: 1}, []byte{1})
	b.Input([]byte{0x80, 111, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17})
	if len(*got) != 0 || b.Stats().Refused != 3 {
		t.Errorf("heard %v, refused %d", *got, b.Stats().Refused)
	}
}

func TestNewSSRCOfThePeerIsHeardAndCountedAnew(t *testing.T) {
	_, b := pair(t, srtp.ProtectionProfileAeadAes128Gcm)
	got := heard(b)
	keys := newContext(t, srtp.ProtectionProfileAeadAes128Gcm, 10)
	sendRaw(t, keys, b, rtp.Header{Version: 2, PayloadType: 111, SSRC: 1, SequenceNumber: 1}, []byte{1})
	sendRaw(t, keys, b, rtp.Header{Version: 2, PayloadType: 111, SSRC: 1, SequenceNumber: 4}, []byte{1})
	b.Expect(opusOf(5))
	sendRaw(t, keys, b, rtp.Header{Version: 2, PayloadType: 111, SSRC: 5, SequenceNumber: 40000}, []byte{1})
	if s := b.Stats(); len(*got) != 3 || s.Received != 3 || s.Lost != 2 {
		t.Errorf("heard %d, %+v", len(*got), s)
	}
}

func TestStatsTellWhenTheLastPacketWas(t *testing.T) {
	a, b := pair(t, srtp.ProtectionProfileAeadAes128Gcm)
	if s := b.Stats(); !s.LastReceived.IsZero() || !s.LastSent.IsZero() {
		t.Errorf("before the first packet: %+v", s)
	}
	var last time.Time
	for n := range 3 {
		last = time.Now()
		_ = a.WriteRTP(packet(n))
	}
	now := time.Now()
	if sent, received := a.Stats().LastSent, b.Stats().LastReceived; sent.Before(last) || received.Before(sent) || received.After(now) {
		t.Errorf("sent %v, received %v, between %v and %v", sent, received, last, now)
	}
	sent, _ := a.First()
	_, received := b.First()
	if sent.IsZero() || received.Before(sent) || received.After(last) {
		t.Errorf("first sent %v, received %v", sent, received)
	}
}

func TestNobodyListens(t *testing.T) {
	a, b := pair(t, srtp.ProtectionProfileAeadAes128Gcm)
	got := heard(b)
	b.OnRTP(nil)
	_ = a.WriteRTP(packet(1))
	if len(*got) != 0 || b.Stats().Received != 1 {
		t.Errorf("heard %v", *got)
	}
}

func TestJitterOfUnevenPackets(t *testing.T) {
	var r reception
	for n := range 200 {
		at := instant(n) * instant(20*time.Millisecond)
		if n%2 == 1 {
			at += instant(4 * time.Millisecond)
		}
		r.count(uint16(n), uint32(n)*960, false, at)
	}
	if j := fromSamples(r.jitter); j < 3*time.Millisecond || j > 5*time.Millisecond {
		t.Errorf("jitter %v, want about 4 ms", j)
	}
	before := r.jitter
	r.count(200, 200*960, false, instant(time.Minute)) // the peer was muted
	if r.jitter != before {
		t.Errorf("a pause changed the jitter to %v", fromSamples(r.jitter))
	}
}

// benchmark streams end in a connection that throws everything away.
func benchmarkWrite(b *testing.B, profile srtp.ProtectionProfile) {
	s := New(1)
	s.Arm(Keys{newContext(b, profile, 1), newContext(b, profile, 2)}, io.Discard)
	s.Send(opusOf(1))
	p := packet(0)
	p.Payload = make([]byte, 120)
	b.ReportAllocs()
	for b.Loop() {
		p.SequenceNumber++
		if err := s.WriteRTP(p); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWriteRTP(b *testing.B) {
	for name, profile := range profiles {
		b.Run(name, func(b *testing.B) { benchmarkWrite(b, profile) })
	}
}

// benchmarkInput receives without feedback, which is sent ten times a second and not per packet.
func benchmarkInput(b *testing.B, profile srtp.ProtectionProfile) {
	const round = 1 << 14
	var sealed [][]byte
	seal := New(1)
	keys := func() Keys { return Keys{newContext(b, profile, 1), newContext(b, profile, 1)} }
	seal.Arm(keys(), wire(func(p []byte) { sealed = append(sealed, p) }))
	seal.Send(Format{SSRC: 1, PayloadTypes: []uint8{111}, AbsSendTime: 2})
	p := packet(0)
	p.Payload = make([]byte, 120)
	for n := range round {
		p.SequenceNumber = uint16(n)
		_ = seal.WriteRTP(p)
	}
	s, buf, heard := New(2), make([]byte, maxPacket), 0
	s.Expect(Format{SSRC: 1, PayloadTypes: []uint8{111}, AbsSendTime: 2})
	s.OnRTP(func(*rtp.Packet) { heard++ })
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if n%round == 0 {
			b.StopTimer()
			s.Arm(keys(), io.Discard)
			b.StartTimer()
		}
		s.Input(buf[:copy(buf, sealed[n%round])])
		n++
	}
	if heard != n {
		b.Fatalf("heard %d of %d", heard, n)
	}
}

func BenchmarkInput(b *testing.B) {
	for name, profile := range profiles {
		b.Run(name, func(b *testing.B) { benchmarkInput(b, profile) })
	}
}
