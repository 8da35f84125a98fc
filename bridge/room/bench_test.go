package room

import (
	"fmt"
	"testing"
	"time"

	"github.com/pion/rtp"

	"switchgram/bridge/media"
	"switchgram/bridge/room/codec"
)

// A sink is a stream that costs nothing.
type sink struct {
	format media.Format
	n      int
}

func (s *sink) Format() media.Format       { return s.format }
func (s *sink) OnRTP(func(*rtp.Packet))    {}
func (s *sink) WriteRTP(*rtp.Packet) error { s.n++; return nil }
func (s *sink) Stats() media.Stats         { return media.Stats{} }

func BenchmarkRelay(b *testing.B) {
	for d, payload := range map[time.Duration][]byte{
		20 * time.Millisecond: append([]byte{0x78}, make([]byte, 80)...),
		60 * time.Millisecond: append([]byte{0x7b, 0x03}, make([]byte, 240)...),
	} {
		b.Run(d.String(), func(b *testing.B) {
			from, to := &sink{format: opusFormat()}, &sink{format: opusFormat()}
			r := New(Options{})
			sa := r.Add(from, Talk)
			r.Add(to, Talk)
			b.Cleanup(r.Close)
			p := rtp.Packet{Header: rtp.Header{Version: 2, SSRC: 7}, Payload: payload}
			now := time.Now()
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				sa.audience.Load().hear(sa, &p, now)
				p.SequenceNumber++
				p.Timestamp += from.format.Timestamp(d)
				now = now.Add(d)
			}
		})
	}
}

// BenchmarkTranscode is for 20 ms of sound: divide by 20 ms for the share of a core that one direction of a call takes.
func BenchmarkTranscode(b *testing.B) {
	for _, said := range codecs {
		for _, heard := range codecs {
			if said == heard {
				continue
			}
			b.Run(fmt.Sprint(said, ">", heard), func(b *testing.B) { benchTranscode(b, said, heard) })
		}
	}
}

func benchTranscode(b *testing.B, said, heard media.Codec) {
	packets := speech(b, said)
	now := time.Now()
	to := &sink{format: phoneFormat(heard)}
	out := newOutput(to, now)
	out.setFormat(to.format, now)
	t, err := newTranscoder(phoneFormat(said), &out, now)
	if err != nil {
		b.Fatal(err)
	}
	p := rtp.Packet{Header: rtp.Header{Version: 2, SSRC: 7}}
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		p.Payload = packets[i%len(packets)]
		t.take(&p, now)
		t.wake(now)
		p.SequenceNumber++
		p.Timestamp += t.meter.format.Timestamp(ptime)
		now = now.Add(ptime)
	}
	if out.stats.Transcoded < uint64(b.N)-5 && b.N > 100 {
		b.Fatalf("%+v", out.stats)
	}
}

// speech is two seconds of something like a voice, encoded: a tone that glides, with overtones.
func speech(b *testing.B, c media.Codec) (packets [][]byte) {
	b.Helper()
	enc, err := codec.NewEncoder(c, c.SampleRate())
	if err != nil {
		b.Fatal(err)
	}
	phase, rate := 0.0, c.SampleRate()
	pcm := make([]int16, samples(ptime, rate))
	for i := range 100 {
		for k := range pcm {
			phase += (120 + 60*float64(i%25)/25) / float64(rate)
			saw := phase - float64(int(phase)) - 0.5
			pcm[k] = int16(12000 * saw)
		}
		out := make([]byte, codec.MaxPacket)
		n, err := enc.Encode(pcm, out)
		if err != nil {
			b.Fatal(err)
		}
		packets = append(packets, out[:n])
	}
	return packets
}
