package verto

import (
	"errors"
	"testing"
	"time"

	"switchgram/verto/vertotest"
)

// conversation is a call that a page has made and that was answered.
func (p *page) conversation(id string, more object) (*Call, *vertotest.Browser) {
	p.h.t.Helper()
	c, b := p.dial(id, "3500", more)
	go func() { _ = c.Answer(p.h.context()) }()
	if err := b.Accept(p.await("verto.answer")["sdp"].(string)); err != nil {
		p.h.t.Fatal(err)
	}
	event[Answered](p.h.t, c)
	if err := b.Connected(p.h.context()); err != nil { // it may be a moment later than we are
		p.h.t.Fatal(err)
	}
	return c, b
}

// comesBack has a page take a call up again that it is offered before it is ready.
func comesBack(t *testing.T, p *page, c *Call) *vertotest.Browser {
	t.Helper()
	attach := p.await("verto.attach")
	if attach["callID"] != c.ID() || attach["callee_id_number"] != c.Destination() {
		t.Errorf("the page was offered %v", attach)
	}
	ready := p.await("verto.clientReady")
	if ids := ready["reattached_sessions"].([]any); len(ids) != 1 || ids[0] != c.ID() {
		t.Errorf("the page is ready for %v", ready)
	}
	b := p.h.browser()
	answer := must(b.Answer(p.h.context(), attach["sdp"].(string)))(t)
	p.do("verto.attach", of(c.ID(), object{"sdp": answer, "dialogParams": object{"callID": c.ID(), "sdp": attach["sdp"]}}))
	event[Attached](t, c)
	talk(t, c, b)
	return b
}

func TestPageComesBackToItsCall(t *testing.T) {
	h := open(t, Options{})
	ann := h.page("ann", vertotest.Options{Session: "ann's tab"})
	c, b := ann.conversation(callID, nil)
	ann.do("verto.modify", of(callID, object{"action": "hold"}))
	event[Held](t, c)
	for range 2 { // a page that is reloaded closes everything
		_ = ann.Close()
		_ = b.Close()
		event[Detached](t, c)
		ann = h.connect(vertotest.Options{Session: "ann's tab"})
		ann.do("login", object{"login": "ann", "passwd": "secret"})
		b = comesBack(t, ann, c)
	}
	if s := c.holdState(); s != "active" {
		t.Errorf("a page that has forgotten its hold holds: %s", s)
	}
	ann.do("verto.bye", of(callID, nil))
	if e := ended(t, c); e.Cause != NormalClearing || !e.Remote {
		t.Errorf("the call ended: %v", e)
	}
	h.until("the call's connections are closed", b.Over)
}

func TestCallOfAPageThatStaysAwayEnds(t *testing.T) {
	h := open(t, Options{Detach: 50 * time.Millisecond})
	ann := h.page("ann", vertotest.Options{})
	c, _ := ann.conversation(callID, nil)
	_ = ann.Close()
	if e := ended(t, c); e.Cause != NotReturned || e.Err != ErrNotReturned {
		t.Errorf("the call ended: %v", e)
	}
	h.until("the session is forgotten", func() bool { h.s.mu.Lock(); defer h.s.mu.Unlock(); return len(h.s.sessions) == 0 })
}

func TestCallThatWasNeverHeardDoesNotWaitForItsPage(t *testing.T) {
	h := open(t, Options{Connect: 300 * time.Millisecond})
	ann := h.page("ann", vertotest.Options{})
	c, _ := ann.dial(callID, "3500", nil)
	go func() { _ = c.Answer(h.context()) }()
	ann.await("verto.answer")
	_ = ann.Close()
	if e := ended(t, c); !errors.Is(e.Err, ErrNoMedia) {
		t.Errorf("the call ended: %v", e)
	}
}

func TestCallsThatCannotWaitEndWithTheirPage(t *testing.T) {
	h := open(t, Options{})
	ann := h.page("ann", vertotest.Options{})
	asked, _ := ann.dial("not-answered", "3500", nil)
	fleeting, _ := ann.conversation("not-recovered", object{"recoverCall": false})
	rung := must(h.s.Sessions("ann")[0].Dial(h.context(), "", Party{}))(t)
	ann.await("verto.invite")
	_ = ann.Close()
	if e := ended(t, asked); e.Cause != OutOfOrder {
		t.Errorf("a call that nobody took ended: %v", e)
	}
	if e := ended(t, fleeting); e.Cause != NormalClearing {
		t.Errorf("a call that is not recovered ended: %v", e)
	}
	if e := ended(t, rung); e.Cause != OutOfOrder {
		t.Errorf("a call that rang ended: %v", e)
	}
	if _, err := rung.Session().Dial(h.context(), "", Party{}); err == nil {
		t.Error("a page that is gone rings")
	}
}

// TestLostSoundIsOfferedAnew: the page is there, but its connection for sound is not, as after a change of network.
func TestLostSoundIsOfferedAnew(t *testing.T) {
	h := open(t, Options{})
	ann := h.page("ann", vertotest.Options{})
	c, _ := ann.conversation(callID, nil)
	c.mu.Lock()
	m := c.media
	c.mu.Unlock()
	c.failed(m, true) // as pion says after 20 s
	event[Detached](t, c)
	attach := ann.await("verto.attach")
	b := h.browser()
	answer := must(b.Answer(h.context(), attach["sdp"].(string)))(t)
	ann.do("verto.attach", of(callID, object{"sdp": answer}))
	event[Attached](t, c)
	talk(t, c, b)
}

// TestClosedSoundIsNotOfferedAnew: the page is about to hang up, or has.
func TestClosedSoundIsNotOfferedAnew(t *testing.T) {
	h := open(t, Options{})
	ann := h.page("ann", vertotest.Options{})
	c, b := ann.conversation(callID, nil)
	_ = b.Close()
	event[Detached](t, c)
	ann.do("verto.bye", of(callID, nil))
	if n := ann.count("verto.attach"); n > 0 {
		t.Error("a page that hangs up is asked for its microphone")
	}
}

func TestPageWithoutSessionEndsItsOldCall(t *testing.T) {
	h := open(t, Options{})
	ann := h.page("ann", vertotest.Options{NoSession: true})
	c, b := ann.conversation(callID, nil)
	_ = ann.Close()
	event[Detached](t, c)
	again := h.page("ann", vertotest.Options{NoSession: true})
	talk(t, c, b) // its connection for sound has lived on
	bob := h.page("bob", vertotest.Options{})
	bob.wantRefused("verto.bye", of(callID, nil), codeSession, "CALL DOES NOT EXIST")
	again.do("verto.bye", of(callID, nil))
	ended(t, c)
}
