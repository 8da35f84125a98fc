package gotdcalls

import (
	"context"
	"errors"
	"math"
	"sync"
	"testing"
	"time"

	"switchgram/bridge/leg"
	"switchgram/bridge/sound"
	"switchgram/tgcall"
	"switchgram/tgcall/testnet"
)

// patience is a safety net: no test waits so long unless something is broken.
const patience = 90 * time.Second

func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// versions that gotd speaks.
var versions = []string{"9.0.0", "8.0.0"}

// house is a network with Ann, who has our client, and Bob, who has gotd's.
type house struct {
	ann   *testnet.Phone
	bob   *gotd
	toAnn chan *tgcall.Call
	toBob chan *gotdSound
}

func newHouse(t *testing.T, version string) *house {
	t.Helper()
	n, err := testnet.Start(context.WithoutCancel(t.Context()), testnet.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	ann := n.AddUser(testnet.UserOptions{Phone: "4930111111", Username: "ann"})
	bob := n.AddUser(testnet.UserOptions{Phone: "4930222222", Username: "bob"})
	h := &house{toAnn: make(chan *tgcall.Call, 1), toBob: make(chan *gotdSound, 1)}
	h.ann, err = ann.Phone(t.Context(), testnet.PhoneOptions{Outside: true, Versions: []string{version}, OnCall: func(ctx context.Context, c *tgcall.Call) {
		h.toAnn <- c
		if c.Accept(ctx) == nil {
			<-ctx.Done()
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.ann.Close)
	h.bob = newGotd(t, n, bob, func(c *gotdSound) { h.toBob <- c })
	return h
}

func TestWeCallGotd(t *testing.T) {
	for _, v := range versions {
		for who, hangsUp := range map[string]func(*house, *tgcall.Call){
			"we hang up":    func(_ *house, c *tgcall.Call) { _ = c.Discard(context.Background(), tgcall.Hangup) },
			"gotd hangs up": func(h *house, _ *tgcall.Call) { h.bob.hangUp() },
		} {
			t.Run(v+"/"+who, func(t *testing.T) {
				h := newHouse(t, v)
				call, err := h.ann.Dial(testContext(t), "@bob")
				if err != nil {
					t.Fatal(err)
				}
				conn := <-h.toBob
				<-conn.listens
				ann, bob := talk(t, "ann", 440, call), talk(t, "bob", 880, conn)
				ann.hears(bob)
				bob.hears(ann)
				if call.Version() != v {
					t.Errorf("version %s, want %s", call.Version(), v)
				}
				over := make(chan struct{})
				conn.OnDisconnected(func() { close(over) })
				hangsUp(h, call)
				wantHangup(t, call)
				<-over
			})
		}
	}
}

// TestGotdCallsUs: sound goes one way only, whoever answers. Of an answer to its offer gotd takes the SSRC, which is, as Telegram has it,
// gotd's own, for that of our sound; at the offer of our sound, which comes after, it does not look.
func TestGotdCallsUs(t *testing.T) {
	for _, v := range versions {
		t.Run(v, func(t *testing.T) {
			h := newHouse(t, v)
			conn := h.bob.dial("ann")
			call := <-h.toAnn
			ann, bob := talk(t, "ann", 440, call), talk(t, "bob", 880, conn)
			ann.hears(bob)
			h.bob.hangUp()
			wantHangup(t, call)
		})
	}
}

func wantHangup(t *testing.T, c *tgcall.Call) {
	t.Helper()
	for {
		select {
		case e := <-c.Events():
			var end *tgcall.DiscardError
			if ended, ok := e.(tgcall.Ended); ok {
				if !errors.As(ended.Err, &end) || end.Reason != tgcall.Hangup {
					t.Errorf("the call ended with %v", ended.Err)
				}
				return
			}
		case <-testContext(t).Done():
			t.Fatal("the call does not end")
		}
	}
}

// end is one end of a call, which says a tone and listens.
type end struct {
	t        *testing.T
	who      string
	hz       float64
	listener *sound.Listener
}

// talk says a tone until the test ends.
func talk(t *testing.T, who string, hz float64, by leg.TelegramSound) *end {
	t.Helper()
	stream := leg.TelegramStream(by)
	e := &end{t: t, who: who, hz: hz, listener: sound.NewListener(stream, sound.ListenerOptions{})}
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	for _, run := range []func(context.Context) error{e.listener.Run, sound.NewPlayer(sound.NewTone(hz, 0.3), stream).Run} {
		group.Go(func() {
			if err := run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(func() { cancel(); group.Wait() })
	return e
}

// hears waits for the tone of another.
func (e *end) hears(other *end) {
	e.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	giveUp := testContext(e.t)
	for heard := e.listener.Measure(time.Second / 2); math.Abs(heard.Hz-other.hz) > 3; heard = e.listener.Measure(time.Second / 2) {
		select {
		case <-tick.C:
		case <-giveUp.Done():
			e.t.Fatalf("%s hears %v, not the %v Hz of %s", e.who, heard, other.hz, other.who)
		}
	}
}
