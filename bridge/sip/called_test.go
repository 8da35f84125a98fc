package sip_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"switchgram/bridge/sip"
	"switchgram/bridge/sip/sdp"
)

func TestCallOfFreeSWITCHIsTaken(t *testing.T) {
	t.Parallel()
	// given the INVITE that a FreeSWITCH sent for a call to a Telegram user
	a, calls := callee(t, sip.Options{})
	w := newWire(t, a)
	invite, err := os.ReadFile("testdata/freeswitch-invite.sip")
	must(t, err)

	// when it comes
	w.send(strings.Replace(string(invite), "Via: SIP/2.0/UDP 127.0.0.1;", "Via: SIP/2.0/UDP $ME;", 1))
	d := next(t, calls)

	// then who calls whom is known before the answer, and the format too
	if d.RemoteUser() != "1007" || d.RemoteName() != "Extension 1007" || d.RequestUser() != "telegram" || d.Header("x-tg-dial") != "+15551234567" {
		t.Errorf("got %q %q %q %q", d.RemoteUser(), d.RemoteName(), d.RequestUser(), d.Header("x-tg-dial"))
	}
	if f := d.Format(); f.Codec != sdp.PCMU || f.DTMFPayloadType != 101 {
		t.Errorf("format %+v", f)
	}
	must(t, d.EarlyMedia(deadline(t)))
	early := w.response(183)
	must(t, d.Answer(deadline(t)))
	ok := w.response(200)
	if string(early.Body()) != string(ok.Body()) || toTag(early) != toTag(ok) || !strings.Contains(string(ok.Body()), "RTP/AVP 0 101") {
		t.Errorf("183 %q\n200 %q", early.Body(), ok.Body())
	}
}

func TestLostACKIsMadeUpForAndThenTheCallEnds(t *testing.T) {
	t.Parallel()
	a, calls := callee(t, sip.Options{})
	w := newWire(t, a)
	w.send(w.message("INVITE", "lost-ack", "", 1, w.sdp()))
	d := next(t, calls)
	must(t, d.Answer(deadline(t)))
	for range 3 { // 200 comes again and again
		w.response(200)
	}
	w.request(sipgo.BYE)
	if e := expect[sip.Ended](t, d); !errors.Is(e.Err, sip.ErrNoACK) {
		t.Errorf("got %v", e)
	}
}

func TestLateACKStopsTheRepetition(t *testing.T) {
	t.Parallel()
	a, calls := callee(t, sip.Options{})
	w := newWire(t, a)
	w.send(w.message("INVITE", "late-ack", "", 1, w.sdp()))
	d := next(t, calls)
	must(t, d.Answer(deadline(t)))
	w.response(200)
	ok := w.response(200)
	w.ack("late-ack", ok, 1, "")
	w.send(w.message("OPTIONS", "late-ack", toTag(ok), 2, ""))
	w.response(200)
	w.send(w.message("BYE", "late-ack", toTag(ok), 3, ""))
	if e := expect[sip.Ended](t, d); e.Err != nil || !e.Remote {
		t.Errorf("got %v", e)
	}
}

func TestByeBeforeACKIsANormalEnd(t *testing.T) {
	t.Parallel()
	a, calls := callee(t, sip.Options{})
	w := newWire(t, a)
	w.send(w.message("INVITE", "bye-first", "", 1, w.sdp()))
	d := next(t, calls)
	must(t, d.Answer(deadline(t)))
	ok := w.response(200)
	w.send(w.message("BYE", "bye-first", toTag(ok), 2, "", `Reason: Q.850;cause=16;text="x"`))
	w.ack("bye-first", ok, 1, "")
	if e := expect[sip.Ended](t, d); e.Err != nil || !e.Remote || e.Cause != 16 {
		t.Errorf("got %v", e)
	}
}

func TestCancelBeforeTheAnswerIs487(t *testing.T) {
	t.Parallel()
	a, calls := callee(t, sip.Options{})
	w := newWire(t, a)
	invite := w.message("INVITE", "cancelled", "", 1, w.sdp())
	w.send(invite)
	d := next(t, calls)
	must(t, d.Ring(deadline(t)))
	w.response(180)
	cancel := strings.ReplaceAll(w.message("CANCEL", "cancelled", "", 1, "", `Reason: Q.850;cause=26;text="elsewhere"`), "-CANCEL-", "-INVITE-")
	w.send(cancel)
	w.response(487)
	if e := expect[sip.Ended](t, d); e.Status != 487 || e.Cause != 26 || !e.Remote {
		t.Errorf("got %v", e)
	}
	if err := d.Answer(deadline(t)); !errors.Is(err, sip.ErrEnded) {
		t.Errorf("answer after cancel: %v", err)
	}
}

func TestCallWithoutOfferGetsOurs(t *testing.T) {
	t.Parallel()
	a, calls := callee(t, sip.Options{})
	w := newWire(t, a)
	w.send(w.message("INVITE", "delayed", "", 1, ""))
	d := next(t, calls)
	if err := d.EarlyMedia(deadline(t)); !errors.Is(err, sip.ErrNoMedia) {
		t.Errorf("early media: %v", err)
	}
	answered := make(chan error, 1)
	go func() { answered <- d.Answer(deadline(t)) }()
	ok := w.response(200)
	if !strings.Contains(string(ok.Body()), "RTP/AVP 102 9 0 8 103 101") {
		t.Errorf("offer %q", ok.Body())
	}
	w.ack("delayed", ok, 1, w.sdp())
	must(t, next(t, answered))
	expect[sip.Answered](t, d)
	if d.Format().Codec != sdp.PCMU {
		t.Errorf("format %v", d.Format())
	}
}

func TestOfferNobodyCanTakeIs488AndSaysWhy(t *testing.T) {
	t.Parallel()
	a, _ := callee(t, sip.Options{})
	w := newWire(t, a)
	w.send(w.message("INVITE", "srtp", "", 1, strings.Replace(w.sdp(), "RTP/AVP", "RTP/SAVP", 1)))
	res := w.response(488)
	if h := res.GetHeader("Warning"); h == nil || !strings.Contains(h.Value(), "SRTP") {
		t.Errorf("warning %v", h)
	}
}

func TestBadInvitesAreRefused(t *testing.T) {
	t.Parallel()
	a, _ := callee(t, sip.Options{})
	tests := []struct {
		name   string
		status int
		change func(string) string
	}{
		{"extension", 420, func(s string) string { return strings.Replace(s, "Max-Forwards", "Require: 100rel\r\nMax-Forwards", 1) }},
		{"content", 415, func(s string) string { return strings.Replace(s, "application/sdp", "text/plain", 1) }},
		{"garbage", 488, func(s string) string { return strings.Replace(s, "m=audio", "m=nonsense", 1) }},
		{"no contact", 400, func(s string) string { return strings.Replace(s, "Contact:", "X-Contact:", 1) }},
		{"no tag", 400, func(s string) string { return strings.Replace(s, ";tag=w", "", 1) }},
		{"unknown dialog", 481, func(s string) string { return strings.Replace(s, "<sip:1000@test>", "<sip:1000@test>;tag=x", 1) }},
		{"short session", 422, func(s string) string {
			return strings.Replace(s, "Max-Forwards", "Supported: timer\r\nSession-Expires: 10\r\nMax-Forwards", 1)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWire(t, a)
			w.send(tt.change(w.message("INVITE", "bad-"+strings.ReplaceAll(tt.name, " ", "-"), "", 1, w.sdp())))
			w.response(tt.status)
		})
	}
}

func TestSameInviteByTwoWaysIsOneCall(t *testing.T) {
	t.Parallel()
	a, calls := callee(t, sip.Options{})
	w := newWire(t, a)
	invite := w.message("INVITE", "merged", "", 1, w.sdp())
	w.send(invite)
	next(t, calls)
	w.send(strings.Replace(invite, "-INVITE-", "-other-way-", 1))
	w.response(482)
}

func TestUnansweredCallIsRefusedWhenTheProgramReturns(t *testing.T) {
	t.Parallel()
	a := start(t, sip.Options{Allow: everybody})
	w := newWire(t, a)
	w.send(w.message("INVITE", "nobody", "", 1, w.sdp()))
	w.response(480)
}

func TestRejectionCarriesStatusCauseAndWhenToTryAgain(t *testing.T) {
	t.Parallel()
	a, calls := callee(t, sip.Options{})
	w := newWire(t, a)
	w.send(w.message("INVITE", "flood", "", 1, w.sdp()))
	d := next(t, calls)
	must(t, d.Reject(deadline(t), sip.Hangup{Status: 503, Q850: 41, Text: "flood\r\nVia: x", RetryAfter: 1500 * time.Millisecond}))
	res := w.response(503)
	if got := res.GetHeader("Retry-After").Value(); got != "2" {
		t.Errorf("retry after %s", got)
	}
	if got := res.GetHeader("Reason").Value(); got != `Q.850;cause=41;text="flood  Via: x"` {
		t.Errorf("reason %s", got)
	}
	if e := expect[sip.Ended](t, d); e.Status != 503 || e.Remote {
		t.Errorf("got %v", e)
	}
}

func TestReinviteHoldsResumesAndKeepsTheCodec(t *testing.T) {
	t.Parallel()
	a, calls := callee(t, sip.Options{})
	w := newWire(t, a)
	w.send(w.message("INVITE", "held", "", 1, w.sdp()))
	d := next(t, calls)
	must(t, d.Answer(deadline(t)))
	ok := w.response(200)
	w.ack("held", ok, 1, "")
	expect[sip.Answered](t, d)
	tag := toTag(ok)

	w.send(w.message("INVITE", "held", tag, 2, w.sdp("a=sendonly\r\n")))
	res := w.response(200)
	w.ack("held", res, 2, "")
	if !strings.Contains(string(res.Body()), "a=recvonly") || !strings.Contains(string(res.Body()), "RTP/AVP 0 101") {
		t.Errorf("answer %q", res.Body())
	}
	if e := expect[sip.Held](t, d); !e.On {
		t.Error("not held")
	}
	if err := d.WriteRTP(packet(1, "x")); !errors.Is(err, sip.ErrHeld) {
		t.Errorf("write on hold: %v", err)
	}
	w.send(w.message("UPDATE", "held", tag, 3, w.sdp()))
	w.response(200)
	if e := expect[sip.Held](t, d); e.On {
		t.Error("still held")
	}
	// an old request, and an offer that cannot be taken, change nothing
	w.send(w.message("INVITE", "held", tag, 2, w.sdp("a=inactive\r\n"), "X-Again: yes"))
	w.send(strings.Replace(w.message("INVITE", "held", tag, 3, w.sdp()), "-INVITE-3", "-INVITE-3b", 1))
	w.response(500)
	w.send(w.message("INVITE", "held", tag, 4, strings.Replace(w.sdp(), "RTP/AVP", "RTP/SAVP", 1)))
	w.response(488)
	if d.Format().Codec != sdp.PCMU {
		t.Errorf("format %v", d.Format())
	}
	// a session refresh without SDP gets our offer
	w.send(w.message("INVITE", "held", tag, 5, ""))
	res = w.response(200)
	if !strings.Contains(string(res.Body()), "RTP/AVP 0 101") {
		t.Errorf("offer %q", res.Body())
	}
	w.ack("held", res, 5, w.sdp())
	w.send(w.message("BYE", "held", tag, 6, ""))
	w.response(200)
	expect[sip.Ended](t, d)
}

func TestDigitsByInfoAreHeard(t *testing.T) {
	t.Parallel()
	a, calls := callee(t, sip.Options{})
	w := newWire(t, a)
	w.send(w.message("INVITE", "info", "", 1, w.sdp()))
	d := next(t, calls)
	must(t, d.Answer(deadline(t)))
	ok := w.response(200)
	w.ack("info", ok, 1, "")
	for i, tt := range []struct {
		kind, body string
		want       sip.Digit
	}{
		{"application/dtmf-relay", "Signal=5\r\nDuration=200\r\n", sip.Digit{Key: '5', Duration: 200 * time.Millisecond}},
		{"application/dtmf-relay", "Signal = 11", sip.Digit{Key: '#', Duration: 160 * time.Millisecond}},
		{"application/dtmf", "*", sip.Digit{Key: '*', Duration: 160 * time.Millisecond}},
	} {
		w.send(strings.Replace(w.message("INFO", "info", toTag(ok), 2+i, tt.body), "application/sdp", tt.kind, 1))
		w.response(200)
		if got := expect[sip.Digit](t, d); got != tt.want {
			t.Errorf("got %v, want %v", got, tt.want)
		}
	}
}

func TestTransferIsAskedForAndReportedOn(t *testing.T) {
	t.Parallel()
	a, calls := callee(t, sip.Options{})
	w := newWire(t, a)
	w.send(w.message("INVITE", "refer", "", 1, w.sdp()))
	d := next(t, calls)
	must(t, d.Answer(deadline(t)))
	ok := w.response(200)
	w.ack("refer", ok, 1, "")
	w.send(w.message("REFER", "refer", toTag(ok), 2, "", "Refer-To: <sip:2000@test?Replaces=abc%40h%3Bto-tag%3D1%3Bfrom-tag%3D2>",
		"Referred-By: <sip:wire@test>"))
	w.response(202)
	e := expect[sip.TransferAsked](t, d)
	if e.To != "sip:2000@test" || e.Replaces != "abc@h;to-tag=1;from-tag=2" || !strings.Contains(e.ReferredBy, "wire@test") {
		t.Errorf("got %+v", e)
	}
	notify := w.request(sipgo.NOTIFY)
	if !strings.HasPrefix(string(notify.Body()), "SIP/2.0 100") {
		t.Errorf("notify %q", notify.Body())
	}
	w.answer(notify, 200, "")
	told := make(chan error, 1)
	go func() { told <- d.NotifyTransfer(deadline(t), 486, "Busy\r\nHere") }()
	for {
		notify = w.request(sipgo.NOTIFY)
		w.answer(notify, 200, "")
		if strings.HasPrefix(string(notify.Body()), "SIP/2.0 486 Busy  Here\r\n") {
			break
		}
	}
	must(t, next(t, told))
}

func TestOffersThatCrossAreMadeAgain(t *testing.T) {
	t.Parallel()
	a, calls := callee(t, sip.Options{})
	w := newWire(t, a)
	w.send(w.message("INVITE", "glare", "", 1, w.sdp()))
	d := next(t, calls)
	must(t, d.Answer(deadline(t)))
	ok := w.response(200)
	w.ack("glare", ok, 1, "")
	held := make(chan error, 1)
	go func() { held <- d.Hold(deadline(t), true) }()
	first := w.request(sipgo.INVITE)
	if !strings.Contains(string(first.Body()), "a=sendonly") || !strings.Contains(string(first.Body()), "RTP/AVP 0 101") {
		t.Errorf("offer %q", first.Body())
	}
	// the far end's offer comes while ours is on its way: both are told to try again
	w.send(w.message("INVITE", "glare", toTag(ok), 2, w.sdp()))
	w.response(491)
	w.answer(first, 491, "")
	again := w.request(sipgo.INVITE)
	for again.CSeq().SeqNo == first.CSeq().SeqNo {
		again = w.request(sipgo.INVITE)
	}
	w.answer(again, 200, w.sdp("a=recvonly\r\n"), contentType, "Contact: <sip:wire@"+w.addr()+">")
	must(t, next(t, held))
}

func TestRefusedHoldLeavesTheCallAsItWas(t *testing.T) {
	t.Parallel()
	a, calls := callee(t, sip.Options{})
	w := newWire(t, a)
	w.send(w.message("INVITE", "no-hold", "", 1, w.sdp()))
	d := next(t, calls)
	if err := d.Hold(deadline(t), true); !errors.Is(err, sip.ErrNotAnswered) {
		t.Errorf("hold before the answer: %v", err)
	}
	must(t, d.Answer(deadline(t)))
	ok := w.response(200)
	w.ack("no-hold", ok, 1, "")
	held := make(chan error, 1)
	go func() { held <- d.Hold(deadline(t), true) }()
	w.answer(w.request(sipgo.INVITE), 488, "")
	var status *sip.StatusError
	if err := next(t, held); !errors.As(err, &status) || status.Code != 488 {
		t.Errorf("got %v", err)
	}
	must(t, d.WriteRTP(packet(1, "x")))
	// but 481 means that the far end has forgotten the call
	go func() { held <- d.Hold(deadline(t), true) }()
	reinvite := w.request(sipgo.INVITE)
	for reinvite.CSeq().SeqNo == 1 {
		reinvite = w.request(sipgo.INVITE)
	}
	w.answer(reinvite, 481, "")
	w.answer(w.request(sipgo.BYE), 481, "")
	if e := expect[sip.Ended](t, d); e.Status != 481 || !e.Remote {
		t.Errorf("got %v", e)
	}
}

// Whoever comes first decides; the other must not leave the far end with half a call.
func TestAnswerAndHangupAtOnceEndTheCall(t *testing.T) {
	t.Parallel()
	caller := start(t, sip.Options{})
	a, calls := callee(t, sip.Options{})
	for range 10 {
		out := dial(t, caller, sip.Invite{To: uri(a, "1000", "udp")})
		in := next(t, calls)
		answered := make(chan error, 1)
		go func() { answered <- in.Answer(deadline(t)) }()
		must(t, in.Hangup(deadline(t), sip.Hangup{Status: 486}))
		if err := next(t, answered); err != nil && !errors.Is(err, sip.ErrEnded) {
			t.Error(err)
		}
		expect[sip.Ended](t, in)
		if e := expect[sip.Ended](t, out); !e.Remote {
			t.Errorf("got %v", e)
		}
	}
}

func TestNotifiesOfATransferArriveInTheirOrder(t *testing.T) {
	t.Parallel()
	a, calls := callee(t, sip.Options{})
	w := newWire(t, a)
	w.send(w.message("INVITE", "order", "", 1, w.sdp()))
	d := next(t, calls)
	must(t, d.Answer(deadline(t)))
	ok := w.response(200)
	w.ack("order", ok, 1, "")
	w.send(w.message("REFER", "order", toTag(ok), 2, "", "Refer-To: <sip:2000@test>"))
	expect[sip.TransferAsked](t, d)
	told := make(chan error, 1)
	go func() { // at once, while we still wait to hear that the first was heard
		told <- errors.Join(d.NotifyTransfer(deadline(t), 180, ""), d.NotifyTransfer(deadline(t), 200, ""))
	}()
	var last uint32
	for _, want := range []string{"SIP/2.0 100", "SIP/2.0 180", "SIP/2.0 200"} {
		notify := w.request(sipgo.NOTIFY)
		for notify.CSeq().SeqNo == last { // sent again
			notify = w.request(sipgo.NOTIFY)
		}
		if !strings.HasPrefix(string(notify.Body()), want) || notify.CSeq().SeqNo < last {
			t.Fatalf("%d. %q, want %s", notify.CSeq().SeqNo, notify.Body(), want)
		}
		last = notify.CSeq().SeqNo
		w.answer(notify, 200, "")
	}
	must(t, next(t, told))
}
