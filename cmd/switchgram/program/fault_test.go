package program_test

import (
	"errors"
	"testing"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/sip"
	"switchgram/bridge/sip/siptest"
	"switchgram/tgcall"
)

// dead is how long it may take until somebody who died in a call is found out: 20 s for media and as much for signalling, and time for a busy machine.
const dead = time.Minute

// wantWithin says that what happened since then took too long.
func wantWithin(t *testing.T, d time.Duration, since time.Time, what string) {
	t.Helper()
	if took := time.Since(since); took > d {
		t.Errorf("%s took %s", what, took)
	}
}

func TestKilledSwitchEndsItsCallAndNoOther(t *testing.T) {
	t.Parallel()
	var killed *peer
	h := &house{t: t, ctx: t.Context()}
	killed = h.spawn("switch", nil)
	h = build(t, plan{lines: []string{"main", "other"}, switches: map[string]string{"main": killed.said}})
	desk := h.telephone("1000", 0)
	theirs, err := h.person(h.ann(), nil).Dial(h.ctx, "@line_main")
	h.must(err)
	until[tgcall.Connected](h, theirs)
	e := h.telegramEnd(theirs, 900)
	e.hears(e)
	other, err := h.person(h.bob(), nil).Dial(h.ctx, "@line_other")
	h.must(err)
	until[tgcall.Connected](h, other)
	bob, telephone := h.telegramEnd(other, 700), h.sipEnd(next(h, desk.taken), 1100)
	talk(bob, telephone)

	killed.kill()
	since := time.Now()

	var told *tgcall.DiscardError
	if end := until[tgcall.Ended](h, theirs); !errors.As(end.Err, &told) || told.Reason != tgcall.Disconnect { // by Telegram or by the media, whichever comes first
		t.Errorf("the person on telegram was told %v, want %s", end.Err, tgcall.Disconnect)
	}
	wantWithin(t, dead, since, "the end of the call")
	if o := h.outcome(); o.Cause != bridge.RecoveryOnTimerExpire || o.Fault != bridge.FaultFreeSWITCH || !errors.Is(o.Err, sip.ErrTimeout) {
		t.Errorf("ended with %s, fault %s (%v)", o.Cause, o.Fault, o.Err)
	}
	talk(bob, telephone)
	h.must(other.Discard(h.ctx, tgcall.Hangup))
	h.wantOutcome(bridge.NormalClearing, "relay opus")
}

func TestKilledTelegramPeerEndsItsCallAndNoOther(t *testing.T) {
	t.Parallel()
	h := build(t, plan{line: "max_calls: 2"})
	killed := h.personApart(h.ann())
	theirs := h.telephone("1000", 0).dial("tg@ann")
	untilSIP[sip.Answered](h, theirs)
	e := h.sipEnd(theirs, 900)
	e.hears(e)
	taken := make(chan *tgcall.Call, 1)
	h.person(h.bob(), takes(taken))
	other := h.telephone("1001", 0).dial("tg@bob")
	untilSIP[sip.Answered](h, other)
	bob, telephone := h.telegramEnd(next(h, taken), 700), h.sipEnd(other, 1100)
	talk(bob, telephone)

	killed.kill()
	since := time.Now()

	if end := untilSIP[sip.Ended](h, theirs); !end.Remote || end.Cause != 41 {
		t.Errorf("the telephone was told %s, want cause 41", end)
	}
	wantWithin(t, dead, since, "the end of the call")
	if o := h.outcome(); o.Cause != bridge.NormalTemporaryFailure || o.Fault != bridge.FaultTelegram || !errors.Is(o.Err, tgcall.ErrNoMedia) {
		t.Errorf("ended with %s, fault %s (%v)", o.Cause, o.Fault, o.Err)
	}
	talk(bob, telephone)
	h.must(other.Hangup(h.ctx, sip.Hangup{}))
	h.wantOutcome(bridge.NormalClearing, "relay opus")
}

func TestCallSurvivesTheLossOfTelegramsConnection(t *testing.T) {
	t.Parallel()
	h := build(t, plan{})
	desk := h.telephone("1000", 0)
	call, err := h.person(h.ann(), nil).Dial(h.ctx, "@line_main")
	h.must(err)
	until[tgcall.Connected](h, call)
	ann, telephone := h.telegramEnd(call, 700), h.sipEnd(next(h, desk.taken), 1100)
	talk(ann, telephone)

	h.net.Disconnect(h.accounts["main"])
	h.log.await(h.ctx, "telegram account is down")
	talk(ann, telephone)
	h.log.await(h.ctx, "telegram account is up")
	talk(ann, telephone)

	h.must(call.Discard(h.ctx, tgcall.Hangup))
	h.wantOutcome(bridge.NormalClearing, "relay opus")
	if end := next(h, desk.ended); end.Cause != 16 {
		t.Errorf("the telephone was told %s", end)
	}
}

func TestRestartedRegistrarIsFoundAgain(t *testing.T) {
	t.Parallel()
	h := build(t, plan{extensions: []siptest.Extension{siptest.Echo("1000")}})
	h.exchange.Forget()
	if _, ok := h.exchange.Registered("line-main"); ok {
		t.Fatal("it forgets nothing")
	}
	_, err := h.exchange.WaitRegistered(h.ctx, "line-main")
	h.must(err)
	taken := make(chan *tgcall.Call, 1)
	h.person(h.ann(), takes(taken))
	untilSIP[sip.Answered](h, h.telephone("1001", 0).dial("tg@ann"))
}
