package sip

import (
	"errors"
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtp"

	"switchgram/bridge/sip/sdp"
)

// newTestPort is a port of a dialog of its own, that nobody reads.
func newTestPort(tb testing.TB) *port {
	tb.Helper()
	p, err := (&ports{log: slog.New(slog.DiscardHandler)}).open(netip.MustParseAddr("127.0.0.1"))
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// newTestSound is a sound whose far end is a socket nobody reads.
func newTestSound(tb testing.TB) *sound {
	tb.Helper()
	far := newTestPort(tb)
	s := newSound(newTestPort(tb), netip.Addr{}, func(Event) {}, func(reason any) { panic(reason) })
	tb.Cleanup(func() {
		if err := errors.Join(s.close(), far.close()); err != nil {
			tb.Error(err)
		}
	})
	p := sdp.Payload{Type: 102, Codec: sdp.Opus, Clock: 48000}
	s.agree(terms{Terms: sdp.Terms{Format: sdp.Format{Codec: sdp.Opus, ClockRate: 48000, PayloadType: 102}, Payloads: []sdp.Payload{p},
		Events: []sdp.Payload{{Type: 101, Clock: 8000}}, Direction: sdp.SendRecv, Addr: far.addr()}})
	return s
}

// incomingPacket is an RTP packet with an extension, as browsers and Telegram send.
func incomingPacket(tb testing.TB) []byte {
	tb.Helper()
	p := rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 102, SSRC: 7}, Payload: make([]byte, 80)}
	if err := p.SetExtension(1, []byte{0x55}); err != nil {
		tb.Fatal(err)
	}
	b, err := p.Marshal()
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func TestPacketsAreNotAllocated(t *testing.T) {
	s, b, now := newTestSound(t), incomingPacket(t), time.Now()
	from, got := s.agreed.Load().Addr, 0
	f := func(p *rtp.Packet) { got += len(p.Payload) }
	s.receive.Store(&f)
	seq := uint16(0)
	if n := testing.AllocsPerRun(500, func() {
		seq++
		b[2], b[3] = byte(seq>>8), byte(seq)
		s.arrived(b, from, now)
	}); n != 0 {
		t.Errorf("%v allocations for a packet received", n)
	}
	p := packetOf(80)
	if n := testing.AllocsPerRun(500, func() {
		p.SequenceNumber++
		if err := s.write(p); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations for a packet sent", n)
	}
	if got != 501*80 {
		t.Errorf("got %d bytes", got)
	}
}

func packetOf(n int) *rtp.Packet {
	return &rtp.Packet{Header: rtp.Header{Version: 2}, Payload: make([]byte, n)}
}

func BenchmarkReceive(b *testing.B) {
	s, raw, now := newTestSound(b), incomingPacket(b), time.Now()
	from := s.agreed.Load().Addr
	f := func(*rtp.Packet) {}
	s.receive.Store(&f)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		raw[2], raw[3] = byte(i>>8), byte(i)
		s.arrived(raw, from, now)
	}
}

func BenchmarkSend(b *testing.B) {
	s, p := newTestSound(b), packetOf(80)
	b.ReportAllocs()
	for b.Loop() {
		p.SequenceNumber++
		if err := s.write(p); err != nil {
			b.Fatal(err)
		}
	}
}

// FuzzArrived: whatever comes to an RTP port is harmless.
func FuzzArrived(f *testing.F) {
	f.Add(incomingPacket(f))
	f.Add([]byte{0x80, 101, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 5, 0x8d, 1, 0})
	f.Add([]byte{0x80, 200, 0, 6, 0, 0, 0, 1})
	s := newTestSound(f)
	t := *s.agreed.Load()
	t.Mux = true
	s.agree(t)
	receive := func(p *rtp.Packet) {
		if len(p.Payload) == 0 {
			panic("empty packet")
		}
	}
	s.receive.Store(&receive)
	f.Fuzz(func(_ *testing.T, b []byte) {
		if !isMedia(b) {
			return
		}
		s.arrived(b, t.Addr, time.Now())
		s.control(b, t.Addr, time.Now())
		s.stats()
	})
}
