package peertest

import (
	"context"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"

	"switchgram/bridge/media"
	"switchgram/bridge/room/codec"
	"switchgram/bridge/sip/sdp"
	"switchgram/bridge/sip/siptest"
)

// mediaCodec is package codec's word for what was agreed on.
func mediaCodec(c sdp.Codec) media.Codec {
	return map[sdp.Codec]media.Codec{sdp.Opus: media.Opus, sdp.PCMU: media.PCMU, sdp.PCMA: media.PCMA, sdp.G722: media.G722}[c]
}

// hum sends a tone of hz, 20 ms a packet, until ctx ends.
func hum(ctx context.Context, s siptest.Stream, hz float64) error {
	c := mediaCodec(s.Format().Codec)
	rate := c.SampleRate()
	enc, err := codec.NewEncoder(c, rate)
	if err != nil {
		return err
	}
	pcm, out := make([]int16, rate/50), make([]byte, codec.MaxPacket)
	var p rtp.Packet
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for n := 0; ; p.SequenceNumber++ {
		for i := range pcm {
			pcm[i] = int16(10000 * math.Sin(2*math.Pi*hz*float64(n)/float64(rate)))
			n++
		}
		size, err := enc.Encode(pcm, out)
		if err != nil {
			return err
		}
		p.Payload = out[:size]
		_ = s.WriteRTP(&p)
		p.Timestamp += uint32(s.Format().ClockRate / 50)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// humming plays a tone into a call until the test ends or stop is called.
func startHum(t *testing.T, s siptest.Stream, hz float64) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var wait sync.WaitGroup
	wait.Go(func() {
		if err := hum(ctx, s, hz); err != nil {
			t.Errorf("tone: %v", err)
		}
	})
	stop = func() { cancel(); wait.Wait() }
	t.Cleanup(stop)
	return stop
}

// ear decodes what a call brings and remembers the last 200 ms.
type ear struct {
	rate int
	dec  codec.Decoder
	buf  [codec.MaxSamples]int16

	mu      sync.Mutex
	recent  []int16
	packets int
	more    chan struct{} // closed and replaced with each packet
}

func listenTo(t *testing.T, s siptest.Stream) *ear {
	t.Helper()
	c := mediaCodec(s.Format().Codec)
	dec, err := codec.NewDecoder(c, c.SampleRate())
	if err != nil {
		t.Fatal(err)
	}
	e := &ear{rate: c.SampleRate(), dec: dec, more: make(chan struct{})}
	s.OnRTP(e.hear)
	return e
}

func (e *ear) hear(p *rtp.Packet) {
	n, err := e.dec.Decode(p.Payload, e.buf[:])
	if err != nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.recent = append(e.recent, e.buf[:n]...)
	e.recent = e.recent[max(0, len(e.recent)-e.rate/5):]
	e.packets++
	close(e.more)
	e.more = make(chan struct{})
}

// forget drops what was heard so far.
func (e *ear) forget() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.recent = nil
}

// waitTone returns when 200 ms in a row were mostly a tone of hz.
func (e *ear) waitTone(t *testing.T, hz float64) {
	t.Helper()
	ctx := patient(t)
	for {
		e.mu.Lock()
		share, packets, more := tone(e.recent, e.rate, hz), e.packets, e.more
		enough := len(e.recent) >= e.rate/5
		e.mu.Unlock()
		if enough && share > 0.8 {
			return
		}
		select {
		case <-more:
		case <-ctx.Done():
			t.Fatalf("no tone of %v Hz in %d packets; the last are %.0f %% it", hz, packets, 100*share)
		}
	}
}

// tone is how much of a sound's power is a tone of hz (Goertzel's algorithm); 0 for silence.
func tone(pcm []int16, rate int, hz float64) float64 {
	var s1, s2, power float64
	w := 2 * math.Cos(2*math.Pi*hz/float64(rate))
	for _, v := range pcm {
		x := float64(v)
		power += x * x
		s1, s2 = x+w*s1-s2, s1
	}
	if power <= float64(len(pcm)) {
		return 0
	}
	return (s1*s1 + s2*s2 - w*s1*s2) * 2 / (power * float64(len(pcm)))
}
