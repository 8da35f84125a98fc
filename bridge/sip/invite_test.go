package sip_test

import (
	"errors"
	"strings"
	"testing"

	sipgo "github.com/emiago/sipgo/sip"

	"switchgram/bridge/sip"
	"switchgram/bridge/sip/sdp"
)

// called lets an agent call a wire, and returns the INVITE that came.
func called(t *testing.T, o sip.Options, inv sip.Invite) (*sip.Dialog, *wire, *sipgo.Request) {
	t.Helper()
	a := start(t, o)
	w := newWire(t, a)
	inv.To = sip.UserURI("1000", w.addr(), "")
	d := dial(t, a, inv)
	return d, w, w.request(sipgo.INVITE)
}

func (w *wire) contact() string { return "Contact: <sip:1000@" + w.addr() + ">" }

func TestInviteSaysWhatItWasToldAndNothingElse(t *testing.T) {
	t.Parallel()
	d, w, invite := called(t, sip.Options{}, sip.Invite{CallID: "our-own-id", FromUser: "+15551234567", FromName: "Eve\"\r\nX-Evil: 1\r\n\\",
		Headers: []sip.Header{{Name: "X-TG-ID", Value: "77"}, {Name: "X-TG-First-Name", Value: "Ännchen"}}})
	if d.CallID() != "our-own-id" || invite.CallID().Value() != "our-own-id" {
		t.Errorf("call-id %s", invite.CallID().Value())
	}
	if invite.GetHeader("X-Evil") != nil || invite.From().Address.User != "+15551234567" {
		t.Errorf("got %s", invite)
	}
	if got := invite.GetHeader("X-TG-First-Name").Value(); got != "Ännchen" {
		t.Errorf("header %q", got)
	}
	if got := header(invite, "Supported") + header(invite, "Require"); got != "timer, replaces" {
		t.Errorf("offers extensions %q", got)
	}
	w.answer(invite, 404, "", `Reason: Q.850;cause=1;text="UNALLOCATED_NUMBER"`)
	e := expect[sip.Ended](t, d)
	var status *sip.StatusError
	if !errors.As(e.Err, &status) || status.Code != 404 || status.Q850() != 1 || e.Cause != 1 || !e.Remote {
		t.Errorf("got %v", e)
	}
}

func TestBadInviteIsNotSent(t *testing.T) {
	t.Parallel()
	a := start(t, sip.Options{})
	for name, inv := range map[string]sip.Invite{
		"line break in header": {To: "sip:1@127.0.0.1", Headers: []sip.Header{{Name: "X-A", Value: "a\r\nVia: b"}}},
		"our own header":       {To: "sip:1@127.0.0.1", Headers: []sip.Header{{Name: "Contact", Value: "a"}}},
		"uri":                  {To: "1000"},
		"line break in uri":    {To: "sip:1@127.0.0.1\r\nVia: b"},
		"call-id":              {To: "sip:1@127.0.0.1", CallID: "a\r\nb"},
		"domain":               {To: "sip:1@127.0.0.1", Domain: "a>b"},
		"codecs":               {To: "sip:1@127.0.0.1", Codecs: []sdp.Codec{}},
		"proxy":                {To: "sip:1@127.0.0.1", Proxy: "nowhere"},
	} {
		if d, err := a.Dial(deadline(t), inv); err == nil {
			t.Errorf("%s: dialled %v", name, d.CallID())
		}
	}
}

func TestAnswerIsAcknowledgedEachTimeItComes(t *testing.T) {
	t.Parallel()
	d, w, invite := called(t, sip.Options{}, sip.Invite{})
	w.answer(invite, 180, "", w.contact())
	expect[sip.Ringing](t, d)
	for range 3 {
		w.answer(invite, 200, w.sdp(), w.contact(), contentType)
		ack := w.request(sipgo.ACK)
		if ack.CSeq().SeqNo != invite.CSeq().SeqNo || toTag(ack) != "wire" {
			t.Errorf("ack %s", ack)
		}
	}
	expect[sip.Answered](t, d)
	if d.Format().Codec != sdp.PCMU {
		t.Errorf("format %v", d.Format())
	}
}

func TestEarlyMediaMayDifferFromTheAnswers(t *testing.T) {
	t.Parallel()
	d, w, invite := called(t, sip.Options{}, sip.Invite{})
	w.answer(invite, 183, w.sdp(), w.contact(), contentType)
	expect[sip.EarlyMedia](t, d)
	if d.Format().Codec != sdp.PCMU {
		t.Errorf("early format %v", d.Format())
	}
	other := strings.Replace(w.sdp(), "RTP/AVP 0 101", "RTP/AVP 8 101", 1)
	w.answer(invite, 200, other, w.contact(), contentType)
	w.request(sipgo.ACK)
	expect[sip.FormatChanged](t, d)
	expect[sip.Answered](t, d)
	if d.Format().Codec != sdp.PCMA {
		t.Errorf("format %v", d.Format())
	}
}

func TestAnswerNobodyCanTakeIsAcknowledgedAndEnded(t *testing.T) {
	t.Parallel()
	d, w, invite := called(t, sip.Options{}, sip.Invite{Codecs: []sdp.Codec{sdp.Opus}})
	w.answer(invite, 200, w.sdp(), w.contact(), contentType)
	w.request(sipgo.ACK)
	bye := w.request(sipgo.BYE)
	w.answer(bye, 200, "")
	if got := bye.GetHeader("Reason").Value(); !strings.Contains(got, "cause=88") {
		t.Errorf("reason %s", got)
	}
	if e := expect[sip.Ended](t, d); e.Err == nil || e.Cause != 88 {
		t.Errorf("got %v", e)
	}
}

func TestCancelCrossingTheAnswerEndsTheCall(t *testing.T) {
	t.Parallel()
	d, w, invite := called(t, sip.Options{}, sip.Invite{})
	w.answer(invite, 180, "", w.contact())
	expect[sip.Ringing](t, d)
	hung := make(chan error, 1)
	go func() { hung <- d.Hangup(deadline(t), sip.Hangup{Q850: 16}) }()
	cancel := w.request(sipgo.CANCEL)
	if via := cancel.Via(); via.Params.GetOr("branch", "") != invite.Via().Params.GetOr("branch", "-") {
		t.Error("CANCEL has another branch than its INVITE")
	}
	w.answer(invite, 200, w.sdp(), w.contact(), contentType) // sent before the CANCEL came
	w.answer(cancel, 481, "")
	w.request(sipgo.ACK)
	w.answer(w.request(sipgo.BYE), 200, "")
	must(t, next(t, hung))
	if e := expect[sip.Ended](t, d); e.Remote || e.Cause != 16 || e.Err != nil {
		t.Errorf("got %v", e)
	}
}

func TestCancelWaitsForTheFirstResponse(t *testing.T) {
	t.Parallel()
	d, w, invite := called(t, sip.Options{}, sip.Invite{})
	hung := make(chan error, 1)
	go func() { hung <- d.Hangup(deadline(t), sip.Hangup{}) }()
	w.answer(invite, 100, "")
	cancel := w.request(sipgo.CANCEL)
	w.answer(cancel, 200, "")
	w.answer(invite, 487, "")
	must(t, next(t, hung))
	if e := expect[sip.Ended](t, d); e.Remote || e.Status != 487 {
		t.Errorf("got %v", e)
	}
}

func TestSilentFarEndIsATimeout(t *testing.T) {
	t.Parallel()
	d, _, _ := called(t, sip.Options{}, sip.Invite{})
	if e := expect[sip.Ended](t, d); !errors.Is(e.Err, sip.ErrTimeout) {
		t.Errorf("got %v", e)
	}
}

func TestRedirectionIsTold(t *testing.T) {
	t.Parallel()
	d, w, invite := called(t, sip.Options{}, sip.Invite{})
	w.answer(invite, 302, "", "Contact: <sip:2000@test>", "Contact: <sip:3000@test;transport=tcp>")
	if e := expect[sip.Redirected](t, d); len(e.To) != 2 || e.To[0] != "sip:2000@test" || e.To[1] != "sip:3000@test;transport=tcp" {
		t.Errorf("got %v", e)
	}
	if e := expect[sip.Ended](t, d); e.Status != 302 {
		t.Errorf("got %v", e)
	}
}

func TestSecondForkThatAnswersIsEnded(t *testing.T) {
	t.Parallel()
	d, w, invite := called(t, sip.Options{}, sip.Invite{})
	w.answer(invite, 200, w.sdp(), w.contact(), contentType)
	w.request(sipgo.ACK)
	expect[sip.Answered](t, d)
	fork := sipgo.NewResponseFromRequest(invite, 200, "OK", []byte(w.sdp()))
	fork.To().Params.Add("tag", "fork")
	fork.AppendHeader(sipgo.NewHeader("Contact", "<sip:fork@"+w.addr()+">"))
	w.send(fork.String())
	bye := w.request(sipgo.BYE)
	w.answer(bye, 200, "")
	if toTag(bye) != "fork" {
		t.Errorf("ended %s", toTag(bye))
	}
}

func TestChallengeOfAProxyIsAnswered(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status            int
		challenge, answer string
	}{
		"freeswitch": {407, `Proxy-Authenticate: Digest realm="127.0.0.1", nonce="1d80f3e8", algorithm=MD5, qop="auth"`, "Proxy-Authorization"},
		"sha-256":    {401, `WWW-Authenticate: Digest realm="r", nonce="n", algorithm=SHA-256, qop="auth"`, "Authorization"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, w, invite := called(t, sip.Options{}, sip.Invite{FromUser: "ann", AuthUser: "1007", Password: "secret"})
			w.answer(invite, tt.status, "", tt.challenge)
			var again *sipgo.Request
			for again == nil || again.CSeq().SeqNo == invite.CSeq().SeqNo {
				again = w.request(sipgo.INVITE)
			}
			credentials := again.GetHeader(tt.answer)
			if credentials == nil || !strings.Contains(credentials.Value(), `username="1007"`) || string(again.Body()) != string(invite.Body()) {
				t.Fatalf("got %s", again)
			}
			w.answer(again, tt.status, "", tt.challenge) // wrong
			if e := expect[sip.Ended](t, d); !errors.Is(e.Err, sip.ErrAuth) || e.Status != tt.status {
				t.Errorf("got %v", e)
			}
		})
	}
}
