package sip_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"switchgram/bridge/sip"
	"switchgram/bridge/sip/sdp"
)

// wantDigits reads digits of a dialog.
func wantDigits(t *testing.T, d *sip.Dialog, keys string, each time.Duration) {
	t.Helper()
	for _, want := range keys {
		if got := expect[sip.Digit](t, d); got != (sip.Digit{Key: want, Duration: each}) {
			t.Errorf("heard %c for %v, want %c for %v", got.Key, got.Duration, want, each)
		}
	}
}

func TestHeldKeyIsAsLongAsItWas(t *testing.T) {
	t.Parallel()
	caller := start(t, sip.Options{})
	answerer, calls := callee(t, sip.Options{})
	out, in := pair(t, caller, sip.Invite{To: uri(answerer, "1000", "udp"), Codecs: []sdp.Codec{sdp.Opus}}, calls)
	must(t, out.SendDTMF(deadline(t), "7", 3*time.Second)) // more than two times 16 bits of Opus's clock
	wantDigits(t, in, "7", 3*time.Second)
}

func TestDigitsTravelByInfoWhereThatIsTheWay(t *testing.T) {
	t.Parallel()
	caller := start(t, sip.Options{})
	answerer, calls := callee(t, sip.Options{})
	out, in := pair(t, caller, sip.Invite{To: uri(answerer, "1000", "udp"), DTMF: sip.InfoDTMF}, calls)
	if f := in.Format(); f.DTMFPayloadType != 0 {
		t.Errorf("telephone-events were offered as %d", f.DTMFPayloadType)
	}
	must(t, out.SendDTMF(deadline(t), "1*", 70*time.Millisecond))
	wantDigits(t, in, "1*", 70*time.Millisecond)
	must(t, in.SendDTMF(deadline(t), "A#", 80*time.Millisecond)) // the other has nothing else to send them by
	wantDigits(t, out, "A#", 80*time.Millisecond)
}

func TestCalleeMayTakeDigitsByInfoOnly(t *testing.T) {
	t.Parallel()
	caller := start(t, sip.Options{})
	answerer, calls := callee(t, sip.Options{})
	out := dial(t, caller, sip.Invite{To: uri(answerer, "1000", "udp")})
	in := next(t, calls)
	in.UseDTMF(sip.InfoDTMF)
	must(t, in.Answer(deadline(t)))
	expect[sip.Answered](t, out)
	must(t, out.SendDTMF(deadline(t), "5", 70*time.Millisecond))
	wantDigits(t, in, "5", 70*time.Millisecond)
	if f := out.Format(); f.DTMFPayloadType != 0 {
		t.Errorf("telephone-events were agreed on as %d", f.DTMFPayloadType)
	}
}

func TestFarEndWithoutInfoTakesNoDigits(t *testing.T) {
	t.Parallel()
	a, calls := callee(t, sip.Options{})
	w := newWire(t, a)
	w.send(w.message("INVITE", "deaf", "", 1, strings.Replace(w.sdp(), " 101\r\na=rtpmap:101 telephone-event/8000", "", 1)))
	d := next(t, calls)
	must(t, d.Answer(deadline(t)))
	w.ack("deaf", w.response(200), 1, "")
	sent := make(chan error, 1)
	go func() { sent <- d.SendDTMF(deadline(t), "5", 100*time.Millisecond) }()
	req := w.request(sipgo.INFO)
	if got := string(req.Body()); got != "Signal=5\r\nDuration=100\r\n" {
		t.Errorf("told %q", got)
	}
	w.answer(req, 405, "")
	if err := next(t, sent); !errors.Is(err, sip.ErrNoDTMF) {
		t.Errorf("got %v", err)
	}
}

func TestDialogWithDigitsInItsSoundSendsNoneItself(t *testing.T) {
	t.Parallel()
	caller := start(t, sip.Options{})
	answerer, calls := callee(t, sip.Options{})
	out, in := pair(t, caller, sip.Invite{To: uri(answerer, "1000", "udp"), DTMF: sip.NoDTMF}, calls)
	if err := out.SendDTMF(deadline(t), "1", time.Second); !errors.Is(err, sip.ErrNoDTMF) {
		t.Errorf("got %v", err)
	}
	if f := in.Format(); f.DTMFPayloadType != 0 {
		t.Errorf("telephone-events were offered as %d", f.DTMFPayloadType)
	}
}

func TestKeyGoesUpWhenItIsGivenUp(t *testing.T) {
	t.Parallel()
	caller := start(t, sip.Options{})
	answerer, calls := callee(t, sip.Options{})
	out, in := pair(t, caller, sip.Invite{To: uri(answerer, "1000", "udp")}, calls)
	ctx, giveUp := context.WithCancel(deadline(t))
	defer giveUp()
	sent := make(chan error, 1)
	go func() { sent <- out.SendDTMF(ctx, "12", 8*time.Second) }()
	until(t, func() bool { return !in.Stats().LastReceived.IsZero() })
	giveUp()
	if err := next(t, sent); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if got := expect[sip.Digit](t, in); got.Key != '1' || got.Duration >= 8*time.Second {
		t.Errorf("heard %c for %v", got.Key, got.Duration)
	}
	must(t, out.SendDTMF(deadline(t), "3", 60*time.Millisecond))
	wantDigits(t, in, "3", 60*time.Millisecond)
}
