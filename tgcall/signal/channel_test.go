package signal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/errgroup"
)

var testKey = bytes.Repeat([]byte{7, 9}, KeySize/2)

// network carries the blobs of two channels, badly. Its random numbers have a seed.
type network struct {
	mu        sync.Mutex
	random    *rand.Rand
	loss      float64
	twice     float64
	delay     time.Duration // each blob takes up to this: they overtake each other
	deadUntil time.Time
}

func (n *network) carry(blob []byte, to func([]byte)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if time.Now().Before(n.deadUntil) || n.random.Float64() < n.loss {
		return
	}
	copies := 1
	if n.random.Float64() < n.twice {
		copies = 2
	}
	for range copies {
		d := time.Duration(n.random.Int64N(int64(n.delay) + 1))
		time.AfterFunc(d, func() { to(blob) })
	}
}

// talker is one end of a test's signalling and what it heard.
type talker struct {
	*Channel
	mu    sync.Mutex
	heard []string
}

func (k *talker) texts() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.heard)
}

// newPair connects caller and callee over a network.
func newPair(t *testing.T, version string, n *network) (caller, callee *talker) {
	t.Helper()
	pair := []*talker{{}, {}}
	for i, k := range pair {
		c, err := NewChannel(Options{
			Version: version, Key: testKey, Outgoing: i == 0,
			Out:     func(blob []byte) { n.carry(blob, func(b []byte) { _ = pair[1-i].Receive(b) }) },
			Deliver: func(json []byte) { k.mu.Lock(); k.heard = append(k.heard, string(json)); k.mu.Unlock() },
		})
		if err != nil {
			t.Fatal(err)
		}
		k.Channel = c
	}
	return pair[0], pair[1]
}

// run runs channels until the function returns.
func run(t *testing.T, talk func(), channels ...*talker) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var g errgroup.Group
	for _, c := range channels {
		g.Go(func() error { return c.Run(ctx) })
	}
	talk()
	cancel()
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
}

func newNetwork() *network { return &network{random: rand.New(rand.NewPCG(1, 2))} }

func messages(n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprintf(`{"n":%d}`, i))
	}
	return list
}

func sendAll(t *testing.T, k *talker, list []string) {
	t.Helper()
	for _, m := range list {
		if err := k.Send([]byte(m)); err != nil {
			t.Fatal(err)
		}
	}
}

func wantHeard(t *testing.T, who string, k *talker, want []string, ordered bool) {
	t.Helper()
	got := k.texts()
	if !ordered {
		slices.Sort(got)
		want = slices.Sorted(slices.Values(want))
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s heard %q, want %q", who, got, want)
	}
}

func TestEveryVersionCarriesMessagesBothWays(t *testing.T) {
	for version := range carriages {
		t.Run(version, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				caller, callee := newPair(t, version, newNetwork())
				run(t, func() {
					sendAll(t, caller, messages(10))
					sendAll(t, callee, messages(10))
					time.Sleep(10 * time.Second)
				}, caller, callee)
				ordered := carriages[version] == carriageSCTP
				wantHeard(t, "caller", caller, messages(10), ordered)
				wantHeard(t, "callee", callee, messages(10), ordered)
			})
		})
	}
}

func TestNothingIsLostOrDoubledOnABadNetwork(t *testing.T) {
	for _, version := range []string{"13.0.0", "9.0.0", "8.0.0"} {
		for seed := range uint64(5) {
			t.Run(fmt.Sprintf("%s/seed %d", version, seed), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					n := &network{random: rand.New(rand.NewPCG(seed, 1)), loss: 0.3, twice: 0.1, delay: 60 * time.Millisecond}
					caller, callee := newPair(t, version, n)
					run(t, func() {
						sendAll(t, caller, messages(20))
						sendAll(t, callee, messages(20))
						time.Sleep(2 * time.Minute)
					}, caller, callee)
					ordered := carriages[version] == carriageSCTP
					wantHeard(t, "caller", caller, messages(20), ordered)
					wantHeard(t, "callee", callee, messages(20), ordered)
				})
			})
		}
	}
}

func TestEarlyBlobsAndMessagesWaitForRun(t *testing.T) {
	for _, version := range Supported() {
		t.Run(version, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				caller, callee := newPair(t, version, newNetwork())
				sendAll(t, callee, messages(3))
				run(t, func() {
					sendAll(t, caller, messages(3))
					time.Sleep(time.Second)
					run(t, func() { time.Sleep(20 * time.Second) }, callee)
				}, caller)
				wantHeard(t, "callee", callee, messages(3), true)
				wantHeard(t, "caller", caller, messages(3), true)
			})
		})
	}
}

// The SCTP library gives up after about 17 s of unanswered INITs; a call's own clock decides instead.
func TestSignallingComesUpWhenTheNetworkWasDeadForHalfAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		n.deadUntil = time.Now().Add(30 * time.Second)
		caller, callee := newPair(t, "13.0.0", n)
		run(t, func() {
			sendAll(t, caller, messages(2))
			time.Sleep(40 * time.Second)
		}, caller, callee)
		wantHeard(t, "callee", callee, messages(2), true)
	})
}

// noise is a message that gzip does not make shorter.
func noise(size int) string {
	text := make([]byte, size)
	for i := range text {
		text[i] = byte(rand.IntN(256))
	}
	text[0] = '{'
	return string(text)
}

func TestLongMessagesAreFragmented(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		texts := []string{noise(100), noise(20 << 10), noise(100), noise(30 << 10), noise(3 << 10)}
		caller, callee := newPair(t, "13.0.0", newNetwork())
		run(t, func() {
			for _, text := range texts {
				if err := caller.Send([]byte(text)); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(20 * time.Second)
		}, caller, callee)
		wantHeard(t, "callee", callee, texts, true)
	})
}

func TestWhenThePeerAbortsTheSignallingIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		caller, callee := newPair(t, "13.0.0", newNetwork())
		run(t, func() {
			sendAll(t, caller, messages(1))
			time.Sleep(time.Second)
			abort := appendChecksum([]byte{0x13, 0x88, 0x13, 0x88, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 4})
			if err := callee.Receive(abort); err != nil {
				t.Errorf("ABORT: %v", err)
			}
			synctest.Wait()
			if err := callee.Send([]byte("{}")); !errors.Is(err, ErrClosed) {
				t.Errorf("send after ABORT: %v, want %v", err, ErrClosed)
			}
			if err := callee.Receive(abort); !errors.Is(err, ErrClosed) {
				t.Errorf("receive after ABORT: %v, want %v", err, ErrClosed)
			}
		}, caller, callee)
		wantHeard(t, "callee", callee, messages(1), true)
	})
}

func TestBadBlobsAreNamedAndTheChannelGoesOn(t *testing.T) {
	for _, version := range Supported() {
		t.Run(version, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				caller, callee := newPair(t, version, newNetwork())
				run(t, func() {
					for _, blob := range [][]byte{nil, []byte("x"), make([]byte, 100), make([]byte, 200<<10)} {
						if err := callee.Receive(blob); err == nil {
							t.Errorf("blob of %d bytes accepted", len(blob))
						}
					}
					sendAll(t, caller, messages(1))
					time.Sleep(time.Second)
				}, caller, callee)
				wantHeard(t, "callee", callee, messages(1), true)
			})
		})
	}
}

func TestQueuesHaveAnEnd(t *testing.T) {
	for _, version := range Supported() {
		caller, callee := newPair(t, version, newNetwork())
		for range maxOutgoing {
			if err := caller.Send([]byte("{}")); err != nil {
				t.Fatal(err)
			}
		}
		if err := caller.Send([]byte("{}")); !errors.Is(err, ErrFull) {
			t.Errorf("%s: send: %v, want %v", version, err, ErrFull)
		}
		if err := floodEarly(t, callee, version); !errors.Is(err, ErrFull) {
			t.Errorf("%s: receive: %v, want %v", version, err, ErrFull)
		}
	}
}

// floodEarly hands in blobs until one is refused.
func floodEarly(t *testing.T, callee *talker, version string) error {
	t.Helper()
	raw, acked := newRaw(mustCipher(t, testKey, true), false), newAcked()
	for range 2 * maxIncoming {
		blob := appendChecksum(make([]byte, 20))
		if carriages[version] == carriageAcked {
			plaintext, err := acked.send(time.Unix(0, 0), []byte("{}"))
			if err != nil {
				t.Fatal(err)
			}
			blob = raw.cipher.seal(plaintext)
		}
		if err := callee.Receive(blob); err != nil {
			return err
		}
	}
	return nil
}

func TestMessagesThatFitNoPacketAreRefused(t *testing.T) {
	for version, limit := range map[string]int{"7.0.0": maxPacket, "9.0.0": maxAckedPacket, "13.0.0": maxPacket} {
		caller, _ := newPair(t, version, newNetwork())
		if err := caller.Send(make([]byte, limit)); !errors.Is(err, ErrSize) {
			t.Errorf("%s: %v, want %v", version, err, ErrSize)
		}
	}
}

func TestAClosedChannelSaysSo(t *testing.T) {
	caller, _ := newPair(t, "9.0.0", newNetwork())
	run(t, func() {}, caller)
	if err := caller.Send([]byte("{}")); !errors.Is(err, ErrClosed) {
		t.Errorf("send: %v", err)
	}
	if err := caller.Receive([]byte("x")); !errors.Is(err, ErrClosed) {
		t.Errorf("receive: %v", err)
	}
}

func TestWrongOptionsAreNamed(t *testing.T) {
	if _, err := NewChannel(Options{Version: "11.0.0", Key: testKey}); !errors.Is(err, ErrVersion) {
		t.Errorf("version 11.0.0: %v", err)
	}
	if _, err := NewChannel(Options{Version: "13.0.0", Key: testKey[1:]}); !errors.Is(err, ErrKey) {
		t.Errorf("short key: %v", err)
	}
	for _, v := range Supported() {
		if !Known(v) {
			t.Errorf("%s is advertised and not known", v)
		}
	}
}
