package verto

import (
	"errors"
	"sync"
	"testing"

	"switchgram/verto/vertotest"
)

const callID = "0e6c1f44-7d4b-4b0e-9a39-1d1c1b8a7c11"

func TestPageCallsAndBothHear(t *testing.T) {
	h := open(t, Options{Variables: []string{"line"}})
	ann := h.page("ann", vertotest.Options{})
	c, b := ann.dial(callID, "3500", object{"caller_id_number": "+1 made up", "userVariables": object{"line": "sales", "execute_on_answer": "x"}})
	if c.Destination() != "3500" || c.User().Number != "10ann" || !c.Incoming() {
		t.Errorf("the call is to %q from %+v", c.Destination(), c.User())
	}
	if v := c.Variables(); len(v) != 1 || v["line"] != "sales" {
		t.Errorf("the page has set variables %v", v)
	}

	answered := make(chan error, 1)
	go func() { answered <- c.Answer(h.context()) }()
	answer := ann.await("verto.answer")
	if err := b.Accept(answer["sdp"].(string)); err != nil {
		t.Fatal(err)
	}
	if err := receive(t, answered); err != nil {
		t.Fatal(err)
	}
	event[Answered](t, c)
	talk(t, c, b)
	if local, remote := c.Pair(); local != "host" || remote == "" {
		t.Errorf("packets go from %q to %q", local, remote)
	}

	r := ann.do("verto.bye", of(callID, object{"cause": "NORMAL_CLEARING", "causeCode": 16}))
	if r["message"] != "CALL ENDED" || r["cause"] != "NORMAL_CLEARING" {
		t.Errorf("bye was answered with %v", r)
	}
	if e := ended(t, c); !e.Remote || e.Cause != NormalClearing {
		t.Errorf("the call ended: %v", e)
	}
	ann.wantRefused("verto.bye", of(callID, nil), codeSession, "CALL DOES NOT EXIST")
	if n := ann.count("verto.bye"); n > 0 {
		t.Errorf("a call that the page has ended was ended %d times more", n)
	}
}

func TestPageHearsBeforeTheAnswer(t *testing.T) {
	h := open(t, Options{})
	ann := h.page("ann", vertotest.Options{})
	c, b := ann.dial(callID, "3500", nil)
	for range 2 {
		if err := c.EarlyMedia(h.context()); err != nil {
			t.Fatal(err)
		}
	}
	media := ann.await("verto.media")
	if err := b.Accept(media["sdp"].(string)); err != nil {
		t.Fatal(err)
	}
	hears(t, "the page", b.OnRTP, c.WriteRTP)
	if err := c.Answer(h.context()); err != nil {
		t.Fatal(err)
	}
	if answer := ann.await("verto.answer"); answer["sdp"] != nil {
		t.Error("the page was described to twice")
	}
	talk(t, c, b)
	if n := ann.count("verto.media"); n != 1 {
		t.Errorf("early media was told %d times", n)
	}
	c.Hangup(Cause{17, "USER_BUSY"})
	if bye := ann.await("verto.bye"); bye["cause"] != "USER_BUSY" || bye["causeCode"] != 17.0 || bye["callID"] != callID {
		t.Errorf("the page was told %v", bye)
	}
}

func TestPageIsCalled(t *testing.T) {
	h := open(t, Options{})
	ann := h.page("ann", vertotest.Options{})
	from := Party{Name: "Bob", Number: "+491234", Fields: map[string]string{FieldPhoto: "https://example.org/bob.png"}}
	c, err := h.s.Sessions("ann")[0].Dial(h.context(), "", from)
	if err != nil {
		t.Fatal(err)
	}
	event[Ringing](t, c)
	invite := ann.await("verto.invite")
	if invite["caller_id_name"] != "Bob" || invite["caller_id_number"] != "+491234" || invite["display_direction"] != "outbound" ||
		invite["verto_h_photo"] != "https://example.org/bob.png" || invite["callee_id_name"] != "ANN" {
		t.Errorf("the page was told %v", invite)
	}
	b := h.browser()
	answer := must(b.Answer(h.context(), invite["sdp"].(string)))(t)
	ann.do("verto.answer", of(c.ID(), object{"sdp": answer}))
	event[Accepted](t, c)
	event[Answered](t, c)
	ann.await("verto.display")
	talk(t, c, b)
	ann.wantRefused("verto.answer", of(c.ID(), object{"sdp": answer}), codeSession, "CALL DOES NOT EXIST")
	c.Hangup(NormalClearing)
	c.Hangup(TemporaryFailure)
	if bye := ann.await("verto.bye"); bye["cause"] != "NORMAL_CLEARING" {
		t.Errorf("the page was told %v", bye)
	}
	if e := ended(t, c); e.Remote || e.Cause != NormalClearing || e.Err != nil {
		t.Errorf("the call ended: %v", e)
	}
}

// TestAnswerAndCancelCross: the caller gives up while the person answers. Whichever is first, the page is told once that the call is over, an
// answer that it was thanked for has counted, and what verto.js says after that finds no call.
func TestAnswerAndCancelCross(t *testing.T) {
	h := open(t, Options{})
	ann := h.page("ann", vertotest.Options{})
	for _, order := range []string{"cancel, answer", "answer, cancel", "at once", "at once", "at once", "at once"} {
		c := must(h.s.Sessions("ann")[0].Dial(h.context(), "", Party{}))(t)
		answer := must(h.browser().Answer(h.context(), ann.await("verto.invite")["sdp"].(string)))(t)
		answered := cross(ann, c, answer, order)
		refused := (*vertotest.Error)(nil)
		if answered != nil && (!errors.As(answered, &refused) || refused.Message != "CALL DOES NOT EXIST" || order == "answer, cancel") {
			t.Errorf("%s: the answer came to %v", order, answered)
		}
		if bye := ann.await("verto.bye"); bye["callID"] != c.ID() || bye["cause"] != "ORIGINATOR_CANCEL" {
			t.Errorf("%s: the page was told %v", order, bye)
		}
		taken, end := last(t, c)
		if answered == nil && !taken || order == "cancel, answer" && (taken || answered == nil) || end.Remote || end.Cause != OriginatorCancel {
			t.Errorf("%s: taken %v, answered %v, and the call ended: %v", order, taken, answered, end)
		}
		ann.wantRefused("verto.bye", of(c.ID(), nil), codeSession, "CALL DOES NOT EXIST")
	}
	if n := ann.count("verto.bye"); n != 6 {
		t.Errorf("the page was told %d times that 6 calls are over", n)
	}
}

// cross answers a call that rings and gives it up, and returns how the answer was taken.
func cross(p *page, c *Call, answer, order string) (answered error) {
	var hangup sync.WaitGroup
	defer hangup.Wait()
	cancel := func() { c.Hangup(OriginatorCancel) }
	switch order {
	case "cancel, answer":
		cancel()
	case "at once":
		hangup.Go(cancel)
	default:
		defer cancel()
	}
	_, answered = p.Ask(p.h.context(), "verto.answer", of(c.ID(), object{"sdp": answer}))
	return answered
}

// last reads all that a call has to tell: whether somebody took it, and how it ended.
func last(t *testing.T, c *Call) (taken bool, end Ended) {
	t.Helper()
	for {
		switch e := receive(t, c.Events()).(type) {
		case Accepted:
			taken = true
		case Ended:
			return taken, e
		}
	}
}
