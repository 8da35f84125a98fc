package sound

import (
	"context"
	"math"
	"testing"
	"time"

	"switchgram/bridge/media"
	"switchgram/bridge/room/roomtest"
)

func TestAToneIsHeardAsItWasPlayed(t *testing.T) {
	for _, c := range []media.Codec{media.Opus, media.PCMU, media.PCMA, media.G722} {
		t.Run(c.String(), func(t *testing.T) {
			a, b := roomtest.Wire(format(c), time.Millisecond)
			run(t, func(_ context.Context, start func(func(context.Context) error)) {
				l := NewListener(b, ListenerOptions{})
				start(l.Run)
				start(NewPlayer(NewTone(733, 0.25), a).Run)
				wait(2 * time.Second)
				h := l.Measure(time.Second)
				if math.Abs(h.Hz-733) > 1 || math.Abs(h.Level+12) > 1 || h.Share < 0.98 {
					t.Errorf("heard %v, want 733 Hz at -12 dB", h)
				}
				if l.Lost() != 0 || l.Received() < 100 {
					t.Errorf("%d packets, %d lost", l.Received(), l.Lost())
				}
			})
		})
	}
}

func TestPacketsArePacedAndUnbroken(t *testing.T) {
	for ms, step := range map[time.Duration]uint32{20: 960, 60: 2880, 10: 480, 0: 960} {
		f := format(media.Opus)
		f.PTime = ms * time.Millisecond
		a, _ := roomtest.Wire(f, 0)
		run(t, func(_ context.Context, start func(func(context.Context) error)) {
			start(NewPlayer(NewTone(400, 0.3).Swell(time.Second), a).Run)
			wait(1190 * time.Millisecond)
			sent := a.Sent()
			if want := int(57600 / step); len(sent) != want {
				t.Errorf("%d packets of %d ms in 1.2 s, want %d", len(sent), ms, want)
			}
			for i, h := range sent[1:] {
				if h.SequenceNumber-sent[i].SequenceNumber != 1 || h.Timestamp-sent[i].Timestamp != step {
					t.Fatalf("packet %d breaks the stream", i+1)
				}
			}
		})
	}
}

func TestAPlayerWaitsForACodecAndFollowsIt(t *testing.T) {
	a, b := roomtest.Wire(media.Format{}, 0)
	run(t, func(_ context.Context, start func(func(context.Context) error)) {
		l := NewListener(b, ListenerOptions{})
		start(l.Run)
		start(NewPlayer(NewTone(500, 0.3), a).Run)
		wait(time.Second)
		if n := l.Received(); n != 0 {
			t.Errorf("%d packets without a codec", n)
		}
		for _, c := range []media.Codec{media.PCMU, media.Opus} {
			a.SetFormat(format(c))
			b.SetFormat(format(c))
			wait(1500 * time.Millisecond)
			if h := l.Measure(time.Second); math.Abs(h.Hz-500) > 1 {
				t.Errorf("%v: heard %v", c, h)
			}
		}
	})
}

func TestAnEchoComesBack(t *testing.T) {
	a, b := roomtest.Wire(format(media.PCMA), 30*time.Millisecond)
	run(t, func(_ context.Context, start func(func(context.Context) error)) {
		there, here := NewListener(b, ListenerOptions{}), NewListener(a, ListenerOptions{})
		start(there.Run)
		start(here.Run)
		start(NewPlayer(there.Echo(), b).Run)
		start(NewPlayer(NewTone(620, 0.3), a).Run)
		wait(3 * time.Second)
		if h := here.Measure(time.Second); math.Abs(h.Hz-620) > 1 || h.Share < 0.97 {
			t.Errorf("heard %v, want 620 Hz", h)
		}
	})
}

func TestDelayIsMeasured(t *testing.T) {
	for c, own := range map[media.Codec]time.Duration{media.Opus: 6500 * time.Microsecond, media.PCMU: 0, media.G722: 1400 * time.Microsecond} {
		for _, on := range []time.Duration{0, 37 * time.Millisecond, 250 * time.Millisecond} {
			a, b := roomtest.Wire(format(c), on)
			run(t, func(ctx context.Context, start func(func(context.Context) error)) {
				l, p := NewListener(b, ListenerOptions{}), NewPlayer(NewTone(440, 0.3), a)
				start(l.Run)
				start(p.Run)
				wait(time.Second)
				for range 2 {
					d, err := Delay(ctx, p, l, 1300)
					if off := d - on - own; err != nil || off > 2*time.Millisecond || off < -2*time.Millisecond {
						t.Errorf("%v: %v, %v; want %v", c, d, err, on+own)
					}
				}
			})
		}
	}
}

func TestDelayEndsWithItsContext(t *testing.T) {
	a, b := roomtest.Wire(format(media.PCMU), 0)
	a.Lose(func(int) bool { return true })
	run(t, func(ctx context.Context, start func(func(context.Context) error)) {
		l, p := NewListener(b, ListenerOptions{}), NewPlayer(Silence{}, a)
		start(l.Run)
		start(p.Run)
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		if d, err := Delay(ctx, p, l, 1300); err == nil {
			t.Errorf("a delay of %v over a wire that is cut", d)
		}
	})
}
