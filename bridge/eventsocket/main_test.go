package eventsocket

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"switchgram/bridge"
	"switchgram/esl"
	"switchgram/esl/esltest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is a safety net; no test waits so long when things go well.
const patience = time.Minute

// house is a Socket that works, beside a FreeSWITCH, with somebody who listens on the bus.
type house struct {
	*Socket
	t        *testing.T
	ctx      context.Context
	fs       *esltest.Switch
	bus      *esl.Watch
	calls    *fakeCalls
	ups      chan struct{} // the connection is there
	returned chan struct{}
	end      func() // ends Run, and waits for it
}

func build(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, calls: newCalls(), ups: make(chan struct{}, 100), returned: make(chan struct{}, 100)}
	var cancel context.CancelFunc
	h.ctx, cancel = context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	var err error
	h.fs, err = esltest.Start(esltest.Options{})
	h.must(err)
	t.Cleanup(h.fs.Close)
	h.Socket, err = New(Options{
		Client: esl.ClientOptions{
			Address: h.fs.Addr(), MinWait: time.Millisecond, MaxWait: 20 * time.Millisecond, Options: esl.Options{Password: "ClueCon"},
		},
		Whom:    h.whom,
		Dialers: map[string]bridge.Dialer{"sip": h.calls},
		Return:  func() { h.returned <- struct{}{} },
		Change: func(err error) {
			if err == nil {
				h.ups <- struct{}{}
			}
		},
	})
	h.must(err)
	h.goneAfter, h.lostAfter = 10*time.Millisecond, 20*time.Millisecond
	h.run()
	next(h, h.ups)
	h.listen()
	return h
}

func (h *house) run() {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx, h.calls) }()
	var err error
	h.end = func() {
		if cancel(); ended != nil {
			err, ended = <-ended, nil
		}
		h.must(err)
	}
	h.t.Cleanup(func() { h.end() })
}

// listen puts somebody on the bus.
func (h *house) listen() {
	h.t.Helper()
	c, err := esl.Dial(h.ctx, h.fs.Addr(), esl.Options{Password: "ClueCon"})
	h.must(err)
	h.t.Cleanup(func() { _ = c.Close() })
	h.bus = c.Listen(func(*esl.Event) bool { return true })
	h.must(c.Subscribe(h.ctx, callSubclass, answerSubclass))
}

// whom allows line "main" to call everybody but tg:@forbidden.
func (h *house) whom(line, address string) (bridge.Address, error) {
	switch {
	case line != "main":
		return bridge.Address{}, errors.New("no such line")
	case strings.HasSuffix(address, "@forbidden"):
		return bridge.Address{}, errors.New("not allowed")
	default:
		return bridge.ParseAddress(address)
	}
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// heard is the next event on the bus.
func (h *house) heard() *esl.Event {
	h.t.Helper()
	e, err := h.bus.Next(h.ctx)
	h.must(err)
	return e
}

// next takes a value from a channel.
func next[T any](h *house, c <-chan T) T {
	h.t.Helper()
	select {
	case v := <-c:
		return v
	case <-h.ctx.Done():
		h.t.Fatalf("waited in vain for a %T", *new(T))
		panic("unreachable")
	}
}

// until waits for what nobody tells of.
func (h *house) until(what string, ok func() bool) {
	h.t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-h.ctx.Done():
			h.t.Fatalf("waited in vain: %s", what)
		}
	}
}

// wantVariable waits until a channel has a variable.
func (h *house) wantVariable(uuid, name, want string) {
	h.t.Helper()
	h.until(name+" is "+want, func() bool {
		c := h.fs.Channel(uuid)
		if c == nil {
			return false
		}
		got, _ := c.Variable(name)
		return got == want
	})
}

const hostileName = "Ann ${system(reboot)}\nO'Hara; tg_id=1"

var (
	ann     = bridge.Party{ID: 77, Username: "ann", Phone: "+4930123456", FirstName: hostileName, LastName: "Ahlers"}
	annTG   = bridge.Address{Scheme: "tg", User: "+4930123456"}
	sip1000 = bridge.Address{Scheme: "sip", User: "1000"}
)

func event(kind bridge.EventKind) bridge.Event {
	return bridge.Event{
		Kind: kind, At: time.Date(2026, 11, 22, 5, 0, 0, 120e6, time.UTC), Call: "5f-1", Line: "main", From: annTG.String(), To: sip1000.String(),
	}
}

// fromTelegram is an event about Ann's leg, which calls us.
func fromTelegram(kind bridge.EventKind) bridge.Event {
	ev := event(kind)
	ev.Leg, ev.Address, ev.Party = "tg-4711", annTG, ann
	return ev
}

// answeredEvent says that Ann talks with the leg of that Call-ID.
func answeredEvent(callID string) bridge.Event {
	ev := event(bridge.CallAnswered)
	ev.Leg, ev.Address = bridge.LegID(callID), sip1000
	ev.Talkers = []bridge.Talker{
		{Leg: "tg-4711", Address: annTG, Party: ann, Description: bridge.Description{Protocol: "13.0.0"}},
		{Leg: ev.Leg, Address: sip1000, Description: bridge.Description{Protocol: "SIP/UDP"}},
	}
	return ev
}
