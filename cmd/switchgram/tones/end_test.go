package tones_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"switchgram/bridge/media"
	"switchgram/bridge/room/roomtest"
	"switchgram/cmd/switchgram/tones"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var opus = media.Format{Codec: media.Opus, ClockRate: 48000, Channels: 2, PTime: 20 * time.Millisecond}

// way is how long a packet is on its way.
const way = 40 * time.Millisecond

func TestBothHearEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := roomtest.Wire(opus, way)
		byA, byB := tones.Converse(t.Context(), a, b)
		for who, h := range map[string]*tones.Heard{"a": byA, "b": byB} {
			if p := h.Problem(); p != "" {
				t.Errorf("%s %s", who, p)
			}
			if h.DelayMS < 40 || h.DelayMS > 80 {
				t.Errorf("%s heard it %.0f ms later, want 40 and what the codec takes", who, h.DelayMS)
			}
		}
	})
}

func TestADeadWireIsSaidToBeSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := roomtest.Wire(opus, way)
		a.Lose(func(int) bool { return true })
		byA, byB := tones.Converse(t.Context(), a, b)
		if p := byA.Problem(); p != "" {
			t.Errorf("a %s", p)
		}
		if p := byB.Problem(); !strings.HasPrefix(p, "heard nothing") {
			t.Errorf("b %q, want that it heard nothing", p)
		}
	})
}

func TestAnEndTellsTheOthersToneFromItsOwnAndFromSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := roomtest.Wire(opus, way)
		var cut atomic.Bool
		b.Lose(func(int) bool { return cut.Load() })
		near, far := tones.NewEnd(a, 440), tones.NewEnd(b, 700)
		defer near.Run(t.Context())()
		defer far.Run(t.Context())()
		if err := near.Hears(t.Context(), 700); err != nil {
			t.Error(err)
		}
		if err := near.Hears(soon(t), 440); err == nil || !strings.Contains(err.Error(), "heard 700 Hz, played 440") {
			t.Errorf("%v, want that it heard the other", err)
		}
		if err := near.HearsNo(soon(t), 700); err == nil || !strings.Contains(err.Error(), "still hears 700 Hz") {
			t.Errorf("%v, want that it hears the other", err)
		}
		cut.Store(true)
		if err := near.HearsNo(t.Context(), 700); err != nil {
			t.Error(err)
		}
		if err := near.Hears(soon(t), 700); err == nil {
			t.Error("heard 700 Hz of a cut wire")
		}
	})
}

// soon is for what will never be heard.
func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	t.Cleanup(cancel)
	return ctx
}
