package tones_test

import (
	"context"
	"strings"
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
		cut := false
		b.Lose(func(int) bool { return cut })
		near, far := tones.NewEnd(a, 440), tones.NewEnd(b, 700)
		defer near.Run(t.Context())()
		defer far.Run(t.Context())()
		if err := near.Hears(t.Context(), 700); err != nil {
			t.Error(err)
		}
		if err := near.Hears(t.Context(), 440); err == nil || !strings.Contains(err.Error(), "heard 700 Hz, played 440") {
			t.Errorf("%v, want that it heard the other", err)
		}
		if err := near.HearsNothing(t.Context()); err == nil || !strings.Contains(err.Error(), "700 Hz, not silence") {
			t.Errorf("%v, want that it is not silent", err)
		}
		synctest.Wait()
		cut = true
		if err := near.HearsNothing(t.Context()); err != nil {
			t.Error(err)
		}
		if err := near.Hears(t.Context(), 700); err == nil {
			t.Error("heard 700 Hz of a cut wire")
		}
	})
}

func TestListeningEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _ := roomtest.Wire(opus, way)
		e := tones.NewEnd(a, 440)
		defer e.Run(t.Context())()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := e.Hears(ctx, 440); err == nil {
			t.Error("heard something")
		}
	})
}
