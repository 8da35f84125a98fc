package tgcall

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/gotd/td/tgerr"
)

func TestADialThatTelegramRefuses(t *testing.T) {
	for name, want := range map[string]error{
		"USER_PRIVACY_RESTRICTED": ErrPrivacy, "USER_IS_BLOCKED": ErrBlocked, "PARTICIPANT_VERSION_OUTDATED": ErrOutdated,
		"USER_ID_INVALID": ErrNobody, "INPUT_USER_DEACTIVATED": ErrNobody,
	} {
		withFake(t, ringOn, func(t *testing.T, f *fakeTelegram, a, _ *fakeDevice) {
			f.fail("phone.requestCall", tgerr.New(403, name))
			_, err := a.client.Dial(t.Context(), inputUser(bob))
			if !errors.Is(err, want) || !tgerr.Is(err, name) {
				t.Errorf("%s: %v", name, err)
			}
			if a.count("phone.discardCall") > 0 {
				t.Errorf("%s: sent %q", name, a.methods())
			}
		})
	}
}

func TestADialThatTelegramFailsAtIsTriedAgainOnce(t *testing.T) {
	withFake(t, ringOn, func(t *testing.T, f *fakeTelegram, a, _ *fakeDevice) {
		fault := tgerr.New(500, "PARTICIPANT_CALL_FAILED")
		f.fail("phone.requestCall", fault)
		c := mustDial(t, a, bob)
		_ = c.Discard(t.Context(), Missed)
		f.fail("phone.requestCall", fault, fault)
		if _, err := a.client.Dial(t.Context(), inputUser(bob)); !tgerr.Is(err, "PARTICIPANT_CALL_FAILED") {
			t.Errorf("second failure: %v", err)
		}
	})
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
	}{"answer in time": {3 * time.Second, true}, "answer too late": {time.Minute, false}} {
		t.Run(name, func(t *testing.T) {
			withFake(t, ringOn, func(t *testing.T, f *fakeTelegram, a, _ *fakeDevice) {
				f.delay("phone.requestCall", c.slow)
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				if _, err := a.client.Dial(ctx, inputUser(bob)); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("dial: %v", err)
				}
				later(10 * time.Second)
				if got := a.count("phone.discardCall missed 0") == 1; got != c.want {
					t.Errorf("sent %q", a.methods())
				}
			})
		})
	}
}
