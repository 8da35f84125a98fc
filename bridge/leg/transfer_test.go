package leg_test

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"testing"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/leg"
	"switchgram/bridge/sip"
	"switchgram/bridge/sip/siptest"
	"switchgram/tgcall"
)

func TestExtensionSendsATelegramCallerOn(t *testing.T) {
	for name, first := range map[string]siptest.Extension{
		"before the answer": siptest.Redirecting("1000", "9196"), "after it": siptest.Deflecting("1000", "9196"),
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, 20*time.Second, first, siptest.Echo("9196"))
			call, err := h.phoneOf(h.ann, nil).Dial(h.ctx, "+4930100200")
			h.must(err)
			until[tgcall.Connected](h, call)
			h.hearsItself(call) // which only 9196 lets her
			h.must(call.Discard(h.ctx, tgcall.Hangup))
			out := h.outcome()
			h.wantOutcome(out, bridge.NormalClearing, bridge.FaultNone)
			if last := out.Legs[len(out.Legs)-1]; last.Address.User != "9196" {
				t.Errorf("legs %+v", out.Legs)
			}
		})
	}
}

func TestSentOnToNobodyTheCallEndsForThatReason(t *testing.T) {
	h := open(t, 20*time.Second, siptest.Deflecting("1000", "9999"))
	call, err := h.phoneOf(h.ann, nil).Dial(h.ctx, "+4930100200")
	h.must(err)
	until[tgcall.Ended](h, call)
	if out := h.outcome(); out.Cause != bridge.UnallocatedNumber && out.Cause != bridge.NormalClearing { // whose end is heard first
		t.Errorf("ended with %s", out.Cause)
	}
}

// desk is a telephone, and the calls that come to it.
type desk struct {
	agent *sip.Agent
	rings chan *sip.Dialog
}

// telephone is one that registers nowhere.
func (h *house) telephone() *desk {
	h.t.Helper()
	d := &desk{rings: make(chan *sip.Dialog, 4)}
	var err error
	d.agent, err = sip.New(sip.Options{UDP: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler), OnInvite: func(ctx context.Context, c *sip.Dialog) {
		d.rings <- c
		<-ctx.Done()
	}})
	h.must(err)
	ctx, stop := context.WithCancel(h.ctx)
	var running sync.WaitGroup
	running.Go(func() { _ = d.agent.Run(ctx) })
	h.t.Cleanup(func() { stop(); running.Wait() })
	<-d.agent.Ready()
	return d
}

// desk is joe's, and registered.
func (h *house) desk(registrar *sip.Agent) *desk {
	h.t.Helper()
	d := h.telephone()
	states := make(chan sip.RegistrationState, 16)
	ctx, stop := context.WithCancel(h.ctx)
	var running sync.WaitGroup
	running.Go(func() {
		_ = d.agent.Register(ctx, sip.Registration{
			Registrar: sip.UserURI("", registrar.Addr("udp").String(), "udp"), User: "joe", Password: "joe's",
			OnState: func(st sip.RegistrationState) { states <- st },
		})
	})
	h.t.Cleanup(func() { stop(); running.Wait() })
	select {
	case st := <-states:
		h.must(st.Err)
	case <-h.ctx.Done():
		h.t.Fatal("the telephone never registered")
	}
	return d
}

// switchboard is a bridge that connects every caller to joe, who registers with it.
func switchboard(t *testing.T) (*house, *sip.Agent) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	h := &house{t: t, ctx: ctx, ended: make(chan bridge.Outcome, 16)}
	agent, err := sip.New(sip.Options{
		UDP: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler), Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
		Users: func(name string) (sip.Secret, bool) { return sip.Secret{Password: "joe's"}, name == "joe" },
		OnInvite: func(ctx context.Context, d *sip.Dialog) {
			h.handle(ctx, leg.NewFreeSWITCH(d, "main"), bridge.Address{Scheme: "sip", User: "joe"})
		},
	})
	h.must(err)
	h.bridge, err = bridge.New(bridge.Options{Dialers: map[string]bridge.Dialer{"sip": &leg.FreeSWITCHDialer{
		Line: func(string) (leg.FreeSWITCHLine, bool) { return leg.FreeSWITCHLine{User: "line"}, false },
		User: func(name string) (places []leg.Place, ok bool) {
			for _, b := range agent.Bindings(name) {
				places = append(places, leg.Place{Agent: agent, Binding: b})
			}
			return places, name == "joe"
		},
	}}})
	h.must(err)
	run, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { _ = agent.Run(run) })
	t.Cleanup(func() { stop(); running.Wait() })
	<-agent.Ready()
	return h, agent
}

// caller calls joe from a telephone that registers nowhere.
func (h *house) caller(agent *sip.Agent) *sip.Dialog {
	h.t.Helper()
	d, err := h.telephone().agent.Dial(h.ctx, sip.Invite{To: sip.UserURI("joe", agent.Addr("udp").String(), "udp"), FromUser: "1000"})
	h.must(err)
	return d
}

// ring waits for a call to the telephone.
func (h *house) ring(d *desk) *sip.Dialog {
	h.t.Helper()
	select {
	case c := <-d.rings:
		return c
	case <-h.ctx.Done():
		h.t.Fatal("it never rang")
		return nil
	}
}

func TestUserRingsWhereverItHasRegistered(t *testing.T) {
	// given a user with two telephones
	h, agent := switchboard(t)
	one, two := h.desk(agent), h.desk(agent)

	// when somebody calls it, then both ring
	caller := h.caller(agent)
	first, second := h.ring(one), h.ring(two)
	if first.RequestUser() != "joe" || second.RequestUser() != "joe" {
		t.Errorf("called %q and %q", first.RequestUser(), second.RequestUser())
	}

	// and when one answers, it has the call, and the other stops ringing
	h.must(second.Answer(h.ctx))
	untilSIP[sip.Answered](h, caller)
	if e := untilSIP[sip.Ended](h, first); !e.Remote || e.Status != 487 {
		t.Errorf("the other: %v", e)
	}
	h.must(caller.Hangup(h.ctx, sip.Hangup{}))
	h.wantOutcome(h.outcome(), bridge.NormalClearing, bridge.FaultNone)
}

func TestUserWhoIsNotRegisteredIsAbsent(t *testing.T) {
	h, agent := switchboard(t)
	if e := untilSIP[sip.Ended](h, h.caller(agent)); e.Status != 480 || e.Cause != int(bridge.SubscriberAbsent) {
		t.Errorf("the caller is told %v", e)
	}
	h.wantOutcome(h.outcome(), bridge.SubscriberAbsent, bridge.FaultCallee)
}
