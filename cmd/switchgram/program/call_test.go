package program_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/sip"
	"switchgram/bridge/sip/siptest"
	"switchgram/tgcall"
	"switchgram/tgcall/testnet"
)

func ignores(ctx context.Context, _ *tgcall.Call) { <-ctx.Done() }

// rings lets the telephone ring, and tells the test.
func rings(c chan<- *tgcall.Call) func(context.Context, *tgcall.Call) {
	return func(ctx context.Context, call *tgcall.Call) { c <- call; <-ctx.Done() }
}

// takes answers, and tells the test.
func takes(to chan<- *tgcall.Call) func(context.Context, *tgcall.Call) {
	return func(ctx context.Context, c *tgcall.Call) {
		if c.Accept(ctx) == nil {
			to <- c
			<-ctx.Done()
		}
	}
}

func TestTelegramUserTalksToAnExtension(t *testing.T) {
	h := build(t, plan{})
	desk := h.telephone("1000", 0)
	ann := h.ann()
	call, err := h.person(ann, nil).Dial(h.ctx, "@line_main")
	h.must(err)

	for name, want := range map[string]string{
		"X-TG-Phone": "+" + annNumber, "X-TG-Username": "ann", "X-TG-ID": fmt.Sprint(ann.ID()), "X-TG-First-Name": "Ann", "X-TG-Last-Name": "Ahlers",
	} {
		if d := next(h, desk.rings); d.Header(name) != want {
			t.Errorf("the telephone sees %s: %q, want %q", name, d.Header(name), want)
		} else {
			desk.rings <- d
		}
	}
	until[tgcall.Connected](h, call)
	talk(h.telegramEnd(call, 700), h.sipEnd(next(h, desk.taken), 1100))
	h.must(call.Discard(h.ctx, tgcall.Hangup))

	if end := next(h, desk.ended); !end.Remote || end.Cause != 16 {
		t.Errorf("the telephone was told %s", end)
	}
	h.wantOutcome(bridge.NormalClearing, "relay opus")
}

func TestExtensionTalksToTelegramUsers(t *testing.T) {
	h := build(t, plan{})
	desk := h.telephone("1000", 0)
	ann, taken := h.ann(), make(chan *tgcall.Call, 1)
	h.person(ann, takes(taken))
	for _, who := range []string{"+" + annNumber, annNumber, "00" + annNumber, "@ann", "tg#ann", fmt.Sprintf("*%d", ann.ID())} {
		d := desk.dial("tg" + who)
		untilSIP[sip.Answered](h, d)
		call := next(h, taken)
		telephone, person := h.sipEnd(d, 650), h.telegramEnd(call, 1050)
		talk(telephone, person)
		h.must(d.Hangup(h.ctx, sip.Hangup{Q850: 16}))
		telephone.hush()
		person.hush()
		h.wantDiscarded(call, tgcall.Hangup)
		h.wantOutcome(bridge.NormalClearing, "relay opus")
	}
}

func TestGatewayCallsTelegramUsersByTheRequestURI(t *testing.T) {
	h := build(t, plan{lines: []string{"main", "second"}})
	taken := make(chan *tgcall.Call, 1)
	h.person(h.ann(), takes(taken))
	gateway := h.gateway()
	for line, user := range h.accounts {
		d := h.call(gateway, "@ann", sip.Header{Name: "X-TG-Line", Value: line})
		untilSIP[sip.Answered](h, d)
		if from := next(h, taken).Peer(); from.Username != user.Username() {
			t.Errorf("line %s called as %s", line, from.Username)
		}
		h.must(d.Hangup(h.ctx, sip.Hangup{}))
		h.wantOutcome(bridge.NormalClearing, "relay opus")
	}
	if end := untilSIP[sip.Ended](h, h.call(gateway, "@ann")); end.Status != 404 {
		t.Errorf("a call that fits no line was answered %s, want 404", end)
	}
}

func TestSwitchHearsWhyItsCallWasRefused(t *testing.T) {
	h := build(t, plan{line: `allow: ["!+4930999*", "+49*", "@*"]`})
	ann := h.ann()
	h.person(ann, ignores)
	gateway := h.gateway()
	for _, c := range []struct {
		name, who string
		set       func(on bool)
		status    int
		cause     bridge.Cause
	}{
		{"forbidden by the list", "+4930999111", nil, 403, bridge.OutgoingCallBarred},
		{"not on the list", "+15551234567", nil, 403, bridge.OutgoingCallBarred},
		{"unknown person", "@nobody", nil, 404, bridge.UnallocatedNumber},
		{"unknown number", "+4930555555", nil, 404, bridge.UnallocatedNumber},
		{"privacy", "@ann", ann.ForbidCalls, 603, bridge.CallRejected},
		{"old app", "@ann", ann.Outdated, 488, bridge.IncompatibleDestination},
	} {
		if c.set != nil {
			c.set(true)
		}
		if end := untilSIP[sip.Ended](h, h.call(gateway, c.who)); end.Status != c.status || end.Cause != int(c.cause) {
			t.Errorf("%s: refused with %s, want %d, cause %d", c.name, end, c.status, c.cause)
		}
		h.wantOutcome(c.cause, "")
		if c.set != nil {
			c.set(false)
		}
	}
	if end := untilSIP[sip.Ended](h, h.call(gateway, "line-main")); end.Status != 404 { // with nobody's name
		t.Errorf("a call for nobody was answered %s", end)
	}
}

func TestFloodWaitStopsCallsAndNothingElse(t *testing.T) {
	h := build(t, plan{})
	h.person(h.ann(), ignores)
	desk, gateway := h.telephone("1000", 0), h.gateway()
	h.net.Flood("phone.requestCall", time.Hour)

	for range 2 { // the second is not even asked of telegram
		d := h.call(gateway, "@ann")
		end := untilSIP[sip.Ended](h, d)
		var wait int
		if _, err := fmt.Sscan(d.Header("Retry-After"), &wait); err != nil || end.Status != 503 || wait < 3500 || wait > 3600 {
			t.Errorf("refused with %s, Retry-After %q", end, d.Header("Retry-After"))
		}
		h.wantOutcome(bridge.SwitchCongestion, "")
	}
	h.net.Flood("phone.requestCall", 0)
	if end := untilSIP[sip.Ended](h, h.call(gateway, "@nobody")); end.Status != 404 { // people are looked for as ever
		t.Errorf("looking for a person: %s", end)
	}
	h.wantOutcome(bridge.UnallocatedNumber, "")
	call, err := h.person(h.bob(), nil).Dial(h.ctx, "@line_main")
	h.must(err)
	next(h, desk.taken)
	h.log.await(h.ctx, "msg=call.answered") // later than the device of the caller knows
	h.must(call.Discard(h.ctx, tgcall.Hangup))
	h.wantOutcome(bridge.NormalClearing, "relay opus")
}

func TestFullLineIsBusyForBothSides(t *testing.T) {
	h := build(t, plan{line: "max_calls: 1", extensions: []siptest.Extension{siptest.Echo("1000")}})
	bob := h.bob()
	first, err := h.person(h.ann(), nil).Dial(h.ctx, "@line_main")
	h.must(err)
	until[tgcall.Connected](h, first)

	second, err := h.person(bob, ignores).Dial(h.ctx, "@line_main")
	h.must(err)
	h.wantDiscarded(second, tgcall.Busy)
	h.wantOutcome(bridge.UserBusy, "")
	if end := untilSIP[sip.Ended](h, h.telephone("1001", 0).dial("tg@bob")); end.Status != 486 {
		t.Errorf("the telephone was told %s, want 486", end)
	}
	h.wantOutcome(bridge.UserBusy, "")

	h.must(first.Discard(h.ctx, tgcall.Hangup))
	h.wantOutcome(bridge.NormalClearing, "relay opus")
}

func TestTelephoneGivesUpWhileTelegramRings(t *testing.T) {
	h := build(t, plan{})
	calls := make(chan *tgcall.Call, 1)
	h.person(h.ann(), rings(calls))
	d := h.telephone("1000", 0).dial("tg@ann")
	untilSIP[sip.Ringing](h, d)
	call := next(h, calls) // her device is told a moment later

	h.must(d.Hangup(h.ctx, sip.Hangup{}))

	h.wantDiscarded(call, tgcall.Missed)
	h.wantOutcome(bridge.NormalClearing, "")
}

func TestTelegramUserGivesUpWhileTheTelephoneRings(t *testing.T) {
	h := build(t, plan{})
	desk := h.telephone("1000", siptest.Forever)
	call, err := h.person(h.ann(), nil).Dial(h.ctx, "@line_main")
	h.must(err)
	next(h, desk.rings)

	h.must(call.Discard(h.ctx, tgcall.Missed))

	if end := next(h, desk.ended); !end.Remote || end.Status != 487 {
		t.Errorf("the telephone was told %s, want CANCEL", end)
	}
	h.wantOutcome(bridge.NormalClearing, "")
}

func TestNobodyAnswersInTime(t *testing.T) {
	h := build(t, plan{settings: "ring_timeout: 1s"})
	h.person(h.ann(), ignores)
	if end := untilSIP[sip.Ended](h, h.call(h.gateway(), "@ann")); end.Status != 480 || end.Cause != 19 {
		t.Errorf("refused with %s, want 480, cause 19", end)
	}
	h.wantOutcome(bridge.NoAnswer, "")
}

func TestOwnerOfTheLineAnswersOnTheirOwnTelephone(t *testing.T) {
	h := build(t, plan{})
	desk := h.telephone("1000", siptest.Forever)
	both := make(chan struct{})
	h.person(h.accounts["main"], func(ctx context.Context, c *tgcall.Call) {
		<-both
		testnet.Echo(ctx, c)
	})
	call, err := h.person(h.ann(), nil).Dial(h.ctx, "@line_main")
	h.must(err)
	next(h, desk.rings)
	close(both)
	until[tgcall.Connected](h, call)

	if end := next(h, desk.ended); !end.Remote || end.Status != 487 {
		t.Errorf("the telephone was told %s, want CANCEL", end)
	}
	if o := h.outcome(); o.Cause != bridge.LoseRace && o.Cause != bridge.NormalClearing || o.Times.Answered() {
		t.Errorf("ended with %s", o.Cause)
	}
	h.must(call.Discard(h.ctx, tgcall.Hangup)) // the two talk on without us
}
