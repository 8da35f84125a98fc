package tgcall_test

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"

	"switchgram/tgcall"
	"switchgram/tgcall/testnet"
)

// These tests run against the embedded network: real MTProto, real clients, and the real engine.

// patience is a safety net: no test waits so long unless something is broken.
const patience = 5 * time.Minute

func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// world is a network with Ann and Bob.
type world struct {
	*testnet.Network
	ann, bob *testnet.User
}

func newWorld(t *testing.T, o testnet.Options) *world {
	t.Helper()
	n, err := testnet.Start(context.WithoutCancel(t.Context()), o) // its end is the last: phones have to hang up first
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	return &world{
		Network: n,
		ann:     n.AddUser(testnet.UserOptions{Phone: "4930111111", Username: "ann", FirstName: "Ann", LastName: "Archer"}),
		bob:     n.AddUser(testnet.UserOptions{Phone: "4930222222", Username: "bob", FirstName: "Bob"}),
	}
}

// phone switches one on that a busy machine does not make hang up, unless the test is about that.
func phone(t *testing.T, u *testnet.User, o testnet.PhoneOptions) *testnet.Phone {
	t.Helper()
	if o.Timeouts == (tgcall.Timeouts{}) {
		o.Timeouts = tgcall.Timeouts{Receive: patience, Connect: patience, Media: patience}
	}
	p, err := u.Phone(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func dial(t *testing.T, p *testnet.Phone, to string) *tgcall.Call {
	t.Helper()
	c, err := p.Dial(testContext(t), to)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// event waits for one of type T and drops others.
func event[T tgcall.Event](t *testing.T, c *tgcall.Call) (e T) {
	t.Helper()
	for {
		select {
		case got := <-c.Events():
			if want, ok := got.(T); ok {
				return want
			}
			if end, ok := got.(tgcall.Ended); ok {
				t.Fatalf("call ended before %T: %v", e, end.Err)
			}
		case <-testContext(t).Done():
			t.Fatalf("no %T", e)
		}
	}
}

// until waits for something that nobody tells.
func until(t *testing.T, happened func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for ctx := testContext(t); !happened(); {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("it does not happen")
		}
	}
}

func wantEnd(t *testing.T, c *tgcall.Call, want tgcall.DiscardError) *tgcall.DiscardError {
	t.Helper()
	var end *tgcall.DiscardError
	if err := event[tgcall.Ended](t, c).Err; !errors.As(err, &end) {
		t.Fatalf("call ended with %v", err)
	}
	got := *end
	got.Err = nil
	if got != want {
		t.Errorf("call ended %+v, want %+v", *end, want)
	}
	return end
}

// talker sends numbered packets, as a person who talks all the time, and counts which of the other side's came.
type talker struct {
	call *tgcall.Call
	mu   sync.Mutex
	seen map[uint32]bool
	some chan struct{} // closed when half a second of sound was heard
}

const (
	packetTime   = 20 * time.Millisecond
	enoughToHear = 25
)

// listen hears from now on, and says nothing.
func listen(c *tgcall.Call) *talker {
	k := &talker{call: c, seen: map[uint32]bool{}, some: make(chan struct{})}
	c.OnRTP(k.hear)
	return k
}

func talk(t *testing.T, c *tgcall.Call) *talker {
	t.Helper()
	k := listen(c)
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() { k.speak(ctx) })
	t.Cleanup(func() { cancel(); group.Wait() })
	return k
}

func (k *talker) speak(ctx context.Context) {
	tick := time.NewTicker(packetTime)
	defer tick.Stop()
	for n := uint32(0); ; n++ {
		payload := binary.BigEndian.AppendUint32([]byte{0xf8}, n) // Opus, one frame of 20 ms
		packet := &rtp.Packet{Header: rtp.Header{SequenceNumber: uint16(n), Timestamp: n * 960}, Payload: payload}
		_ = k.call.WriteRTP(packet) // before media runs it is dropped
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (k *talker) hear(p *rtp.Packet) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(p.Payload) != 5 || p.Payload[0] != 0xf8 {
		return
	}
	k.seen[binary.BigEndian.Uint32(p.Payload[1:])] = true
	if len(k.seen) == enoughToHear {
		close(k.some)
	}
}

func (k *talker) wantHeard(t *testing.T, who string) {
	t.Helper()
	select {
	case <-k.some:
	case <-testContext(t).Done():
		t.Fatalf("%s hears nothing", who)
	}
}

// conversation calls from Ann to Bob, and lets both hear each other.
func conversation(t *testing.T, w *world, caller, callee testnet.PhoneOptions) (out, in *tgcall.Call) {
	t.Helper()
	incoming := make(chan *tgcall.Call, 1)
	callee.OnCall = func(ctx context.Context, c *tgcall.Call) {
		incoming <- c
		if c.Accept(ctx) == nil {
			<-ctx.Done()
		}
	}
	phone(t, w.bob, callee)
	out = dial(t, phone(t, w.ann, caller), "@bob")
	event[tgcall.Ringing](t, out)
	in = <-incoming
	talkers := map[string]*talker{"caller": talk(t, out), "callee": talk(t, in)}
	event[tgcall.Connected](t, out)
	event[tgcall.Connected](t, in)
	for who, k := range talkers {
		k.wantHeard(t, who)
	}
	return out, in
}

func TestPeopleTalkInEveryVersion(t *testing.T) {
	for _, version := range []string{"13.0.0", "9.0.0", "8.0.0", "7.0.0"} {
		t.Run(version, func(t *testing.T) {
			w := newWorld(t, testnet.Options{})
			out, in := conversation(t, w, testnet.PhoneOptions{Versions: []string{version}}, testnet.PhoneOptions{Versions: []string{version}})
			if out.Version() != version || in.Version() != version || out.Emoji() != in.Emoji() {
				t.Errorf("versions %s and %s, emoji %v and %v", out.Version(), in.Version(), out.Emoji(), in.Emoji())
			}
			if p := in.Peer(); p.ID != w.ann.ID() || p.Username != "ann" || p.LastName != "Archer" || p.Phone != "4930111111" {
				t.Errorf("callee sees %+v", p)
			}
			if err := out.Discard(testContext(t), tgcall.Hangup); err != nil {
				t.Error(err)
			}
			wantEnd(t, out, tgcall.DiscardError{Reason: tgcall.Hangup, Outgoing: true, Answered: true})
			wantEnd(t, in, tgcall.DiscardError{Reason: tgcall.Hangup, Remote: true, Answered: true})
		})
	}
}

func TestPeopleWithDifferentAppsFindACommonVersion(t *testing.T) {
	w := newWorld(t, testnet.Options{})
	out, _ := conversation(t, w, testnet.PhoneOptions{}, testnet.PhoneOptions{Versions: []string{"9.0.0", "8.0.0"}})
	if out.Version() != "9.0.0" {
		t.Errorf("version %s", out.Version())
	}
}

func TestPeopleTalkThroughARelay(t *testing.T) {
	p2p := false
	w := newWorld(t, testnet.Options{TURN: true, P2P: &p2p})
	out, in := conversation(t, w, testnet.PhoneOptions{}, testnet.PhoneOptions{})
	for _, c := range []*tgcall.Call{out, in} {
		if local, _ := c.Pair(); local != "relay" {
			t.Errorf("the local candidate is of kind %q", local)
		}
	}
}

func TestPeopleTalkThoughSignallingIsBad(t *testing.T) {
	for _, version := range []string{"13.0.0", "9.0.0", "8.0.0"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, testnet.Options{Loss: 0.3, Reorder: 0.3, Delay: 20 * time.Millisecond, Seed: 7})
			conversation(t, w, testnet.PhoneOptions{Versions: []string{version}}, testnet.PhoneOptions{Versions: []string{version}})
		})
	}
}

func TestTheCalleeHangsUp(t *testing.T) {
	w := newWorld(t, testnet.Options{})
	out, in := conversation(t, w, testnet.PhoneOptions{}, testnet.PhoneOptions{})
	if err := in.Discard(testContext(t), tgcall.Hangup); err != nil {
		t.Error(err)
	}
	wantEnd(t, in, tgcall.DiscardError{Reason: tgcall.Hangup, Answered: true})
	wantEnd(t, out, tgcall.DiscardError{Reason: tgcall.Hangup, Remote: true, Outgoing: true, Answered: true})
}

func TestMutingIsSeenByTheOtherSide(t *testing.T) {
	w := newWorld(t, testnet.Options{})
	out, in := conversation(t, w, testnet.PhoneOptions{}, testnet.PhoneOptions{})
	for _, on := range []bool{true, false} {
		out.Mute(on)
		if got := event[tgcall.RemoteMuted](t, in); got.On != on {
			t.Errorf("muted %v, told %v", on, got.On)
		}
	}
}

func TestADeclinedCall(t *testing.T) {
	w := newWorld(t, testnet.Options{})
	phone(t, w.bob, testnet.PhoneOptions{OnCall: func(context.Context, *tgcall.Call) {}})
	c := dial(t, phone(t, w.ann, testnet.PhoneOptions{}), "@bob")
	wantEnd(t, c, tgcall.DiscardError{Reason: tgcall.Busy, Remote: true, Outgoing: true})
}

func TestACallThatIsTakenBackWhileItRings(t *testing.T) {
	w := newWorld(t, testnet.Options{})
	incoming := make(chan *tgcall.Call, 1)
	phone(t, w.bob, testnet.PhoneOptions{OnCall: rings(incoming)})
	c := dial(t, phone(t, w.ann, testnet.PhoneOptions{}), "@bob")
	event[tgcall.Ringing](t, c)
	in := <-incoming // a call that is over before Telegram has answered the callee's device would never get so far
	if err := c.Discard(testContext(t), tgcall.Hangup); err != nil {
		t.Error(err)
	}
	wantEnd(t, c, tgcall.DiscardError{Reason: tgcall.Missed, Outgoing: true})
	wantEnd(t, in, tgcall.DiscardError{Reason: tgcall.Missed, Remote: true})
}

func TestACallNobodyAnswers(t *testing.T) {
	w := newWorld(t, testnet.Options{})
	phone(t, w.bob, testnet.PhoneOptions{OnCall: func(ctx context.Context, _ *tgcall.Call) { <-ctx.Done() }})
	c := dial(t, phone(t, w.ann, testnet.PhoneOptions{Timeouts: tgcall.Timeouts{Ring: 500 * time.Millisecond}}), "@bob")
	if end := wantEnd(t, c, tgcall.DiscardError{Reason: tgcall.Missed, Outgoing: true}); !errors.Is(end, tgcall.ErrNoAnswer) {
		t.Errorf("ended with %v, want %v", end, tgcall.ErrNoAnswer)
	}
}

func TestAPersonWithTwoDevicesAnswersOnOne(t *testing.T) {
	w := newWorld(t, testnet.Options{})
	mobile, desk := make(chan *tgcall.Call, 1), make(chan *tgcall.Call, 1)
	phone(t, w.bob, testnet.PhoneOptions{OnCall: rings(mobile)})
	phone(t, w.bob, testnet.PhoneOptions{OnCall: rings(desk)})
	out := dial(t, phone(t, w.ann, testnet.PhoneOptions{}), "@bob")
	onMobile, onDesk := <-mobile, <-desk
	caller, callee := talk(t, out), talk(t, onMobile)
	if err := onMobile.Accept(testContext(t)); err != nil {
		t.Fatal(err)
	}
	caller.wantHeard(t, "caller")
	callee.wantHeard(t, "callee")
	var end *tgcall.DiscardError
	if !errors.As(event[tgcall.Ended](t, onDesk).Err, &end) || !end.Remote || end.Answered {
		t.Errorf("the other device: %v", end)
	}
}

func TestPeopleWhoDoNotWantToBeCalled(t *testing.T) {
	w := newWorld(t, testnet.Options{})
	ann := phone(t, w.ann, testnet.PhoneOptions{})
	for _, c := range []struct {
		want error
		on   func(bool)
	}{
		{tgcall.ErrPrivacy, w.bob.ForbidCalls},
		{tgcall.ErrBlocked, func(on bool) { w.bob.Block(w.ann, on) }},
		{tgcall.ErrOutdated, w.bob.Outdated},
	} {
		c.on(true)
		if _, err := ann.Dial(testContext(t), "@bob"); !errors.Is(err, c.want) {
			t.Errorf("%v, want %v", err, c.want)
		}
		c.on(false)
	}
}

func TestAPhoneThatIsSwitchedOffHangsUp(t *testing.T) {
	w := newWorld(t, testnet.Options{})
	bob := phone(t, w.bob, testnet.PhoneOptions{OnCall: testnet.Echo})
	c := dial(t, phone(t, w.ann, testnet.PhoneOptions{}), "@bob")
	event[tgcall.Connected](t, c)
	bob.Close()
	wantEnd(t, c, tgcall.DiscardError{Reason: tgcall.Hangup, Remote: true, Outgoing: true, Answered: true})
}

func TestTenCallsAtOnce(t *testing.T) {
	w := newWorld(t, testnet.Options{})
	phone(t, w.bob, testnet.PhoneOptions{OnCall: testnet.Echo})
	ann := phone(t, w.ann, testnet.PhoneOptions{})
	var calls []*tgcall.Call
	for range 10 {
		calls = append(calls, dial(t, ann, "@bob"))
	}
	var emoji [][4]string
	for _, c := range calls {
		event[tgcall.Connected](t, c)
		if slices.Contains(emoji, c.Emoji()) {
			t.Errorf("two calls with one key: %v", c.Emoji())
		}
		emoji = append(emoji, c.Emoji())
	}
	for _, c := range calls {
		if err := c.Discard(testContext(t), tgcall.Hangup); err != nil {
			t.Error(err)
		}
	}
}
