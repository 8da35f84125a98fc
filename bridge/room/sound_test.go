package room_test

import (
	"context"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"switchgram/bridge/media"
	"switchgram/bridge/room"
	"switchgram/bridge/room/roomtest"
	"switchgram/bridge/sound"
)

func TestBothSidesHearEachOtherSoon(t *testing.T) {
	telegram := media.Format{Codec: media.Opus, ClockRate: media.OpusRate, Channels: 2, PTime: 60 * time.Millisecond}
	for _, c := range []struct {
		codec media.Codec
		clock int
		path  string
		most  time.Duration // one way, wires and codecs included: 10 ms and 6.5 ms
	}{
		{media.Opus, media.OpusRate, "relay opus", 20 * time.Millisecond},
		{media.PCMU, 8000, "transcode opus>PCMU", 110 * time.Millisecond},
		{media.PCMA, 8000, "transcode opus>PCMA", 110 * time.Millisecond},
		{media.G722, 8000, "transcode opus>G722", 110 * time.Millisecond},
	} {
		t.Run(c.codec.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				// given: a call between Telegram and a telephone
				telephone := media.Format{Codec: c.codec, ClockRate: c.clock, Channels: 1, PTime: 20 * time.Millisecond}
				ann, atAnn := roomtest.Wire(telegram, 5*time.Millisecond)
				bob, atBob := roomtest.Wire(telephone, 5*time.Millisecond)
				r := room.New(room.Options{})
				sa, sb := r.Add(atAnn, room.Talk), r.Add(atBob, room.Talk)
				a, b := person(t, ann, 533), person(t, bob, 811)
				wait(3 * time.Second)
				// then: each hears the other's tone
				a.hears(t, 811)
				b.hears(t, 533)
				if r.Path() != c.path || sa.Stats().Lost+sa.Stats().Concealed+sb.Stats().Lost+sb.Stats().Concealed != 0 {
					t.Errorf("path %q; ann %+v, bob %+v", r.Path(), sa.Stats(), sb.Stats())
				}
				// and soon
				for _, way := range []struct{ from, to *someone }{{a, b}, {b, a}} {
					if d, err := sound.Delay(t.Context(), way.from.player, way.to.listener, 1500); err != nil || d > c.most || d < 10*time.Millisecond {
						t.Errorf("delay %v, %v; want %v at most", d, err, c.most)
					}
				}
				a.leave()
				b.leave()
				r.Close()
				wait(time.Second)
			})
		})
	}
}

// A someone plays a tone and listens.
type someone struct {
	player   *sound.Player
	listener *sound.Listener
	leave    func()
}

func person(t *testing.T, end *roomtest.End, hz float64) *someone {
	t.Helper()
	p := &someone{player: sound.NewPlayer(sound.NewTone(hz, 0.3), end), listener: sound.NewListener(end, sound.ListenerOptions{})}
	ctx, cancel := context.WithCancel(context.Background())
	var both sync.WaitGroup
	for _, run := range []func(context.Context) error{p.player.Run, p.listener.Run} {
		both.Go(func() {
			if err := run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	p.leave = func() {
		cancel()
		both.Wait()
	}
	return p
}

func (p *someone) hears(t *testing.T, hz float64) {
	t.Helper()
	if h := p.listener.Measure(time.Second); math.Abs(h.Hz-hz) > 1 || h.Share < 0.95 || math.Abs(h.Level+10.5) > 1.5 || p.listener.Lost() != 0 {
		t.Errorf("heard %v, %d packets lost; want %.0f Hz at -10.5 dB", h, p.listener.Lost(), hz)
	}
}

func wait(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}
