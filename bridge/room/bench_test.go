package room

import (
	"fmt"
	"slices"
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
				sa.carry(&p, now)
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
	from, to := &sink{format: phoneFormat(said)}, &sink{format: phoneFormat(heard)}
	benchMix(b, []*sink{from, to}, from)
	if got := to.n; got < b.N-5 && b.N > 100 {
		b.Fatalf("%d packets of %d", got, b.N)
	}
}

// BenchmarkMix is 20 ms of a conference of which all speak at once.
func BenchmarkMix(b *testing.B) {
	for _, all := range [][]media.Codec{{media.Opus, media.Opus, media.Opus}, {media.Opus, media.Opus, media.PCMU}, {media.PCMU, media.PCMA, media.PCMU}} {
		b.Run(fmt.Sprint(all), func(b *testing.B) {
			var sinks []*sink
			for _, c := range all {
				sinks = append(sinks, &sink{format: phoneFormat(c)})
			}
			benchMix(b, sinks, sinks...)
		})
	}
}

// benchMix lets the clock of a room run as fast as it can, while some of those in it talk.
func benchMix(b *testing.B, sinks []*sink, talking ...*sink) {
	r := New(Options{})
	b.Cleanup(r.Close)
	var seats []*Seat
	for _, s := range sinks {
		seats = append(seats, r.Add(s, Talk))
	}
	packets := map[media.Codec][][]byte{}
	for _, s := range talking {
		packets[s.format.Codec] = speech(b, s.format.Codec)
	}
	r.mu.Lock()
	defer r.mu.Unlock() // its own clock stands still
	p, now := rtp.Packet{Header: rtp.Header{Version: 2, SSRC: 7}}, time.Now()
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		p.SequenceNumber++
		for k, s := range sinks {
			if all := packets[s.format.Codec]; slices.Contains(talking, s) {
				p.Payload, p.Timestamp = all[i%len(all)], uint32(i)*s.format.Timestamp(ptime)
				seats[k].in.note(&p, now)
			}
		}
		r.mixer.run(now)
		now = now.Add(ptime)
	}
}

// speech is two seconds of something like a voice, encoded: a tone that glides, with overtones.
func speech(b *testing.B, c media.Codec) (packets [][]byte) {
	b.Helper()
	enc, err := codec.NewCallerEncoder(c, c.SampleRate())
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
