package leg_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/eventsocket"
	"switchgram/bridge/sip/siptest"
	"switchgram/esl"
	"switchgram/esl/esltest"
	"switchgram/tgcall"
	"switchgram/tgcall/testnet"
)

// steer has the line's calls followed at a small FreeSWITCH, which it returns.
func (h *house) steer() *esltest.Switch {
	h.t.Helper()
	fs, err := esltest.Start(esltest.Options{})
	h.must(err)
	h.t.Cleanup(fs.Close)
	up := make(chan struct{}, 10)
	s, err := eventsocket.New(eventsocket.Options{
		Client: esl.ClientOptions{Address: fs.Addr(), Options: esl.Options{Password: "ClueCon"}},
		Whom:   func(string, string) (bridge.Address, error) { return bridge.Address{}, nil },
		Return: func() { up <- struct{}{} },
	})
	h.must(err)
	ctx, stop := context.WithCancel(h.ctx)
	var running sync.WaitGroup
	running.Go(func() { _ = s.Run(ctx, h.bridge) })
	h.t.Cleanup(func() { stop(); running.Wait() })
	<-up
	h.socket.Store(s)
	return fs
}

// legOf waits until a call has a leg of that scheme that is up.
func (h *house) legOf(scheme string) bridge.LegID {
	h.t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		for _, call := range h.bridge.Calls() {
			for _, l := range call.Legs {
				if call.State == bridge.CallTalking && l.Address.Scheme == scheme {
					return l.ID
				}
			}
		}
		select {
		case <-tick.C:
		case <-h.ctx.Done():
			h.t.Fatal("nobody talks")
		}
	}
}

// siptest tells no event socket of its calls, so the channel is made by the test, and SIP says nothing of its end.
func TestCallEndsWithItsChannelThoughSIPIsSilent(t *testing.T) {
	for name, place := range map[string]func(h *house){
		"from Telegram": func(h *house) {
			call, err := h.phoneOf(h.ann, nil).Dial(h.ctx, "+4930100200")
			h.must(err)
			until[tgcall.Connected](h, call)
		},
		"to Telegram": func(h *house) {
			h.phoneOf(h.ann, testnet.Echo)
			_, err := h.extension(siptest.PhoneOptions{}).Dial(h.ctx, "tg@ann")
			h.must(err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, 20*time.Second, siptest.Echo("1000"))
			fs := h.steer()
			place(h)
			channel := fs.NewChannel(esltest.ChannelOptions{UUID: string(h.legOf("sip"))})

			channel.Hangup("USER_BUSY")

			out := h.outcome()
			h.wantOutcome(out, bridge.UserBusy, bridge.FaultNone)
			if string(out.EndedBy) != channel.UUID() {
				t.Errorf("ended by %q", out.EndedBy)
			}
		})
	}
}
