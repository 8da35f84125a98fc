package tgcall

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"

	"switchgram/tgcall/engine"
)

const (
	ann int64 = 1
	bob int64 = 2
)

// answerAll is an OnCall that answers and stays until the end.
func answerAll(ctx context.Context, c *Call) {
	_ = c.Accept(ctx)
	<-ctx.Done()
}

// ringOn is an OnCall that lets it ring.
func ringOn(ctx context.Context, _ *Call) { <-ctx.Done() }

// later lets the test's own time pass.
func later(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// withFake runs a test in its own time, with Ann who calls and Bob who is called.
func withFake(t *testing.T, onCall func(context.Context, *Call), test func(t *testing.T, f *fakeTelegram, a, b *fakeDevice)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		a, b := f.device(ann, Options{OnCall: onCall}), f.device(bob, Options{OnCall: onCall})
		f.run(func() { test(t, f, a, b) })
	})
}

func mustDial(t *testing.T, d *fakeDevice, to int64) *Call {
	t.Helper()
	c, err := d.client.Dial(t.Context(), inputUser(to))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// talking is a call between two devices, with media at both ends.
func talking(t *testing.T, a, b *fakeDevice) (c *Call, am, bm *fakeMedia) {
	t.Helper()
	c = mustDial(t, a, b.user)
	am, bm = a.nextMedia(t), b.nextMedia(t)
	am.establish()
	bm.establish()
	synctest.Wait()
	return c, am, bm
}

// eventsOf reads a call's events until it has ended.
func eventsOf(c *Call) (names []string, end *DiscardError) {
	for e := range c.Events() {
		if e, ok := e.(Ended); ok {
			errors.As(e.Err, &end)
		}
		names = append(names, strings.TrimPrefix(fmt.Sprintf("%T", e), "tgcall."))
	}
	return names, end
}

func wantEnd(t *testing.T, c *Call, want string) *DiscardError {
	t.Helper()
	_, end := eventsOf(c)
	if end == nil || describeEnd(*end) != want {
		t.Errorf("call ended %v, want %s", end, want)
	}
	return end
}

func wantSent(t *testing.T, d *fakeDevice, method string) {
	t.Helper()
	if !slices.Contains(d.methods(), method) {
		t.Errorf("user %d sent %q, want %q among it", d.user, d.methods(), method)
	}
}

func TestACallFromDialToHangup(t *testing.T) {
	incoming := make(chan *Call, 1)
	onCall := func(ctx context.Context, c *Call) { incoming <- c; answerAll(ctx, c) }
	withFake(t, onCall, func(t *testing.T, _ *fakeTelegram, a, b *fakeDevice) {
		out, am, bm := talking(t, a, b)
		in := <-incoming
		if out.Emoji() != in.Emoji() || out.Emoji()[3] == "" || out.Version() != "13.0.0" || in.Version() != "13.0.0" {
			t.Errorf("emoji %v and %v, versions %q and %q", out.Emoji(), in.Emoji(), out.Version(), in.Version())
		}
		if string(am.config.Key) != string(bm.config.Key) || len(am.config.Key) != 256 || !am.config.Outgoing || bm.config.Outgoing {
			t.Error("the engines have no common key, or the wrong roles")
		}
		if out.ID() != in.ID() || out.Peer().ID != bob || in.Peer().ID != ann || in.Peer().FirstName != "User 1" || in.Outgoing() {
			t.Errorf("calls %d and %d, peers %+v and %+v", out.ID(), in.ID(), out.Peer(), in.Peer())
		}
		later(61 * time.Second)
		if err := out.Discard(t.Context(), Hangup); err != nil {
			t.Error(err)
		}
		wantSent(t, a, "phone.discardCall hangup 61")
		names, end := eventsOf(out)
		if got := strings.Join(names, " "); got != "Ringing Accepted Connected Ended" || describeEnd(*end) != "hangup, answered" {
			t.Errorf("caller saw %s [%s]", got, describeEnd(*end))
		}
		names, end = eventsOf(in)
		if got := strings.Join(names, " "); got != "Accepted Connected Ended" || describeEnd(*end) != "hangup, remote, answered" {
			t.Errorf("callee saw %s [%s]", got, describeEnd(*end))
		}
	})
}

func TestMediaThatGoesAndComesAndGoes(t *testing.T) {
	withFake(t, answerAll, func(t *testing.T, _ *fakeTelegram, a, b *fakeDevice) {
		c, am, _ := talking(t, a, b)
		am.lose()
		am.establish()
		am.events <- engine.PairChanged{Local: "host", Remote: "relay"}
		am.events <- engine.RemoteMedia{Muted: true}
		am.events <- engine.RemoteMedia{Muted: true, Video: "active"}
		synctest.Wait()
		if local, remote := c.Pair(); local != "host" || remote != "relay" {
			t.Errorf("pair %s %s", local, remote)
		}
		am.lose()
		synctest.Wait()
		am.fail <- engine.ErrNoMedia
		names, end := eventsOf(c)
		const want = "Ringing Accepted Connected Reconnecting Reconnected PairChanged RemoteMuted Reconnecting Ended"
		if got := strings.Join(names, " "); got != want || !errors.Is(end, ErrNoMedia) || end.Reason != Disconnect {
			t.Errorf("events %s [%v]", got, end)
		}
		wantSent(t, a, "phone.discardCall disconnect 0")
	})
}

func TestAnEngineThatCannotBeMade(t *testing.T) {
	withFake(t, answerAll, func(t *testing.T, _ *fakeTelegram, a, _ *fakeDevice) {
		a.client.newMedia = func(engine.Config) (media, error) { return nil, errTest }
		wantEnd(t, mustDial(t, a, bob), "disconnect, answered: media: oops")
	})
}

func TestWhatIsSetBeforeMediaRunsCounts(t *testing.T) {
	withFake(t, answerAll, func(t *testing.T, f *fakeTelegram, a, _ *fakeDevice) {
		f.delay("phone.confirmCall", time.Second)
		c := mustDial(t, a, bob)
		heard := 0
		c.OnRTP(func(*rtp.Packet) { heard++ })
		c.Mute(true)
		if err := c.WriteRTP(&rtp.Packet{}); !errors.Is(err, engine.ErrNotReady) {
			t.Errorf("write before media: %v", err)
		}
		m := a.nextMedia(t)
		m.establish()
		synctest.Wait()
		m.receiver(&rtp.Packet{})
		if heard != 1 || !m.isMuted() || c.Stats().Sent != 7 {
			t.Errorf("heard %d, muted %v, stats %+v", heard, m.isMuted(), c.Stats())
		}
		c.Mute(false)
		if err := c.WriteRTP(&rtp.Packet{}); err != nil || m.isMuted() {
			t.Errorf("write: %v, muted %v", err, m.isMuted())
		}
		_ = c.Discard(t.Context(), Hangup)
	})
}
