package tgcall

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"switchgram/tgcall/engine"
)

func TestUpdatesThatComeBeforeTheAnswerToDial(t *testing.T) {
	withFake(t, answerAll, func(t *testing.T, f *fakeTelegram, a, b *fakeDevice) {
		f.delay("phone.requestCall", 3*time.Second) // Bob has rung and answered by then
		c, _, _ := talking(t, a, b)
		_ = c.Discard(t.Context(), Hangup)
		names, _ := eventsOf(c)
		if got := strings.Join(names, " "); got != "Ringing Accepted Connected Ended" {
			t.Errorf("events %s", got)
		}
	})
}

func TestACallEndedBeforeTheAnswerToDial(t *testing.T) {
	decline := func(context.Context, *Call) {}
	withFake(t, decline, func(t *testing.T, f *fakeTelegram, a, _ *fakeDevice) {
		f.delay("phone.requestCall", 3*time.Second)
		wantEnd(t, mustDial(t, a, bob), "busy, remote")
	})
}

func TestEarlySignallingIsKeptOldestFirst(t *testing.T) {
	withFake(t, answerAll, func(t *testing.T, f *fakeTelegram, a, b *fakeDevice) {
		f.delay("phone.acceptCall", 5*time.Second) // Bob's key has to wait for the answer
		c := mustDial(t, a, bob)
		am := a.nextMedia(t)
		for i := range 70 {
			if err := am.config.Send(t.Context(), fmt.Append(nil, i)); err != nil {
				t.Fatal(err)
			}
		}
		got := b.nextMedia(t)
		synctest.Wait()
		if list := got.received(); len(list) != 64 || list[0] != "0" || list[63] != "63" {
			t.Errorf("%d blobs kept: %q", len(list), list)
		}
		_ = am.config.Send(t.Context(), []byte("late"))
		synctest.Wait()
		if list := got.received(); list[len(list)-1] != "late" {
			t.Errorf("a blob after the key: %q", list)
		}
		_ = c.Discard(t.Context(), Hangup)
	})
}

func TestSignallingIsTriedAgainOnceOnTelegramsFailure(t *testing.T) {
	withFake(t, answerAll, func(t *testing.T, f *fakeTelegram, a, b *fakeDevice) {
		c, am, _ := talking(t, a, b)
		for _, step := range []struct {
			fault error
			calls int
			fails bool
		}{
			{tgerr.New(500, "INTERNAL"), 2, false},
			{errors.New("connection lost"), 2, false},
			{tgerr.New(400, "DATA_INVALID"), 1, true},
		} {
			before := a.count("phone.sendSignalingData")
			f.fail("phone.sendSignalingData", step.fault)
			err := am.config.Send(t.Context(), []byte("x"))
			if n := a.count("phone.sendSignalingData") - before; n != step.calls || (err != nil) != step.fails {
				t.Errorf("%v: %d requests, %v", step.fault, n, err)
			}
		}
		_ = c.Discard(t.Context(), Hangup)
	})
}

func TestSignallingOfACallThatIsOverEndsTheEngine(t *testing.T) {
	withFake(t, answerAll, func(t *testing.T, f *fakeTelegram, a, b *fakeDevice) {
		c, am, _ := talking(t, a, b)
		f.fail("phone.sendSignalingData", tgerr.New(400, "CALL_NOT_ACTIVE"))
		if err := am.config.Send(t.Context(), []byte("x")); !errors.Is(err, engine.ErrSignalling) {
			t.Errorf("error %v, want %v", err, engine.ErrSignalling)
		}
		_ = c.Discard(t.Context(), Hangup)
	})
}

// wrongExchanges are ways in which a server, or somebody in between, can spoil the key.
var wrongExchanges = []struct {
	name     string
	mangle   func(tg.PhoneCallClass)
	byCallee bool // the callee notices; otherwise the caller
	end      string
}{
	{"value does not match its hash", func(c tg.PhoneCallClass) {
		if c, ok := c.(*tg.PhoneCall); ok && c.AccessHash%1000 == bob {
			c.GAOrB = append([]byte{c.GAOrB[0] ^ 1}, c.GAOrB[1:]...)
		}
	}, true, "disconnect, answered: key exchange is wrong: value does not match its hash"},
	{"fingerprint differs for the callee", func(c tg.PhoneCallClass) {
		if c, ok := c.(*tg.PhoneCall); ok && c.AccessHash%1000 == bob {
			c.KeyFingerprint++
		}
	}, true, "disconnect, answered: key exchange is wrong: key fingerprints differ"},
	{"fingerprint differs for the caller", func(c tg.PhoneCallClass) {
		if c, ok := c.(*tg.PhoneCall); ok && c.AccessHash%1000 == ann {
			c.KeyFingerprint++
		}
	}, false, "disconnect, answered: key exchange is wrong: key fingerprints differ"},
	{"value out of range", func(c tg.PhoneCallClass) {
		if c, ok := c.(*tg.PhoneCallAccepted); ok {
			c.GB = []byte{1}
		}
	}, false, "disconnect, answered: key exchange is wrong: value out of range"},
	{"value out of range for the callee", func(c tg.PhoneCallClass) {
		switch c := c.(type) {
		case *tg.PhoneCallRequested:
			sum := sha256.Sum256([]byte{1})
			c.GAHash = sum[:]
		case *tg.PhoneCall:
			if c.AccessHash%1000 == bob {
				c.GAOrB = []byte{1}
			}
		}
	}, true, "disconnect, answered: key exchange is wrong: value out of range"},
	{"value too long", func(c tg.PhoneCallClass) {
		if c, ok := c.(*tg.PhoneCallAccepted); ok {
			c.GB = make([]byte, 257)
		}
	}, false, "disconnect, answered: key exchange is wrong: value of 257 bytes"},
	{"somebody else answered", func(c tg.PhoneCallClass) {
		if c, ok := c.(*tg.PhoneCallAccepted); ok {
			c.ParticipantID++
		}
	}, false, "disconnect, answered: key exchange is wrong: it is another call's"},
	{"another call's access hash", func(c tg.PhoneCallClass) {
		if c, ok := c.(*tg.PhoneCall); ok && c.AccessHash%1000 == bob {
			c.AccessHash++
		}
	}, true, "disconnect, answered: key exchange is wrong: it is another call's"},
	{"a version we do not speak", func(c tg.PhoneCallClass) {
		if c, ok := c.(*tg.PhoneCall); ok {
			c.Protocol.LibraryVersions = []string{"11.0.0"}
		}
	}, true, `disconnect, answered: telegram chose a version we do not speak: ["11.0.0"]`},
}

func TestAWrongKeyExchangeEndsTheCall(t *testing.T) {
	for _, c := range wrongExchanges {
		t.Run(c.name, func(t *testing.T) {
			incoming := make(chan *Call, 1)
			onCall := func(ctx context.Context, c *Call) { incoming <- c; answerAll(ctx, c) }
			withFake(t, onCall, func(t *testing.T, f *fakeTelegram, a, _ *fakeDevice) {
				f.mangle = c.mangle
				call := mustDial(t, a, bob)
				if c.byCallee {
					call = <-incoming
				}
				if end := wantEnd(t, call, c.end); !errors.Is(end, ErrExchange) && !errors.Is(end, ErrVersion) {
					t.Errorf("%v is neither %v nor %v", end, ErrExchange, ErrVersion)
				}
			})
		})
	}
}

func TestUpdatesBeforeRunWaitForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		a, b := f.device(ann, Options{}), f.device(bob, Options{OnCall: ringOn})
		f.requestCall(a, &tg.PhoneRequestCallRequest{UserID: inputUser(bob), GAHash: make([]byte, 32)})
		b.client.Handle(t.Context(), tg.Entities{}, <-b.updates)
		f.run(func() { synctest.Wait() })
		wantSent(t, b, "phone.receivedCall")
	})
}

func TestACallerIsNeverAskedTwiceForItsKey(t *testing.T) {
	withFake(t, answerAll, func(t *testing.T, _ *fakeTelegram, a, b *fakeDevice) {
		c, _, _ := talking(t, a, b)
		a.updates <- &tg.UpdatePhoneCall{PhoneCall: &tg.PhoneCallAccepted{ID: c.ID(), AccessHash: c.hash, AdminID: ann, ParticipantID: bob, GB: []byte{1}}}
		a.updates <- &tg.UpdatePhoneCall{PhoneCall: &tg.PhoneCall{ID: c.ID()}}
		synctest.Wait()
		if a.count("phone.confirmCall") != 1 || a.count("phone.discardCall") != 0 {
			t.Errorf("sent %q", a.methods())
		}
		a.updates <- &tg.UpdatePhoneCall{PhoneCall: &tg.PhoneCallEmpty{ID: c.ID()}}
		wantEnd(t, c, "no reason, remote, answered")
	})
}
