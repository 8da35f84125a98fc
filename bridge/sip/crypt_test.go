package sip

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"switchgram/bridge/sip/sdp"
)

// newCrypts are both ends of one direction.
func newCrypts(tb testing.TB, k *sdp.Keying) (out, in *crypt) {
	tb.Helper()
	out, err := newCrypt(k)
	if err != nil {
		tb.Fatal(err)
	}
	if in, err = newCrypt(k); err != nil {
		tb.Fatal(err)
	}
	return out, in
}

func TestEverySuiteCarriesSoundAndReports(t *testing.T) {
	for _, k := range sdp.NewKeyings() {
		out, in := newCrypts(t, k)
		packet := incomingPacket(t)
		sealed, err := out.seal(make([]byte, 0, maxRTP), packet)
		if err != nil || bytes.Contains(sealed, packet[20:]) {
			t.Fatalf("%s: %v, %x", k.Suite(), err, sealed)
		}
		if opened, err := in.open(bytes.Clone(sealed)); err != nil || !bytes.Equal(opened, packet) {
			t.Errorf("%s: %v", k.Suite(), err)
		}
		if _, err := in.open(bytes.Clone(sealed)); err == nil {
			t.Errorf("%s: opened twice", k.Suite())
		}
		report, err := rtcp.Marshal([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: 7}})
		if err != nil {
			t.Fatal(err)
		}
		sealed, err = out.sealControl(report)
		if err != nil {
			t.Fatal(err)
		}
		sealed[len(sealed)-1] ^= 1
		if _, err := in.openControl(bytes.Clone(sealed)); err == nil {
			t.Errorf("%s: a false report was opened", k.Suite())
		}
		sealed[len(sealed)-1] ^= 1
		if opened, err := in.openControl(sealed); err != nil || !bytes.Equal(opened, report) {
			t.Errorf("%s: report: %v", k.Suite(), err)
		}
	}
}

func TestSourcesUnderOneKeyAreBounded(t *testing.T) {
	out, in := newCrypts(t, sdp.NewKeyings()[0])
	packet, taken := incomingPacket(t), 0
	for ssrc := range uint32(1000) {
		binary.BigEndian.PutUint32(packet[8:], ssrc)
		sealed, err := out.seal(make([]byte, 0, maxRTP), packet)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = in.open(sealed); err == nil {
			taken++
		} else if !errors.Is(err, errSSRCs) {
			t.Fatal(err)
		}
	}
	if taken != maxSSRCs {
		t.Errorf("took %d", taken)
	}
}

// newEncryptedSound is a sound under keys, and what its far end does with them.
func newEncryptedSound(tb testing.TB) (s *sound, far terms) {
	tb.Helper()
	s = newTestSound(tb)
	t := *s.agreed.Load()
	far.out, t.in = newCrypts(tb, sdp.NewKeyings()[0])
	t.out, far.in = newCrypts(tb, sdp.NewKeyings()[0])
	s.agree(t)
	return s, far
}

func TestOnlyEncryptedSoundIsHeard(t *testing.T) {
	s, far := newEncryptedSound(t)
	from, packet := s.agreed.Load().Addr, incomingPacket(t)
	var got []byte
	f := func(p *rtp.Packet) { got = bytes.Clone(p.Payload) }
	s.receive.Store(&f)

	s.arrived(bytes.Clone(packet), from, time.Now()) // plain
	sealed, err := far.out.seal(make([]byte, 0, maxRTP), packet)
	if err != nil {
		t.Fatal(err)
	}
	forged := bytes.Clone(sealed)
	forged[30] ^= 1
	s.arrived(forged, from, time.Now())
	if st := s.stats(); got != nil || st.Received != 0 || st.Strange != 2 {
		t.Fatalf("heard %x, %+v", got, st)
	}
	s.arrived(bytes.Clone(sealed), from, time.Now())
	s.arrived(bytes.Clone(sealed), from, time.Now()) // again
	if st := s.stats(); len(got) != 80 || st.Received != 1 || st.Strange != 3 {
		t.Errorf("heard %x, %+v", got, st)
	}
}

func TestEncryptedPacketsAreNotAllocated(t *testing.T) {
	s, far := newEncryptedSound(t)
	from, now, p := s.agreed.Load().Addr, time.Now(), packetOf(80)
	if n := testing.AllocsPerRun(500, func() {
		p.SequenceNumber++
		if err := s.write(p); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations for a packet sent", n)
	}
	packet, buf, seq := incomingPacket(t), make([]byte, 0, maxRTP), uint16(0)
	if n := testing.AllocsPerRun(500, func() {
		seq++
		binary.BigEndian.PutUint16(packet[2:], seq)
		sealed, err := far.out.seal(buf, packet)
		if err != nil {
			t.Fatal(err)
		}
		s.arrived(sealed, from, now)
	}); n > 0 {
		t.Errorf("%v allocations for a packet received", n)
	}
	if st := s.stats(); st.Received != 501 || st.Strange != 0 {
		t.Errorf("%+v", st)
	}
}

// FuzzEncryptedArrived: whatever comes to a port of encrypted sound is harmless, and is not heard.
func FuzzEncryptedArrived(f *testing.F) {
	s, far := newEncryptedSound(f)
	sealed, err := far.out.seal(nil, incomingPacket(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed[:len(sealed)-1])
	f.Add([]byte{0x80, 200, 0, 6, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		if !isMedia(b) {
			return
		}
		s.arrived(bytes.Clone(b), s.agreed.Load().Addr, time.Now())
		s.control(bytes.Clone(b), s.agreed.Load().Addr, time.Now())
		if s.heard.Load() != 0 && !bytes.Equal(b, sealed) {
			t.Fatalf("%x was heard", b)
		}
	})
}
