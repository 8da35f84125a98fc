package recording

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4/pkg/media/oggreader"
	"go.uber.org/goleak"
	"gopkg.in/hraban/opus.v2"

	"switchgram/bridge/media"
	"switchgram/bridge/room"
	"switchgram/bridge/room/codec"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(victimEnv); dir != "" {
		beKilled(dir)
	}
	goleak.VerifyTestMain(m)
}

// A stage is a recorder of a new directory, and what it has logged.
type stage struct {
	*Recorder
	t   *testing.T
	dir string
	log bytes.Buffer
}

func newStage(t *testing.T, o Options) *stage {
	t.Helper()
	s := &stage{t: t, dir: filepath.Join(t.TempDir(), "recordings")}
	o.Directory, o.Log = s.dir, slog.New(slog.NewTextHandler(&s.log, nil))
	var err error
	s.Recorder, err = New(o)
	s.must(err)
	return s
}

func (s *stage) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) begin(call string) *Take {
	s.t.Helper()
	take, err := s.Begin(Call{Name: call, Line: "sales"})
	s.must(err)
	return take
}

// finished finishes what there is, which is one recording, and decodes it.
func (s *stage) finished() (Info, hearing) {
	s.t.Helper()
	done, err := s.Finish(context.Background())
	s.must(err)
	if len(done) != 1 {
		s.t.Fatalf("%d recordings finished, want 1", len(done))
	}
	text, err := os.ReadFile(done[0].Place)
	s.must(err)
	return done[0], listen(s.t, text)
}

// A talker is somebody whose packets are recorded.
type talker struct {
	t     *testing.T
	side  Side
	seat  *room.Seat
	enc   codec.Encoder
	next  room.TapPacket
	rate  int
	phase float64
	clock float64 // how fast its clock runs; 1: as ours
}

func newTalker(t *testing.T, on Side, c media.Codec) *talker {
	t.Helper()
	enc, err := codec.NewEncoder(c, c.SampleRate())
	if err != nil {
		t.Fatal(err)
	}
	k := &talker{t: t, side: on, seat: new(room.Seat), enc: enc, rate: c.SampleRate(), clock: 1}
	k.next.Format = media.Format{Codec: c, ClockRate: 8000, PTime: 20 * time.Millisecond}
	if c == media.Opus {
		k.next.Format.ClockRate = 48000
	}
	k.next.Seat = k.seat
	k.next.Packet = &rtp.Packet{Header: rtp.Header{Version: 2, SSRC: 7, SequenceNumber: 65500, Timestamp: math.MaxUint32 - 5000}}
	return k
}

// packet makes the next 20 ms: a tone, or 0 for silence.
func (k *talker) packet(hz float64) room.TapPacket {
	k.t.Helper()
	pcm := make([]int16, k.rate/50)
	for i := range pcm {
		k.phase += 2 * math.Pi * hz / float64(k.rate)
		if hz > 0 {
			pcm[i] = int16(8000 * math.Sin(k.phase))
		}
	}
	out := make([]byte, codec.MaxPacket)
	n, err := k.enc.Encode(pcm, out)
	if err != nil {
		k.t.Fatal(err)
	}
	p := k.next
	p.Packet, p.At = k.next.Packet.Clone(), time.Now()
	p.Packet.Payload = out[:n]
	k.skip()
	return p
}

// skip lets 20 ms pass for the talker.
func (k *talker) skip() {
	k.next.Packet.SequenceNumber++
	k.next.Packet.Timestamp += k.next.Format.Timestamp(20 * time.Millisecond)
}

// pause lets 20 ms pass in which nothing is sent.
func (k *talker) pause() {
	k.next.Packet.Timestamp += k.next.Format.Timestamp(20 * time.Millisecond)
}

// wait lets time pass, in a bubble.
func wait(d time.Duration) { time.Sleep(d) }

// talk lets all say their tones for a while.
func talk(take *Take, d time.Duration, tones map[*talker]float64) {
	for range d / (20 * time.Millisecond) {
		for k, hz := range tones {
			take.Packet(k.side, k.packet(hz))
		}
		wait(20 * time.Millisecond)
		take.Flush()
	}
}

// inBubble runs a test in which time passes by itself.
func inBubble(t *testing.T, o Options, f func(s *stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(newStage(t, o)) })
}

// hearing is what somebody hears of a finished file, by side; of one channel, on the left.
type hearing [2][]float64

// listen decodes a file as a player does.
func listen(t *testing.T, text []byte) (h hearing) {
	t.Helper()
	in, head, err := oggreader.NewWith(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	channels := int(head.Channels)
	if channels < 1 || channels > 2 || head.SampleRate != 48000 {
		t.Fatalf("the file has %d channels at %d Hz", channels, head.SampleRate)
	}
	dec, err := opus.NewDecoder(48000, channels)
	if err != nil {
		t.Fatal(err)
	}
	pcm := make([]int16, 2*codec.MaxSamples)
	for {
		packet, _, err := in.ParseNextPage()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(packet) == 0 || bytes.HasPrefix(packet, []byte("OpusTags")) {
			continue
		}
		n, err := dec.Decode(packet, pcm)
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			for side := range channels {
				h[side] = append(h[side], float64(pcm[channels*i+side]))
			}
		}
	}
	for side := range channels {
		h[side] = h[side][head.PreSkip:]
	}
	return h
}

// level is that of a tone from one moment to another, in dB of the loudest.
func (h hearing) level(on Side, hz float64, from, to time.Duration) float64 {
	pcm := h[on][min(samples(from), int64(len(h[on]))):min(samples(to), int64(len(h[on])))]
	var re, im float64
	for i, s := range pcm {
		sin, cos := math.Sincos(2 * math.Pi * hz * float64(i) / rate)
		re, im = re+s*cos, im+s*sin
	}
	return 20 * math.Log10(2*math.Hypot(re, im)/float64(max(1, len(pcm)))/math.MaxInt16+1e-9)
}

// spans is when a side is heard at all, in windows of 10 ms.
func (h hearing) spans(on Side) (all []time.Duration) {
	const window = 10 * time.Millisecond
	loud := false
	for i := 0; i+frame/2 <= len(h[on]); i += frame / 2 {
		sum := 0.0
		for _, s := range h[on][i : i+frame/2] {
			sum += s * s
		}
		if now := math.Sqrt(sum/(frame/2)) > 1000; now != loud {
			all, loud = append(all, time.Duration(i/(frame/2))*window), now
		}
	}
	return all
}

// wantSpans checks when a side begins and ceases to be heard.
func (h hearing) wantSpans(t *testing.T, on Side, want ...time.Duration) {
	t.Helper()
	const exact = 40 * time.Millisecond
	got := h.spans(on)
	ok := len(got) == len(want) || len(got)+1 == len(want) // sound to the end
	for i := range got {
		ok = ok && (got[i]-want[i]).Abs() <= exact
	}
	if !ok {
		t.Errorf("side %d begins and ends at %v, want %v", on, got, want)
	}
}

// wantTone checks that a side has a tone, and not the other's.
func (h hearing) wantTone(t *testing.T, on Side, hz, other float64, from, to time.Duration) {
	t.Helper()
	if got, cross := h.level(on, hz, from, to), h.level(on, other, from, to); got < -16 || got > -10 || cross > got-30 {
		t.Errorf("side %d from %v to %v: %.0f Hz at %.1f dB, %.0f Hz at %.1f dB", on, from, to, hz, got, other, cross)
	}
}
