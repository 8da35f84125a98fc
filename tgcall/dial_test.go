package tgcall

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/gotd/td/tgerr"
)

func TestADialThatTelegramRefuses(t *testing.T) {
	for name, want := range map[string]error{
		"USER_PRIVACY_RESTRICTED": ErrPrivacy, "USER_IS_BLOCKED": ErrBlocked, "PARTICIPANT_VERSION_OUTDATED": ErrOutdated,
		"USER_ID_INVALID": ErrNobody, "INPUT_USER_DEACTIVATED": ErrNobody, "CALL_PROTOCOL_COMPAT_LAYER_INVALID": ErrOutdated,
		"CALL_PROTOCOL_FLAGS_INVALID": nil, "CALL_PROTOCOL_LAYER_INVALID": nil, // nobody's fault but ours: the name is all there is to say
	} {
		withFake(t, ringOn, func(t *testing.T, f *fakeTelegram, a, _ *fakeDevice) {
			f.fail("phone.requestCall", tgerr.New(403, name))
			_, err := a.client.Dial(t.Context(), inputUser(bob))
			if want != nil && !errors.Is(err, want) || !tgerr.Is(err, name) {
				t.Errorf("%s: %v", name, err)
			}
			if a.count("phone.discardCall") > 0 {
				t.Errorf("%s: sent %q", name, a.methods())
			}
		})
	}
}

func TestADialThatTelegramFailsAtIsTriedAgainOnce(t *testing.T) {
	for _, name := range []string{"PARTICIPANT_CALL_FAILED", "RANDOM_ID_DUPLICATE"} {
		withFake(t, ringOn, func(t *testing.T, f *fakeTelegram, a, _ *fakeDevice) {
			fault := tgerr.New(500, name)
			f.fail("phone.requestCall", fault)
			_ = mustDial(t, a, bob).Discard(t.Context(), Missed)
			f.fail("phone.requestCall", fault, fault)
			if _, err := a.client.Dial(t.Context(), inputUser(bob)); !tgerr.Is(err, name) {
				t.Errorf("second failure: %v", err)
			}
			if ids := a.randomIDs(); len(ids) != 4 || slices.Max(ids) > 1<<31-1 || slices.Min(ids) < 1 || len(slices.Compact(slices.Sorted(slices.Values(ids)))) != 4 {
				t.Errorf("random ids %v", ids)
			}
		})
	}
}

func TestAfterAFloodWaitTheMethodIsLeftAlone(t *testing.T) {
	withFake(t, ringOn, func(t *testing.T, f *fakeTelegram, a, _ *fakeDevice) {
		f.fail("phone.requestCall", tgerr.New(420, "FLOOD_WAIT_60"))
		var flood *FloodError
		if _, err := a.client.Dial(t.Context(), inputUser(bob)); !errors.As(err, &flood) || flood.Wait != time.Minute {
			t.Errorf("first: %v", err)
		}
		later(20 * time.Second)
		_, err := a.client.Dial(t.Context(), inputUser(bob))
		if !errors.As(err, &flood) || flood.Wait != 40*time.Second || a.count("phone.requestCall") != 1 {
			t.Errorf("20 s later: %v; sent %q", err, a.methods())
		}
		later(40 * time.Second)
		_ = mustDial(t, a, bob).Discard(t.Context(), Missed)
	})
}

func TestGivingUpWhileDialing(t *testing.T) {
	for name, c := range map[string]struct {
		slow time.Duration
		want bool // Telegram hears of it
	}{"answer in time": {3 * time.Second, true}, "answer late": {time.Minute, true}, "no answer": {time.Hour, false}} {
		t.Run(name, func(t *testing.T) {
			withFake(t, ringOn, func(t *testing.T, f *fakeTelegram, a, _ *fakeDevice) {
				f.delay("phone.requestCall", c.slow)
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				if _, err := a.client.Dial(ctx, inputUser(bob)); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("dial: %v", err)
				}
				later(2 * time.Minute)
				if got := a.count("phone.discardCall missed 0") == 1; got != c.want {
					t.Errorf("sent %q", a.methods())
				}
			})
		})
	}
}
