package program_test

import (
	"testing"

	"switchgram/bridge"
	"switchgram/bridge/sip"
	"switchgram/tgcall"
)

func TestAtTheEndRunningCallsGoOnAndNewOnesAreRefused(t *testing.T) {
	t.Parallel()
	h := build(t, plan{settings: "drain: 1m", line: "max_calls: 5"})
	desk, bob := h.telephone("1000", 0), h.person(h.bob(), ignores)
	call, err := h.person(h.ann(), nil).Dial(h.ctx, "@line_main")
	h.must(err)
	until[tgcall.Connected](h, call)
	ann, telephone := h.telegramEnd(call, 700), h.sipEnd(next(h, desk.taken), 1100)
	talk(ann, telephone)

	h.end()
	h.log.await(h.ctx, "waiting for calls to end")

	if end := untilSIP[sip.Ended](h, h.telephone("1001", 0).dial("tg@bob")); end.Status != 503 {
		t.Errorf("a new call was refused with %s, want 503", end)
	}
	refused, err := bob.Dial(h.ctx, "@line_main")
	h.must(err)
	h.wantDiscarded(refused, tgcall.Disconnect)
	h.wantOutcome(bridge.SwitchCongestion, "")
	talk(ann, telephone)
	h.must(call.Discard(h.ctx, tgcall.Hangup))
	h.wantOutcome(bridge.NormalClearing, "relay opus")
	h.must(next(h, h.done))
	if _, ok := h.exchange.Registered("line-main"); ok {
		t.Error("the registration was left behind")
	}
}

func TestCallsThatOutlastTheDrainAreHungUpAtBothEnds(t *testing.T) {
	t.Parallel()
	h := build(t, plan{settings: "drain: 200ms", line: "max_calls: 5"})
	desk := h.telephone("1000", 0)
	fromTelegram, err := h.person(h.ann(), nil).Dial(h.ctx, "@line_main")
	h.must(err)
	until[tgcall.Connected](h, fromTelegram)
	calls := make(chan *tgcall.Call, 1)
	h.person(h.bob(), takes(calls))
	fromSIP := h.telephone("1001", 0).dial("tg@bob")
	untilSIP[sip.Answered](h, fromSIP)
	for range 2 {
		h.log.await(h.ctx, "msg=call.answered") // later than their telephones know
	}

	h.end()

	h.must(next(h, h.done))
	h.wantDiscarded(fromTelegram, tgcall.Disconnect)
	h.wantDiscarded(next(h, calls), tgcall.Disconnect)
	for _, end := range []sip.Ended{next(h, desk.ended), untilSIP[sip.Ended](h, fromSIP)} {
		if !end.Remote || end.Cause != 41 {
			t.Errorf("the telephone was told %s, want cause 41", end)
		}
	}
	h.wantOutcome(bridge.NormalTemporaryFailure, "relay opus")
	h.wantOutcome(bridge.NormalTemporaryFailure, "relay opus")
}

func TestTelephoneThatRingsAtTheEndStopsRinging(t *testing.T) {
	t.Parallel()
	h := build(t, plan{settings: "drain: 0s"})
	calls := make(chan *tgcall.Call, 1)
	h.person(h.ann(), rings(calls))
	d := h.telephone("1000", 0).dial("tg@ann")
	untilSIP[sip.Ringing](h, d)
	call := next(h, calls) // her device is told a moment later

	h.end()

	h.must(next(h, h.done))
	h.wantDiscarded(call, tgcall.Missed)
	if end := untilSIP[sip.Ended](h, d); end.Status != 503 {
		t.Errorf("the telephone was told %s, want 503", end)
	}
}

func TestProgramWithoutCallsEndsAtOnce(t *testing.T) {
	t.Parallel()
	h := build(t, plan{settings: "drain: 1h"})
	h.end()
	h.must(next(h, h.done))
}
