package leg_test

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gotd/td/tg"
	"github.com/pion/rtp"

	"switchgram/bridge"
	"switchgram/bridge/eventsocket"
	"switchgram/bridge/leg"
	"switchgram/bridge/sip"
	"switchgram/bridge/sip/siptest"
	"switchgram/tgcall"
	"switchgram/tgcall/testnet"
)

// patience is a safety net; no test waits so long when things go well.
const patience = 5 * time.Minute

// house is a bridge with one line between a Telegram network and a switch, all of them real programs on loopback.
type house struct {
	t      *testing.T
	ctx    context.Context
	net    *testnet.Network
	lineOf *testnet.User // the line's account
	ann    *testnet.User
	line   *testnet.Phone
	sw     *siptest.Switch
	bridge *bridge.Bridge
	agent  *sip.Agent
	socket atomic.Pointer[eventsocket.Socket] // of a FreeSWITCH; nil: there is none
	calls  sync.WaitGroup
	ended  chan bridge.Outcome
}

// open builds a house; its ring timeout is that of every call.
func open(t *testing.T, ring time.Duration, extensions ...siptest.Extension) *house {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	h := &house{t: t, ctx: ctx, ended: make(chan bridge.Outcome, 16)}
	var err error
	h.net, err = testnet.Start(ctx, testnet.Options{})
	h.must(err)
	t.Cleanup(h.net.Close)
	h.lineOf = h.net.AddUser(testnet.UserOptions{Phone: "4930100200", FirstName: "Sales"})
	h.ann = h.net.AddUser(testnet.UserOptions{Phone: "4930123456", Username: "ann", FirstName: "Анна", LastName: "${system(x)}"})

	h.sw, err = siptest.Start(ctx, siptest.Options{
		Users: map[string]string{"telegram": "line's", "1000": "phone's"}, Extensions: extensions,
	})
	h.must(err)
	t.Cleanup(h.sw.Close)
	h.bridge, err = bridge.New(bridge.Options{
		Dialers: map[string]bridge.Dialer{
			"tg":  &leg.TelegramDialer{Line: h.telegram},
			"sip": &leg.FreeSWITCHDialer{Line: h.freeswitch},
		},
		RingTimeout: ring,
	})
	h.must(err)
	t.Cleanup(h.calls.Wait)
	h.startLine()
	h.startAgent()
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// startLine connects the line's account: who calls it rings extension 1000, and nobody lets it ring for long.
func (h *house) startLine() {
	var err error
	h.line, err = h.lineOf.Phone(h.ctx, testnet.PhoneOptions{Timeouts: tgcall.Timeouts{Ring: 2 * time.Second}, OnCall: func(ctx context.Context, c *tgcall.Call) {
		h.handle(ctx, leg.NewTelegram(c, "main"), bridge.Address{Scheme: "sip", User: "1000"})
	}})
	h.must(err)
	h.t.Cleanup(h.line.Close)
}

// startAgent registers the line with the switch.
func (h *house) startAgent() {
	var err error
	h.agent, err = sip.New(sip.Options{UDP: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler), OnInvite: func(ctx context.Context, d *sip.Dialog) {
		line, _ := h.freeswitch("main")
		l := line.Take(d, "main")
		to, err := leg.Called(d, "telegram", true)
		if err != nil {
			_ = l.Hangup(ctx, bridge.CauseOf(err))
			return
		}
		h.handle(ctx, l, to)
	}})
	h.must(err)
	ctx, stop := context.WithCancel(h.ctx)
	var running sync.WaitGroup
	running.Go(func() { _ = h.agent.Run(ctx) })
	<-h.agent.Ready()
	running.Go(func() {
		_ = h.agent.Register(ctx, sip.Registration{Registrar: "sip:" + h.sw.Addr().String(), User: "telegram", Domain: "127.0.0.1", Password: "line's"})
	})
	h.t.Cleanup(func() { stop(); running.Wait() })
	_, err = h.sw.WaitRegistered(h.ctx, "telegram")
	h.must(err)
}

func (h *house) handle(ctx context.Context, l bridge.Leg, to bridge.Address) {
	h.calls.Add(1)
	defer h.calls.Done()
	h.ended <- h.bridge.Handle(ctx, l, to)
}

func (h *house) telegram(name string) (leg.TelegramLine, bool) {
	return leg.TelegramLine{Calls: caller{h.line}, People: h.line.Session()}, name == "main"
}

func (h *house) freeswitch(name string) (leg.FreeSWITCHLine, bool) {
	return leg.FreeSWITCHLine{
		Agent: h.agent, Registrar: h.sw.Addr().String(), User: "telegram", Password: "line's", Domain: "127.0.0.1", Socket: h.socket.Load(),
	}, name == "main"
}

// caller dials for somebody who has resolved already.
type caller struct{ phone *testnet.Phone }

func (c caller) Dial(ctx context.Context, to tg.InputUserClass) (*tgcall.Call, error) {
	return c.phone.Dial(ctx, bridge.Party{ID: to.(*tg.InputUser).UserID}.Caller())
}

// phoneOf switches on a person's telephone.
func (h *house) phoneOf(u *testnet.User, onCall func(ctx context.Context, c *tgcall.Call)) *testnet.Phone {
	h.t.Helper()
	p, err := u.Phone(h.ctx, testnet.PhoneOptions{OnCall: onCall})
	h.must(err)
	h.t.Cleanup(p.Close)
	return p
}

// extension switches on the telephone 1000 of the switch.
func (h *house) extension(o siptest.PhoneOptions) *siptest.Phone {
	h.t.Helper()
	o.User, o.Password = "1000", "phone's"
	p, err := h.sw.Phone(h.ctx, o)
	h.must(err)
	h.t.Cleanup(p.Close)
	return p
}

// outcome waits for the bridge's word about the next call that ended.
func (h *house) outcome() bridge.Outcome {
	h.t.Helper()
	select {
	case out := <-h.ended:
		return out
	case <-h.ctx.Done():
		h.t.Fatal("the call does not end")
		return bridge.Outcome{}
	}
}

// until reads a Telegram call's events up to one of type T.
func until[T tgcall.Event](h *house, c *tgcall.Call) T {
	h.t.Helper()
	for e := range c.Events() {
		if want, ok := e.(T); ok {
			return want
		}
	}
	h.t.Fatal("the call ended before")
	panic("unreachable")
}

// untilSIP reads a dialog's events up to one of type T.
func untilSIP[T sip.Event](h *house, d *sip.Dialog) T {
	h.t.Helper()
	var last sip.Event
	for last = range d.Events() {
		if want, ok := last.(T); ok {
			return want
		}
	}
	h.t.Fatalf("the dialog ended before: %v", last)
	panic("unreachable")
}

// stream is the sound of either kind of call.
type stream interface {
	OnRTP(func(*rtp.Packet))
	WriteRTP(*rtp.Packet) error
}

// flood has Telegram ask to be left alone with calls.
func (h *house) flood(on bool) {
	h.net.Flood("phone.requestCall", map[bool]time.Duration{true: time.Hour}[on])
}

// hearsItself speaks until the far end's echo comes back.
func (h *house) hearsItself(s stream) {
	h.t.Helper()
	heard := make(chan struct{})
	var once sync.Once
	frame := []byte{0xfc, 0xff, 0xfe, 0x07, 0x2a} // Opus, 20 ms, CELT
	s.OnRTP(func(p *rtp.Packet) {
		if string(p.Payload) == string(frame) {
			once.Do(func() { close(heard) })
		}
	})
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for n := uint16(0); ; n++ {
		select {
		case <-heard:
			return
		case <-h.ctx.Done():
			h.t.Fatal("heard nothing")
		case <-tick.C:
			_ = s.WriteRTP(&rtp.Packet{Header: rtp.Header{SequenceNumber: n, Timestamp: uint32(n) * 960}, Payload: frame})
		}
	}
}

func (h *house) wantOutcome(out bridge.Outcome, cause bridge.Cause, fault bridge.Fault) {
	h.t.Helper()
	if out.Cause != cause || out.Fault != fault {
		h.t.Errorf("ended with %s by %q, fault %s (%v); want %s, fault %s", out.Cause, out.EndedBy, out.Fault, out.Err, cause, fault)
	}
}
