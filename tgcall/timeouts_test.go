package tgcall

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/gotd/td/tg"
)

// givesUpAfter dials somebody who has no device and tells when that was given up.
func givesUpAfter(t *testing.T, d *fakeDevice) time.Duration {
	t.Helper()
	start := time.Now()
	wantEnd(t, mustDial(t, d, 3), "missed: "+ErrNoDevice.Error())
	return time.Since(start)
}

func TestTimeoutsAreTelegrams(t *testing.T) {
	withFake(t, ringOn, func(t *testing.T, f *fakeTelegram, a, _ *fakeDevice) {
		synctest.Wait()
		if got := givesUpAfter(t, a); got != 20*time.Second {
			t.Errorf("while Telegram has said nothing: %v", got)
		}
		f.tell(&tg.Config{CallReceiveTimeoutMs: 7000, CallRingTimeoutMs: 50_000, CallConnectTimeoutMs: 12_000})
		later(configAgain)
		if got, want := a.client.patience.get(), (Timeouts{
			Receive: 7 * time.Second, Ring: 50 * time.Second, Exchange: 7 * time.Second, Connect: 12 * time.Second,
		}); got != want {
			t.Errorf("timeouts %+v, want %+v", got, want)
		}
		if got := givesUpAfter(t, a); got != 7*time.Second {
			t.Errorf("once Telegram has said 7 s: %v", got)
		}
		f.tell(&tg.Config{CallReceiveTimeoutMs: 9000, CallRingTimeoutMs: -1, CallConnectTimeoutMs: 1 << 40})
		later(configFresh)
		if got, want := a.client.patience.get(), (Timeouts{
			Receive: 9 * time.Second, Ring: 90 * time.Second, Exchange: 9 * time.Second, Connect: 30 * time.Second,
		}); got != want {
			t.Errorf("a day later, and partly nonsense: %+v, want %+v", got, want)
		}
	})
}

func TestTimeoutsOfOurOwnComeFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		f.tell(&tg.Config{CallReceiveTimeoutMs: 7000})
		a := f.device(ann, Options{Timeouts: Timeouts{Receive: 3 * time.Second, Exchange: time.Second}})
		f.run(func() {
			synctest.Wait()
			if got := givesUpAfter(t, a); got != 3*time.Second || a.client.patience.get().Exchange != time.Second {
				t.Errorf("%v, %+v", got, a.client.patience.get())
			}
		})
	})
}

func TestTheEngineIsToldHowLongACallMayGoWithoutMedia(t *testing.T) {
	withFake(t, answerAll, func(t *testing.T, _ *fakeTelegram, a, b *fakeDevice) {
		a.client.o.Timeouts.Media = time.Minute
		_, am, bm := talking(t, a, b)
		if am.config.NoMedia != time.Minute || bm.config.NoMedia != 0 {
			t.Errorf("%s, and %s where nothing is said", am.config.NoMedia, bm.config.NoMedia)
		}
	})
}
