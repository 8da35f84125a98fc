package leg_test

import (
	"testing"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/sip"
	"switchgram/bridge/sip/siptest"
	"switchgram/tgcall/testnet"
)

func TestWhoIsCalledCannotBeForged(t *testing.T) {
	h := open(t, 20*time.Second)
	h.phoneOf(h.ann, testnet.Echo)
	gateway := h.extension(siptest.PhoneOptions{}).Agent()
	dial := func(user string, headers ...sip.Header) *sip.Dialog {
		t.Helper()
		d, err := gateway.Dial(h.ctx, sip.Invite{To: sip.UserURI(user, h.agent.Addr("udp").String(), "udp"), FromUser: "1000", Headers: headers})
		h.must(err)
		return d
	}

	d := dial("@ann", sip.Header{Name: "X-TG-Dial", Value: "+1900555123"})
	untilSIP[sip.Answered](h, d)
	h.must(d.Hangup(h.ctx, sip.Hangup{}))
	if out := h.outcome(); out.To != (bridge.Address{Scheme: "tg", User: "@ann"}) {
		t.Errorf("called %s, want whom the request URI names", out.To)
	}

	if end := untilSIP[sip.Ended](h, dial("telegram")); end.Status != 404 || end.Cause != int(bridge.UnallocatedNumber) {
		t.Errorf("nobody called: %+v", end)
	}
	if end := untilSIP[sip.Ended](h, dial("telegram", sip.Header{Name: "X-TG-Dial", Value: "\u202e1"})); end.Status != 484 {
		t.Errorf("nonsense called: %+v", end)
	}
}
