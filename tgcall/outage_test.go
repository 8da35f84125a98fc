package tgcall_test

import (
	"crypto/rand"
	"errors"
	"testing"

	"switchgram/tgcall"
	"switchgram/tgcall/engine"
	"switchgram/tgcall/testnet"
)

// TestACallOutlivesTheConnectionToTelegram cuts the MTProto connection of one side in mid-call. Sound goes on, and so does what the two
// engines tell each other of their microphones.
func TestACallOutlivesTheConnectionToTelegram(t *testing.T) {
	for _, version := range []string{"13.0.0", "9.0.0"} {
		t.Run(version, func(t *testing.T) {
			w := newWorld(t, testnet.Options{})
			o := testnet.PhoneOptions{Versions: []string{version}}
			out, in := conversation(t, w, o, o)
			for range 2 {
				plugIn := w.Unplug(w.ann)
				until(t, func() bool { return w.ann.Online() == 0 })
				listen(in).wantHeard(t, "the callee, while the caller is cut off")
				out.Mute(true)
				event[tgcall.RemoteMuted](t, in)
				out.Mute(false)
				event[tgcall.RemoteMuted](t, in)
				plugIn()
				until(t, func() bool { return w.ann.Online() == 1 })
			}
			if err := out.Discard(testContext(t), tgcall.Hangup); err != nil {
				t.Error(err)
			}
			wantEnd(t, in, tgcall.DiscardError{Reason: tgcall.Hangup, Remote: true, Answered: true})
		})
	}
}

// TestACallIsSetUpThoughTheConnectionBreaks cuts one side off at every step, for as long as it takes to notice.
func TestACallIsSetUpThoughTheConnectionBreaks(t *testing.T) {
	for _, step := range []string{"phone.requestCall", "phone.receivedCall", "phone.acceptCall", "phone.confirmCall", "phone.sendSignalingData"} {
		for _, who := range []string{"caller", "callee"} {
			t.Run(step+" "+who, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, testnet.Options{})
				phone(t, w.bob, testnet.PhoneOptions{OnCall: testnet.Echo})
				ann := phone(t, w.ann, testnet.PhoneOptions{})
				victim := w.ann
				if who == "callee" {
					victim = w.bob
				}
				dialled := make(chan *tgcall.Call, 1)
				go func() {
					c, err := ann.Dial(testContext(t), "@bob")
					if err != nil {
						t.Error(err)
					}
					dialled <- c
				}()
				until(t, func() bool { return w.Requests(step) > 0 })
				plugIn := w.Unplug(victim)
				until(t, func() bool { return victim.Online() == 0 })
				plugIn()
				if c := <-dialled; c != nil {
					event[tgcall.Connected](t, c)
					talk(t, c).wantHeard(t, "the caller")
				}
			})
		}
	}
}

func TestACallThatEndedWhileWeWereAwayDoesNotRing(t *testing.T) {
	w := newWorld(t, testnet.Options{})
	incoming := make(chan *tgcall.Call, 2)
	phone(t, w.bob, testnet.PhoneOptions{OnCall: rings(incoming)})
	ann := phone(t, w.ann, testnet.PhoneOptions{})
	plugIn := w.Unplug(w.bob)
	until(t, func() bool { return w.bob.Online() == 0 })
	if err := dial(t, ann, "@bob").Discard(testContext(t), tgcall.Missed); err != nil {
		t.Error(err)
	}
	live := dial(t, ann, "@bob")
	plugIn()
	event[tgcall.Ringing](t, live) // comes by the difference, after what is over
	if in := <-incoming; in.ID() != live.ID() || len(incoming) > 0 || w.Requests("phone.receivedCall") != 1 {
		t.Errorf("call %d rings, want only %d; %d requests", in.ID(), live.ID(), w.Requests("phone.receivedCall"))
	}
}

func TestACallThatIsTakenBackWhileWeAreAwayStopsRinging(t *testing.T) {
	w := newWorld(t, testnet.Options{})
	incoming := make(chan *tgcall.Call, 1)
	phone(t, w.bob, testnet.PhoneOptions{OnCall: rings(incoming)})
	out := dial(t, phone(t, w.ann, testnet.PhoneOptions{}), "@bob")
	in := <-incoming
	event[tgcall.Ringing](t, out)
	plugIn := w.Unplug(w.bob)
	until(t, func() bool { return w.bob.Online() == 0 })
	if err := out.Discard(testContext(t), tgcall.Missed); err != nil {
		t.Error(err)
	}
	plugIn()
	wantEnd(t, in, tgcall.DiscardError{Reason: tgcall.Missed, Remote: true})
}

func TestGarbageOnTheLineDoesNotDisturbACall(t *testing.T) {
	for _, version := range []string{"13.0.0", "9.0.0", "7.0.0"} {
		t.Run(version, func(t *testing.T) {
			w := newWorld(t, testnet.Options{})
			o := testnet.PhoneOptions{Versions: []string{version}}
			out, in := conversation(t, w, o, o)
			for n := range 1000 {
				noise := make([]byte, n)
				_, _ = rand.Read(noise)
				if err := w.Interfere(w.bob, in.ID(), noise); err != nil {
					t.Fatal(err)
				}
			}
			listen(out).wantHeard(t, "the caller")
			listen(in).wantHeard(t, "the callee")
		})
	}
}

func TestACallWithAnExperimentThatWeDoNotTakePartInSaysWhich(t *testing.T) {
	for _, name := range []string{"network_use_mtproto", "network_kcp_experiment"} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, testnet.Options{CustomParameters: `{"` + name + `":true}`})
			incoming := make(chan *tgcall.Call, 1)
			phone(t, w.bob, testnet.PhoneOptions{OnCall: takes(incoming)})
			out := dial(t, phone(t, w.ann, testnet.PhoneOptions{}), "@bob")
			told := 0
			for _, c := range []*tgcall.Call{out, <-incoming} { // whoever is the first tells the other that it is over
				err := event[tgcall.Ended](t, c).Err
				var end *tgcall.DiscardError
				var parameter *engine.ParameterError
				if !errors.As(err, &end) || end.Reason != tgcall.Disconnect {
					t.Errorf("the call ended %v", err)
				}
				if errors.As(err, &parameter) && parameter.Name == name {
					told++
				}
			}
			if told == 0 {
				t.Error("nobody is told of the parameter")
			}
		})
	}
}

func TestWhoMutesIsNotHeardAndIsHeardAgain(t *testing.T) {
	w := newWorld(t, testnet.Options{})
	out, in := conversation(t, w, testnet.PhoneOptions{}, testnet.PhoneOptions{})
	for range 2 {
		out.Mute(true)
		sent := out.Stats().Sent
		if !event[tgcall.RemoteMuted](t, in).On {
			t.Fatal("the callee was told of an open microphone")
		}
		listen(out).wantHeard(t, "the caller") // half a second in which the callee might hear something
		if more := out.Stats().Sent - sent; more > 0 {
			t.Errorf("%d packets came from a closed microphone", more)
		}
		received := in.Stats().Received
		out.Mute(false)
		if event[tgcall.RemoteMuted](t, in).On {
			t.Fatal("the callee was told of a closed microphone")
		}
		until(t, func() bool { return in.Stats().Received > received+enoughToHear })
	}
	if lost := in.Stats().Lost; lost > 0 {
		t.Errorf("%d packets count as lost", lost)
	}
	if got := out.Times(); got.FirstSent.IsZero() || got.FirstReceived.Before(got.Confirmed) || got.DTLS.Before(got.ICE) {
		t.Errorf("times %+v", got)
	}
}
