package testnet_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/pion/rtp"

	"switchgram/tgcall"
	"switchgram/tgcall/testnet"
	"switchgram/tgcall/testnet/reflectors"
)

func phone(t *testing.T, u *testnet.User, o testnet.PhoneOptions) *testnet.Phone {
	t.Helper()
	p, err := u.Phone(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// event waits for one of type T and drops others.
func event[T tgcall.Event](t *testing.T, c *tgcall.Call) T {
	t.Helper()
	for {
		select {
		case e, ok := <-c.Events():
			if v, is := e.(T); is {
				return v
			}
			if ended, over := e.(tgcall.Ended); over || !ok {
				t.Fatalf("the call ended: %v", ended.Err)
			}
		case <-testContext(t).Done():
			var want T
			t.Fatalf("no %T came", want)
		}
	}
}

func hearsItself(t *testing.T, c *tgcall.Call) {
	t.Helper()
	if err := echoes(testContext(t), c); err != nil {
		t.Fatal(err)
	}
}

// echoes sends a packet again and again until it comes back.
func echoes(ctx context.Context, c *tgcall.Call) error {
	sound := []byte{0xf8, 0xff, 0xfe} // Opus: one frame of silence
	heard := make(chan struct{}, 1)
	c.OnRTP(func(p *rtp.Packet) {
		if bytes.Equal(p.Payload, sound) {
			select {
			case heard <- struct{}{}:
			default:
			}
		}
	})
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for n := uint16(0); ; n++ {
		select {
		case <-heard:
			return nil
		case <-ctx.Done():
			return errors.New("nothing comes back")
		case <-tick.C:
			_ = c.WriteRTP(&rtp.Packet{Header: rtp.Header{SequenceNumber: n, Timestamp: uint32(n) * 960}, Payload: sound})
		}
	}
}

func TestSimulatedPeopleHearEachOther(t *testing.T) {
	relayed := false
	for name, o := range map[string]testnet.Options{
		"directly":            {},
		"through the relay":   {TURN: true, P2P: &relayed},
		"through a reflector": {Reflector: &reflectors.Options{}, P2P: &relayed},
		"through TCP":         {Reflector: &reflectors.Options{}, ReflectorTCP: true, P2P: &relayed},
		"through a bad one":   {Reflector: &reflectors.Options{Loss: 0.05, Jitter: 30 * time.Millisecond}, P2P: &relayed},
		"with bad signalling": {Delay: 10 * time.Millisecond, Loss: 0.1, Reorder: 0.3, Seed: 3},
	} {
		t.Run(name, func(t *testing.T) {
			n := start(t, o)
			a, b := annAndBob(n)
			ann := phone(t, a, testnet.PhoneOptions{})
			phone(t, b, testnet.PhoneOptions{OnCall: testnet.Echo})
			call, err := ann.Dial(testContext(t), "@bob")
			if err != nil {
				t.Fatal(err)
			}
			event[tgcall.Ringing](t, call)
			event[tgcall.Connected](t, call)
			hearsItself(t, call)
			if call.Peer().ID != b.ID() || call.Version() != "13.0.0" {
				t.Errorf("in a call with %v by version %s", call.Peer(), call.Version())
			}
			if local, remote := call.Pair(); o.P2P == &relayed && (local != "relay" || remote != "relay") {
				t.Errorf("the pair is %s to %s", local, remote)
			}
			if err := call.Discard(testContext(t), tgcall.Hangup); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestSimulatedPersonDeclines(t *testing.T) {
	n := start(t, testnet.Options{})
	a, b := annAndBob(n)
	ann := phone(t, a, testnet.PhoneOptions{})
	phone(t, b, testnet.PhoneOptions{OnCall: func(context.Context, *tgcall.Call) {}})
	call, err := ann.Dial(testContext(t), "+4930222222")
	if err != nil {
		t.Fatal(err)
	}
	var why *tgcall.DiscardError
	if ended := event[tgcall.Ended](t, call); !errors.As(ended.Err, &why) || why.Reason != tgcall.Busy || !why.Remote {
		t.Errorf("the call ended: %v", ended.Err)
	}
}

func TestClosingAPhoneHangsUp(t *testing.T) {
	n := start(t, testnet.Options{})
	a, b := annAndBob(n)
	ann := phone(t, a, testnet.PhoneOptions{})
	bob := phone(t, b, testnet.PhoneOptions{OnCall: testnet.Echo})
	call, err := ann.Dial(testContext(t), "@bob")
	if err != nil {
		t.Fatal(err)
	}
	event[tgcall.Connected](t, call)
	bob.Close()
	var why *tgcall.DiscardError
	if ended := event[tgcall.Ended](t, call); !errors.As(ended.Err, &why) || why.Reason != tgcall.Hangup {
		t.Errorf("the call ended: %v", ended.Err)
	}
}

func TestPhoneOnAClosedNetwork(t *testing.T) {
	n := start(t, testnet.Options{})
	a, _ := annAndBob(n)
	n.Close()
	if _, err := a.Phone(t.Context(), testnet.PhoneOptions{}); err == nil {
		t.Error("the phone is connected")
	}
}
