package room

import (
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"
	"go.uber.org/goleak"

	"switchgram/bridge/media"
	"switchgram/bridge/room/codec"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const ptime = 20 * time.Millisecond

func opusFormat() media.Format {
	return media.Format{Codec: media.Opus, ClockRate: 48000, Channels: 2, PayloadType: 111, PTime: ptime}
}

func phoneFormat(c media.Codec) media.Format {
	if c == media.Opus {
		return opusFormat()
	}
	return media.Format{Codec: c, ClockRate: 8000, Channels: 1, PTime: ptime}
}

// A packet is one that a phone was sent.
type packet struct {
	rtp.Header
	payload []byte
	at      time.Time
}

// A phone is the far side of a seat: a media.Stream that keeps what is written to it.
type phone struct {
	mu     sync.Mutex
	format media.Format
	on     func(*rtp.Packet)
	heard  []packet

	next rtp.Packet // what it says next
}

func newPhone(c media.Codec) *phone {
	p := &phone{format: phoneFormat(c)}
	p.next.Version, p.next.SSRC, p.next.SequenceNumber, p.next.Timestamp = 2, 7, 65530, math.MaxUint32-5000
	return p
}

func (p *phone) Format() media.Format {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.format
}

func (p *phone) setFormat(f media.Format) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.format = f
}

func (p *phone) OnRTP(f func(*rtp.Packet)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.on = f
}

func (p *phone) WriteRTP(k *rtp.Packet) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.heard = append(p.heard, packet{Header: k.Header, payload: append([]byte(nil), k.Payload...), at: time.Now()})
	return nil
}

func (p *phone) Stats() media.Stats { return media.Stats{} }

// send gives a packet to whoever listens.
func (p *phone) send(k *rtp.Packet) {
	p.mu.Lock()
	on := p.on
	p.mu.Unlock()
	if on != nil {
		on(k)
	}
}

// say sends a payload of d and waits as long.
func (p *phone) say(payload []byte, d time.Duration) {
	k := p.next
	k.Payload = payload
	p.send(&k)
	p.skip(d)
	p.next.SequenceNumber++
	wait(d)
}

// skip lets the phone's timestamps go on without sound.
func (p *phone) skip(d time.Duration) { p.next.Timestamp += p.Format().Timestamp(d) }

// lose sends nothing for d, though it should have.
func (p *phone) lose(d time.Duration) {
	p.skip(d)
	p.next.SequenceNumber++
	wait(d)
}

// mute says nothing for d, as Telegram's engine does.
func (p *phone) mute(d time.Duration) {
	p.skip(d)
	wait(d)
}

// takes gives what was heard so far, and forgets it.
func (p *phone) takes() []packet {
	p.mu.Lock()
	defer p.mu.Unlock()
	heard := p.heard
	p.heard = nil
	return heard
}

// wait lets a bubble's time pass.
func wait(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// in a bubble, two phones with seats in one room.
func call(t *testing.T, a, b *phone, f func(r *Room, sa, sb *Seat)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := New(Options{})
		defer r.Close()
		sa, sb := r.Add(a, Talk), r.Add(b, Talk)
		synctest.Wait()
		f(r, sa, sb)
	})
}

// A talker makes Opus packets, or those of another codec, of a tone.
type talker struct {
	t     *testing.T
	enc   codec.Encoder
	hz    float64
	rate  int
	n     int
	frame time.Duration
}

func newTalker(t *testing.T, c media.Codec, hz float64, frame time.Duration) *talker {
	t.Helper()
	enc, err := codec.NewCallerEncoder(c, c.SampleRate())
	if err != nil {
		t.Fatal(err)
	}
	return &talker{t: t, enc: enc, hz: hz, rate: c.SampleRate(), frame: frame}
}

// packet is the next of the tone, 10 dB below full scale.
func (v *talker) packet() []byte {
	v.t.Helper()
	pcm := make([]int16, samples(v.frame, v.rate))
	for i := range pcm {
		pcm[i] = int16(0.3 * 32767 * math.Sin(2*math.Pi*v.hz*float64(v.n)/float64(v.rate)))
		v.n++
	}
	out := make([]byte, codec.MaxPacket)
	n, err := v.enc.Encode(pcm, out)
	if err != nil {
		v.t.Fatal(err)
	}
	return out[:n]
}

// listen decodes packets that came without a loss.
func listen(t *testing.T, c media.Codec, heard []packet) []int16 {
	t.Helper()
	dec, err := codec.NewDecoder(c, c.SampleRate())
	if err != nil {
		t.Fatal(err)
	}
	var all []int16
	pcm := make([]int16, codec.MaxSamples)
	for _, p := range heard {
		n, err := dec.Decode(p.payload, pcm)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, pcm[:n]...)
	}
	return all
}

// steady fails unless packets follow one another without a gap in numbers or in time.
func steady(t *testing.T, heard []packet, step uint32) {
	t.Helper()
	for i := 1; i < len(heard); i++ {
		if d := heard[i].SequenceNumber - heard[i-1].SequenceNumber; d != 1 {
			t.Fatalf("packet %d of %d: sequence number goes on by %d", i, len(heard), d)
		}
		if d := heard[i].Timestamp - heard[i-1].Timestamp; d != step {
			t.Fatalf("packet %d of %d: timestamp goes on by %d, want %d", i, len(heard), int32(d), step)
		}
	}
}

func isSilence(p packet) bool { return string(p.payload) == media.OpusSilence }
