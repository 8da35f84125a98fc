package sound

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/pion/rtp"

	"switchgram/bridge/media"
	"switchgram/bridge/room/roomtest"
)

func TestARecordingIsWhatWasHeard(t *testing.T) {
	for _, c := range []media.Codec{media.Opus, media.G722, media.PCMU} {
		t.Run(c.String(), func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "heard.wav")
			f, err := os.Create(name)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			a, b := roomtest.Wire(format(c), 0)
			run(t, func(_ context.Context, start func(func(context.Context) error)) {
				start(NewListener(b, ListenerOptions{Record: f}).Run)
				start(NewPlayer(NewTone(880, 0.3), a).Run)
				wait(3 * time.Second)
			})
			w := readWAV(t, name)
			if h := Measure(w.pcm[48000:96000], w.rate); w.rate != 48000 || math.Abs(h.Hz-880) > 0.5 || math.Abs(h.Level+10.5) > 1 || h.Share < 0.98 {
				t.Errorf("recorded %v at %d Hz", h, w.rate)
			}
			if d := float64(len(w.pcm)) / 48000; math.Abs(d-3) > 0.1 {
				t.Errorf("%.2f s recorded, want 3", d)
			}
		})
	}
}

func TestLossIsCountedAndKeepsItsTime(t *testing.T) {
	for _, c := range []media.Codec{media.Opus, media.PCMU} {
		name := filepath.Join(t.TempDir(), "heard.wav")
		f, err := os.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		a, b := roomtest.Wire(format(c), 0)
		a.Lose(func(n int) bool { return n%10 == 5 || n > 100 && n < 120 })
		run(t, func(_ context.Context, start func(func(context.Context) error)) {
			l := NewListener(b, ListenerOptions{Record: f})
			start(l.Run)
			start(NewPlayer(NewTone(880, 0.3), a).Run)
			wait(3990 * time.Millisecond)
			if n := l.Lost(); n != 37 {
				t.Errorf("%v: %d lost, want 37", c, n)
			}
			if h := l.Measure(time.Second); math.Abs(h.Hz-880) > 1 || h.Share < 0.8 {
				t.Errorf("%v: heard %v", c, h)
			}
		})
		if n := len(readWAV(t, name).pcm); n < 47000*4 || n > 48000*4 {
			t.Errorf("%v: %d samples recorded of four seconds", c, n)
		}
	}
}

func TestOvertakenAndDoubledPacketsAreSortedOut(t *testing.T) {
	var o orderer
	var got []uint16
	for _, seq := range []uint16{65534, 0, 65535, 65535, 65533, 1, 4, 5, 3, 2, 2, 9, 10, 11, 12, 13} {
		o.put(arrival{packet: rtp.Packet{Header: rtp.Header{SequenceNumber: seq}}})
		for a, ok := o.next(false); ok; a, ok = o.next(false) {
			got = append(got, a.packet.SequenceNumber)
		}
	}
	want := []uint16{65534, 65535, 0, 1, 2, 3, 4, 5, 9, 10, 11, 12, 13}
	if len(got) != len(want) {
		t.Fatalf("order %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("order %v, want %v", got, want)
		}
	}
}

// FreeSWITCH steps out of the sound and back in (uuid_media): its numbers go on where they were, and may be behind those of the other.
func TestAnotherSourceIsHeardAtOnceWhateverItsNumbersAre(t *testing.T) {
	var d decoder
	if err := d.follow(format(media.PCMU)); err != nil {
		t.Fatal(err)
	}
	var o orderer
	heard, samples := 0, 0
	packet := func(ssrc uint32, seq uint16, ts uint32) {
		o.put(arrival{packet: rtp.Packet{Header: rtp.Header{SSRC: ssrc, SequenceNumber: seq, Timestamp: ts}, Payload: make([]byte, 160)}})
		for a, ok := o.next(false); ok; a, ok = o.next(false) {
			samples += len(d.decode(&a.packet))
			heard++
		}
	}
	for i := range 10 {
		packet(1, 1000+uint16(i), uint32(i)*160)
	}
	for i := range 10 {
		packet(2, 900+uint16(i), 40000+uint32(i)*160)
	}
	if heard != 20 || d.lost != 0 || samples != 20*160 {
		t.Errorf("%d packets heard, %d lost, %d samples; want 20, 0 and %d", heard, d.lost, samples, 20*160)
	}
}

func TestAFullDiskEndsTheRecordingOnly(t *testing.T) {
	a, b := roomtest.Wire(format(media.PCMU), 0)
	run(t, func(ctx context.Context, start func(func(context.Context) error)) {
		l := NewListener(b, ListenerOptions{Record: fullDisk{}})
		start(NewPlayer(NewTone(880, 0.3), a).Run)
		start(func(ctx context.Context) error {
			if err := l.Run(ctx); !errors.Is(err, os.ErrPermission) {
				t.Errorf("error %v", err)
			}
			return nil
		})
		wait(2 * time.Second)
		if h := l.Measure(time.Second); math.Abs(h.Hz-880) > 1 {
			t.Errorf("heard %v", h)
		}
	})
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error)      { return 0, os.ErrPermission }
func (fullDisk) Seek(int64, int) (int64, error) { return 0, nil }

func readWAV(t *testing.T, name string) *WAV {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w, err := ReadWAV(f)
	if err != nil {
		t.Fatal(err)
	}
	return w
}
