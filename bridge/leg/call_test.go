package leg_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/sip"
	"switchgram/bridge/sip/siptest"
	"switchgram/tgcall"
	"switchgram/tgcall/testnet"
)

func TestTelegramCallerTalksToAnExtension(t *testing.T) {
	h := open(t, 20*time.Second, siptest.Echo("1000"))
	call, err := h.phoneOf(h.ann, nil).Dial(h.ctx, "+4930100200")
	h.must(err)
	until[tgcall.Connected](h, call)
	h.hearsItself(call)
	h.must(call.Discard(h.ctx, tgcall.Hangup))

	out := h.outcome()
	h.wantOutcome(out, bridge.NormalClearing, bridge.FaultNone)
	if !out.Times.Answered() || out.Path != "relay opus" || out.EndedBy != out.Legs[0].ID || out.From.User != "+4930123456" {
		t.Errorf("%+v", out)
	}
	tg, fs := out.Legs[0], out.Legs[1]
	if tg.Description.Protocol == "" || tg.Description.Path == "" || tg.Stats.Received == 0 || fs.Description.Protocol != "SIP/UDP" || fs.Stats.Received == 0 {
		t.Errorf("legs %+v, %+v", tg, fs)
	}
}

func TestExtensionSeesWhoCallsFromTelegram(t *testing.T) {
	h := open(t, 20*time.Second)
	seen := make(chan *sip.Dialog, 1)
	h.extension(siptest.PhoneOptions{Status: 486, OnCall: func(d *sip.Dialog) int { seen <- d; return 486 }})
	call, err := h.phoneOf(h.ann, nil).Dial(h.ctx, "+4930100200")
	h.must(err)
	d := <-seen
	for name, want := range map[string]string{
		"X-TG-Phone": "+4930123456", "X-TG-Username": "ann", "X-TG-First-Name": "Анна", "X-TG-Last-Name": "system(x)",
	} {
		if got := d.Header(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	end := until[tgcall.Ended](h, call)
	var discarded *tgcall.DiscardError
	if !errors.As(end.Err, &discarded) || discarded.Reason != tgcall.Busy {
		t.Errorf("the caller was told %v", end.Err)
	}
	h.wantOutcome(h.outcome(), bridge.UserBusy, bridge.FaultNone)
}

func TestTelegramCallerGivesUpWhileItRings(t *testing.T) {
	h := open(t, 20*time.Second)
	rings, ended := make(chan struct{}, 1), make(chan sip.Ended, 1)
	h.extension(siptest.PhoneOptions{Ring: siptest.Forever, OnCall: func(*sip.Dialog) int { rings <- struct{}{}; return 0 }, Event: func(ev sip.Event) {
		if e, ok := ev.(sip.Ended); ok {
			ended <- e
		}
	}})
	call, err := h.phoneOf(h.ann, nil).Dial(h.ctx, "+4930100200")
	h.must(err)
	<-rings
	h.must(call.Discard(h.ctx, tgcall.Missed))
	h.wantOutcome(h.outcome(), bridge.NormalClearing, bridge.FaultNone)
	if e := <-ended; !e.Remote {
		t.Errorf("the extension was told %+v", e)
	}
}

func TestAnotherDeviceOfTheLineTakesTheCall(t *testing.T) {
	h := open(t, 20*time.Second)
	rings := make(chan struct{}, 1)
	h.extension(siptest.PhoneOptions{Ring: siptest.Forever, OnCall: func(*sip.Dialog) int { rings <- struct{}{}; return 0 }})
	h.phoneOf(h.lineOf, func(ctx context.Context, c *tgcall.Call) {
		<-rings
		_ = c.Accept(ctx)
		<-ctx.Done()
	})
	call, err := h.phoneOf(h.ann, nil).Dial(h.ctx, "+4930100200")
	h.must(err)
	until[tgcall.Accepted](h, call)
	out := h.outcome()
	if out.EndedBy != out.Legs[0].ID || out.Times.Answered() || out.Fault != bridge.FaultNone {
		t.Errorf("ended with %s by %q, %v", out.Cause, out.EndedBy, out.Err)
	}
	h.must(call.Discard(h.ctx, tgcall.Hangup))
}

func TestTelephoneTalksToAPersonOnTelegram(t *testing.T) {
	h := open(t, 20*time.Second)
	h.phoneOf(h.ann, testnet.Echo)
	phone := h.extension(siptest.PhoneOptions{})
	for _, number := range []string{"+4930123456", "tg4930123456", "@ann", "tgtg#ann", "tg*1002"} { // the dialplan cuts "tg" off
		d, err := phone.Dial(h.ctx, number)
		h.must(err)
		untilSIP[sip.Ringing](h, d)
		untilSIP[sip.Answered](h, d)
		h.hearsItself(d)
		h.must(d.Hangup(h.ctx, sip.Hangup{Q850: 16}))
		out := h.outcome()
		h.wantOutcome(out, bridge.NormalClearing, bridge.FaultNone)
		if out.Path != "relay opus" || out.EndedBy != out.Legs[0].ID || !out.Times.Answered() {
			t.Errorf("%s: %+v", number, out)
		}
	}
}

func TestPersonHangsUp(t *testing.T) {
	h := open(t, 20*time.Second)
	talked := make(chan struct{})
	h.phoneOf(h.ann, func(ctx context.Context, c *tgcall.Call) {
		_ = c.Accept(ctx)
		<-talked
		_ = c.Discard(ctx, tgcall.Hangup)
	})
	d, err := h.extension(siptest.PhoneOptions{}).Dial(h.ctx, "@ann")
	h.must(err)
	untilSIP[sip.Answered](h, d)
	close(talked)
	if end := untilSIP[sip.Ended](h, d); !end.Remote || end.Cause != 16 {
		t.Errorf("the telephone was told %+v", end)
	}
	h.wantOutcome(h.outcome(), bridge.NormalClearing, bridge.FaultNone)
}

func TestTelephoneHearsWhyNobodyAnswers(t *testing.T) {
	h := open(t, 20*time.Second)
	var declines atomic.Bool
	h.phoneOf(h.ann, func(ctx context.Context, c *tgcall.Call) {
		if declines.Load() {
			_ = c.Discard(ctx, tgcall.Busy)
		}
		<-ctx.Done()
	})
	phone := h.extension(siptest.PhoneOptions{})
	for _, c := range []struct {
		name   string
		set    func(on bool)
		number string
		status int // that FreeSWITCH would send for the cause
		cause  bridge.Cause
		fault  bridge.Fault
	}{
		{"declined", declines.Store, "@ann", 486, bridge.UserBusy, bridge.FaultNone},
		{"not answered", func(bool) {}, "@ann", 480, bridge.NoAnswer, bridge.FaultNone},
		{"calls forbidden", h.ann.ForbidCalls, "@ann", 603, bridge.CallRejected, bridge.FaultNone},
		{"old app", h.ann.Outdated, "@ann", 488, bridge.IncompatibleDestination, bridge.FaultCallee},
		{"nobody of that name", func(bool) {}, "@nobody", 404, bridge.UnallocatedNumber, bridge.FaultCaller},
		{"nonsense", func(bool) {}, "+12", 484, bridge.InvalidNumberFormat, bridge.FaultCaller},
		{"flood", h.flood, "@ann", 503, bridge.SwitchCongestion, bridge.FaultTelegram},
	} {
		c.set(true)
		d, err := phone.Dial(h.ctx, c.number)
		h.must(err)
		if end := untilSIP[sip.Ended](h, d); end.Status != c.status {
			t.Errorf("%s: the telephone was told %d, want %d", c.name, end.Status, c.status)
		}
		h.wantOutcome(h.outcome(), c.cause, c.fault)
		c.set(false)
	}
}

func TestTelephoneGivesUpAndThePersonsStopsRinging(t *testing.T) {
	h := open(t, 20*time.Second)
	told := make(chan error, 1)
	h.phoneOf(h.ann, func(ctx context.Context, c *tgcall.Call) {
		for e := range c.Events() {
			if end, ok := e.(tgcall.Ended); ok {
				told <- end.Err
			}
		}
	})
	d, err := h.extension(siptest.PhoneOptions{}).Dial(h.ctx, "@ann")
	h.must(err)
	untilSIP[sip.Ringing](h, d)
	h.must(d.Hangup(h.ctx, sip.Hangup{}))
	var discarded *tgcall.DiscardError
	if err := <-told; !errors.As(err, &discarded) || discarded.Reason != tgcall.Missed {
		t.Errorf("the person was told %v", err)
	}
	h.wantOutcome(h.outcome(), bridge.NormalClearing, bridge.FaultNone)
}

func TestShutdownLeavesNobodyHanging(t *testing.T) {
	h := open(t, 20*time.Second)
	h.phoneOf(h.ann, testnet.Echo)
	d, err := h.extension(siptest.PhoneOptions{}).Dial(h.ctx, "@ann")
	h.must(err)
	untilSIP[sip.Answered](h, d)
	ctx, cancel := context.WithCancel(h.ctx)
	cancel()
	if err := h.bridge.Shutdown(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Shutdown returned %v", err)
	}
	if end := untilSIP[sip.Ended](h, d); end.Cause != int(bridge.NormalTemporaryFailure) {
		t.Errorf("the telephone was told %+v", end)
	}
	h.wantOutcome(h.outcome(), bridge.NormalTemporaryFailure, bridge.FaultUs)
}
