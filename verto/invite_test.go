package verto

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"switchgram/verto/vertotest"
)

func TestInviteIsRefused(t *testing.T) {
	h := open(t, Options{MaxCalls: 1})
	ann, bob := h.page("ann", vertotest.Options{}), h.page("bob", vertotest.Options{})
	bob.dial(callID, "3500", nil)
	offer := must(h.browser().Offer(h.context()))(t)
	for name, params := range map[string]object{
		"no params":    {},
		"no sdp":       of("long-enough", nil),
		"no id":        {"sdp": offer, "dialogParams": object{"destination_number": "3500"}},
		"short id":     of("short", object{"sdp": offer}),
		"strange id":   of("spaces and more", object{"sdp": offer}),
		"taken":        of(callID, object{"sdp": offer}),
		"too much sdp": of("long-enough", object{"sdp": strings.Repeat("x", maxSDP+1)}),
		"far too far":  {"sdp": offer, "dialogParams": object{"callID": "long-enough", "destination_number": strings.Repeat("1", maxName+1)}},
	} {
		if e := ann.refused("verto.invite", params); e.Message != "CALL ERROR" || !bytes.Contains(e.Data, []byte("causeCode")) {
			t.Errorf("%s was refused with %v", name, e)
		}
	}
	if n := ann.count("verto.bye"); n != 5 { // not for no call at all, nor for another user's, which it would name
		t.Errorf("pages that read no errors are told %d times", n)
	}
	if e := bob.refused("verto.invite", of("one-too-many", object{"sdp": offer})); !bytes.Contains(e.Data, []byte("SWITCH_CONGESTION")) {
		t.Errorf("one call too many was refused with %s", e.Data)
	}
}

// TestCallThatWasHungUpBeforeItBeganIsRefused: a page whose user hangs up while it gathers candidates sends bye, and then invite.
func TestCallThatWasHungUpBeforeItBeganIsRefused(t *testing.T) {
	h := open(t, Options{})
	ann := h.page("ann", vertotest.Options{})
	offer := must(h.browser().Offer(h.context()))(t)
	for i := range maxGhosts + 1 {
		ann.wantRefused("verto.bye", of(fmt.Sprint("ghost-call-", i), nil), codeSession, "CALL DOES NOT EXIST")
	}
	ann.refused("verto.invite", of(fmt.Sprint("ghost-call-", maxGhosts), object{"sdp": offer}))
	if len(h.calls) > 0 {
		t.Error("a call that nobody wants was made")
	}
}

// TestGhostCallEnds: a page that hung up earlier still has sent its invite, and ignores all that follows.
func TestGhostCallEnds(t *testing.T) {
	h := open(t, Options{Connect: 50 * time.Millisecond})
	ann := h.page("ann", vertotest.Options{})
	c, _ := ann.dial(callID, "3500", nil)
	if err := c.EarlyMedia(h.context()); err != nil {
		t.Fatal(err)
	}
	if e := ended(t, c); !errors.Is(e.Err, ErrNoMedia) {
		t.Errorf("the call ended: %v", e)
	}
	if err := c.Answer(h.context()); !errors.Is(err, ErrNoMedia) {
		t.Errorf("a call that has ended was answered: %v", err)
	}
	ann.await("verto.bye")
}

func TestCallThatNobodyServesEnds(t *testing.T) {
	h := open(t, Options{OnCall: func(context.Context, *Call) {}})
	ann := h.page("ann", vertotest.Options{})
	ann.do("verto.invite", of(callID, object{"sdp": must(h.browser().Offer(h.context()))(t)}))
	if bye := ann.await("verto.bye"); bye["cause"] != "NORMAL_CLEARING" {
		t.Errorf("the page was told %v", bye)
	}
}

// chromiumOffer is what Chromium offered on a call with verto.js, with a change.
func chromiumOffer(t *testing.T, change func(string) string) string {
	t.Helper()
	return change(string(must(os.ReadFile("testdata/chromium-offer.sdp"))(t)))
}

func TestNothingButSoundIsTaken(t *testing.T) {
	h := open(t, Options{})
	ann := h.page("ann", vertotest.Options{})
	for i, line := range []string{
		"m=video 9 UDP/TLS/RTP/SAVPF 96", "m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "m=text 9 RTP/SAVPF 98", "m=audio 9 UDP/TLS/RTP/SAVPF 111",
	} {
		offer := chromiumOffer(t, func(s string) string {
			return strings.Replace(s, "BUNDLE 0", "BUNDLE 0 1", 1) + line + "\r\nc=IN IP4 0.0.0.0\r\nb=AS:30\r\na=mid:1\r\na=sendrecv\r\n" +
				"a=rtcp-mux\r\na=ice-ufrag:9NhO\r\na=ice-pwd:l7O/XrCuvSn7T2s/JTdyi09y\r\na=setup:actpass\r\na=rtpmap:96 VP8/90000\r\n" +
				"a=fingerprint:sha-256 C4:E7:1C:29:03:AE:F4:A0:4A:54:70:14:2E:0F:19:A0:B4:A1:EE:96:05:E2:76:8B:DC:A3:06:86:16:AA:92:B7\r\n"
		})
		ann.do("verto.invite", of(fmt.Sprint("with-more-", i), object{"sdp": offer}))
		c := receive(t, h.calls)
		if err := c.EarlyMedia(h.context()); err != nil {
			t.Fatal(err)
		}
		answer := ann.await("verto.media")["sdp"].(string)
		checkAnswer(t, answer)
		if want := strings.Replace(line, " 9 ", " 0 ", 1) + "\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\n"; !strings.HasSuffix(answer, want) {
			t.Errorf("want %q at the end of the answer\n%s", want, answer)
		}
	}
}

func TestLineEndsDoNotMatter(t *testing.T) {
	h := open(t, Options{})
	ann := h.page("ann", vertotest.Options{})
	for id, change := range map[string]func(string) string{
		"line-feeds":  func(s string) string { return strings.ReplaceAll(s, "\r", "") },
		"no-last-end": func(s string) string { return strings.TrimSuffix(s, "\r\n") },
	} {
		ann.do("verto.invite", of(id, object{"sdp": chromiumOffer(t, change)}))
		if err := receive(t, h.calls).EarlyMedia(h.context()); err != nil {
			t.Errorf("%s: %v", id, err)
			continue
		}
		checkAnswer(t, ann.await("verto.media")["sdp"].(string))
	}
}

// checkAnswer looks for what browsers insist on.
func checkAnswer(t *testing.T, sdp string) {
	t.Helper()
	for _, want := range []string{
		"\r\na=group:BUNDLE 0\r\n", "\r\na=mid:0\r\n", "\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111", "\r\na=setup:active\r\n", "\r\na=rtcp-mux\r\n",
		"a=fingerprint:sha-256 ", "\r\na=sendrecv\r\n", "\r\na=msid:switchgram audio\r\n", "\r\na=candidate:", "\r\na=end-of-candidates\r\n",
	} {
		if !strings.Contains(sdp, want) {
			t.Errorf("the answer lacks %q:\n%s", want, sdp)
		}
	}
	if !strings.HasSuffix(sdp, "\r\n") {
		t.Error("the answer's last line has no end")
	}
}

// TestHiddenAddressesAreNoReasonToRefuse: a page that may not use the microphone has names in the place of addresses (mDNS).
func TestHiddenAddressesAreNoReasonToRefuse(t *testing.T) {
	h := open(t, Options{})
	ann := h.page("ann", vertotest.Options{})
	b := h.browser()
	offer := must(b.Offer(h.context()))(t)
	for _, line := range strings.Split(offer, "\r\n") {
		if strings.HasPrefix(line, "a=candidate:") {
			offer = strings.Replace(offer, line, "a=candidate:1 1 udp 2113937151 0d9e0a31-22c8-4f1c-a96b-d8b1a6f9d0c3.local 43210 typ host", 1)
		}
	}
	ann.do("verto.invite", of(callID, object{"sdp": offer}))
	c := receive(t, h.calls)
	go func() { _ = c.Answer(h.context()) }()
	if err := b.Accept(ann.await("verto.answer")["sdp"].(string)); err != nil {
		t.Fatal(err)
	}
	event[Answered](t, c)
	talk(t, c, b)
	if _, remote := c.Pair(); remote != "prflx" {
		t.Errorf("packets go to a candidate of kind %q", remote)
	}
}

func TestScreenIsNotTaken(t *testing.T) {
	h := open(t, Options{})
	ann := h.page("ann", vertotest.Options{})
	video := "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=sendonly\r\n"
	ann.do("verto.invite", of(callID, object{"sdp": video, "dialogParams": object{"callID": callID, "destination_number": "3500-screen", "screenShare": true}}))
	if bye := ann.await("verto.bye"); bye["cause"] != "BEARERCAPABILITY_NOTAVAIL" || bye["causeCode"] != 58.0 {
		t.Errorf("the page was told %v", bye)
	}
}

// TestScreenLeavesTheCallBesideItAlone: pages share a screen by a second call, of which they name themselves the caller.
func TestScreenLeavesTheCallBesideItAlone(t *testing.T) {
	h := open(t, Options{})
	ann := h.page("ann", vertotest.Options{})
	c, b := ann.conversation(callID, nil)
	ann.do("verto.invite", object{"sdp": "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=sendonly\r\n", "dialogParams": object{
		"callID": "screen-" + callID, "destination_number": "3500-screen", "caller_id_number": "1008 (screen)", "screenShare": true,
	}})
	if bye := ann.await("verto.bye"); bye["callID"] != "screen-"+callID || bye["causeCode"] != 58.0 {
		t.Errorf("the page was told %v", bye)
	}
	talk(t, c, b)
	if len(h.calls) > 0 {
		t.Error("a screen was put through")
	}
}

// TestScreenOfSomebodyElseIsKnownByItsNumber: clients take a call from a number that ends in -screen for the screen of whom they talk with.
func TestScreenOfSomebodyElseIsKnownByItsNumber(t *testing.T) {
	h := open(t, Options{})
	ann := h.page("ann", vertotest.Options{})
	must(h.s.Sessions("ann")[0].Dial(h.context(), "", Party{Name: "Bob (Screen)", Number: "1009-screen"}))(t)
	if invite := ann.await("verto.invite"); invite["caller_id_number"] != "1009-screen" || invite["display_direction"] != "outbound" {
		t.Errorf("the page was told %v", invite)
	}
}

func TestNonsenseIsNoCall(t *testing.T) {
	h := open(t, Options{})
	ann := h.page("ann", vertotest.Options{})
	for i, sdp := range []string{
		"m=audio nonsense", "nonsense", "null",
		chromiumOffer(t, func(s string) string { return strings.ReplaceAll(s, "opus/48000/2", "speex/8000") }),
		chromiumOffer(t, func(s string) string { return strings.ReplaceAll(s, "a=fingerprint", "a=footprint") }),
		chromiumOffer(t, func(s string) string { return strings.Replace(s, "m=audio 35378", "m=audio 0", 1) }),
	} {
		id := fmt.Sprint("nonsense-", i)
		ann.do("verto.invite", of(id, object{"sdp": sdp}))
		c := receive(t, h.calls)
		if err := c.Answer(h.context()); err == nil {
			t.Errorf("offer %d was taken", i)
		}
		if e := ended(t, c); e.Cause != IncompatibleDestination {
			t.Errorf("offer %d ended: %v", i, e)
		}
		if bye := ann.await("verto.bye"); bye["callID"] != id || bye["causeCode"] != 88.0 {
			t.Errorf("the page was told %v", bye)
		}
	}
}

func TestNonsenseIsNoAnswer(t *testing.T) {
	h := open(t, Options{})
	ann := h.page("ann", vertotest.Options{})
	c := must(h.s.Sessions("ann")[0].Dial(h.context(), callID, Party{}))(t)
	ann.wantRefused("verto.answer", of(callID, object{"sdp": "nonsense"}), codeSession, "CODEC ERROR")
	if e := ended(t, c); e.Cause != IncompatibleDestination || !errors.Is(e.Err, ErrNoOpus) {
		t.Errorf("the call ended: %v", e)
	}
	if _, err := h.s.Sessions("ann")[0].Dial(h.context(), "short", Party{}); !errors.Is(err, errBadID) {
		t.Errorf("a short id: %v", err)
	}
}

func TestPageRejectsWithAndWithoutCause(t *testing.T) {
	h := open(t, Options{})
	ann := h.page("ann", vertotest.Options{})
	for _, r := range []struct {
		said object
		want Cause
	}{
		{nil, Rejected},
		{object{"cause": "USER_BUSY", "causeCode": 17}, Cause{17, "USER_BUSY"}},
		{object{"cause": "USER_BUSY"}, Cause{17, "USER_BUSY"}},
		{object{"causeCode": "17"}, Cause{17, "USER_BUSY"}},
		{object{"cause": "SOMETHING_NEW", "causeCode": 600}, Cause{600, "SOMETHING_NEW"}},
		{object{"cause": "<b>", "causeCode": 16}, NormalClearing},
	} {
		c := must(h.s.Sessions("ann")[0].Dial(h.context(), "", Party{}))(t)
		ann.await("verto.invite")
		ann.do("verto.bye", of(c.ID(), r.said))
		if e := ended(t, c); e.Cause != r.want || !e.Remote {
			t.Errorf("%v ended the call as %v, want %v", r.said, e, r.want)
		}
	}
}

func TestBothTabsRing(t *testing.T) {
	h := open(t, Options{})
	first, second := h.page("ann", vertotest.Options{}), h.page("ann", vertotest.Options{})
	sessions := h.s.Sessions("ann")
	if len(sessions) != 2 {
		t.Fatalf("the user has %d pages", len(sessions))
	}
	a := must(sessions[0].Dial(h.context(), "", Party{}))(t)
	b := must(sessions[1].Dial(h.context(), "", Party{}))(t)
	first.await("verto.invite")
	offer := second.await("verto.invite")["sdp"].(string)
	answer := must(h.browser().Answer(h.context(), offer))(t)
	first.wantRefused("verto.answer", of(b.ID(), object{"sdp": answer}), codeSession, "CALL DOES NOT EXIST") // that is the other tab's
	second.do("verto.answer", of(b.ID(), object{"sdp": answer}))
	event[Answered](t, b)
	a.Hangup(Cause{26, "LOSE_RACE"})
	if bye := first.await("verto.bye"); bye["cause"] != "LOSE_RACE" {
		t.Errorf("the other tab was told %v", bye)
	}
}
