package sip_test

import (
	"testing"

	"switchgram/bridge/sip"
)

func TestTelephoneTransfersItsCallsToEachOther(t *testing.T) {
	t.Parallel()
	// given a telephone with two calls of one switch
	far, calls := callee(t, sip.Options{})
	phone := start(t, sip.Options{})
	first, passedOn := pair(t, phone, sip.Invite{To: uri(far, "1000", "udp")}, calls)
	second, kept := pair(t, phone, sip.Invite{To: uri(far, "1001", "udp")}, calls)

	// when it asks for whom it talks with in the first to be put in its place in the second
	must(t, first.Refer(deadline(t), "sip:1001@127.0.0.1", second))

	// then the switch knows which calls are meant, and the telephone hears how that goes
	asked := expect[sip.TransferAsked](t, passedOn)
	if asked.To != "sip:1001@127.0.0.1" || asked.Call != kept.CallID() || asked.ReferredBy == "" {
		t.Errorf("asked for %+v, want the place of %s", asked, kept.CallID())
	}
	must(t, passedOn.NotifyTransfer(deadline(t), 180, ""))
	must(t, passedOn.NotifyTransfer(deadline(t), 200, ""))
}

func TestTelephoneTransfersItsCallToANumber(t *testing.T) {
	t.Parallel()
	far, calls := callee(t, sip.Options{})
	out, in := pair(t, start(t, sip.Options{}), sip.Invite{To: uri(far, "1000", "udp")}, calls)
	must(t, out.Refer(deadline(t), "sip:1002@127.0.0.1", nil))
	if asked := expect[sip.TransferAsked](t, in); asked.To != "sip:1002@127.0.0.1" || asked.Replaces != "" {
		t.Errorf("asked for %+v", asked)
	}
}

func TestNoticesThatNobodyAskedForAreRefused(t *testing.T) {
	t.Parallel()
	a, calls := callee(t, sip.Options{})
	w, _, ok := answeredWire(t, a, calls, "unasked")
	w.send(w.message("NOTIFY", "unasked", toTag(ok), 2, "SIP/2.0 200 OK", "Event: refer", "Subscription-State: active"))
	w.response(489)
}
