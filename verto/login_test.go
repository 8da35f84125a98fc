package verto

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"switchgram/internal/tally"
	"switchgram/verto/vertotest"
)

func TestBareLoginsAreAskedForCredentials(t *testing.T) {
	h := open(t, Options{})
	p := h.connect(vertotest.Options{})
	for range 2 {
		p.wantRefused("login", nil, codeLogin, "Authentication Required")
	}
	p.wantRefused("verto.ping", nil, codeLogin, "Authentication Required")
	if r := p.do("login", object{"login": "ann@voice.example", "passwd": "secret"}); r["message"] != "logged in" || r["sessid"] != p.Session() {
		t.Errorf("the login was answered with %v", r)
	}
	if ready := p.await("verto.clientReady"); len(ready["reattached_sessions"].([]any)) != 0 {
		t.Errorf("the page is ready for %v", ready)
	}
	if r := p.do("verto.ping", nil); r["message"] != "PONG" {
		t.Errorf("ping was answered with %v", r)
	}
}

func TestWrongPasswordIsRefused(t *testing.T) {
	h := open(t, Options{})
	p := h.connect(vertotest.Options{})
	p.wantRefused("login", object{"login": "ann"}, codeRefused, "Missing passwd")
	p.wantRefused("login", object{"login": "ann", "passwd": "wrong"}, codeRefused, "Authentication Failure")
	p.wantRefused("login", object{"login": "nobody", "passwd": "secret"}, codeRefused, "Authentication Failure")
	p.login("ann")
	p.wantRefused("login", object{"login": "bob", "passwd": "hidden"}, codeRefused, "Already logged in")
	if r := p.do("login", object{"login": "ann", "passwd": "secret"}); r["message"] != "logged in" {
		t.Errorf("the same user's login was answered with %v", r)
	}
}

func TestGuessingClosesTheConnection(t *testing.T) {
	h := open(t, Options{})
	p := h.connect(vertotest.Options{})
	for _, user := range []string{"ann", "bob", "cat", "dan", "eve"} {
		p.wantRefused("login", object{"login": user, "passwd": "guess"}, codeRefused, "Authentication Failure")
	}
	receive(t, closed(p))
	if e := (*websocket.CloseError)(nil); !errors.As(p.Err(), &e) || e.Code != websocket.ClosePolicyViolation {
		t.Errorf("the connection ended: %v", p.Err())
	}
}

// closed tells when a page's connection is over.
func closed(p *page) <-chan bool {
	over := make(chan bool, 1)
	go func() { <-p.Over(); over <- true }()
	return over
}

func TestGuardMakesUsersWaitAndBansAddresses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuard()
		from := loopbackAddr
		for range freeTries {
			if wait, banned := g.wait(from, "ann"); wait != 0 || banned {
				t.Fatalf("the first tries wait %v, banned %v", wait, banned)
			}
			g.failed(from, "ann")
		}
		if wait, _ := g.wait(from, "ann"); wait != firstWait {
			t.Errorf("the next waits %v", wait)
		}
		if wait, _ := g.wait(from, "bob"); wait != 0 {
			t.Errorf("somebody else waits %v", wait)
		}
		g.failed(from, "ann")
		if wait, _ := g.wait(from, "ann"); wait != 2*firstWait {
			t.Errorf("the next waits %v", wait)
		}
		time.Sleep(2 * firstWait)
		if wait, _ := g.wait(from, "ann"); wait != 0 {
			t.Errorf("after that, it waits %v", wait)
		}
		for range tally.MostOfAddress {
			g.failed(from, "cat")
		}
		if _, banned := g.wait(from, "bob"); !banned || g.mayConnect(from) {
			t.Error("an address that guesses on is let in")
		}
		time.Sleep(tally.Memory + time.Second)
		if _, banned := g.wait(from, "bob"); banned || !g.mayConnect(from) {
			t.Error("a ban has no end")
		}
	})
}

// away are users whose passwords nobody can tell at the moment.
type away struct{}

func (away) Login(context.Context, Login) (User, error) { return User{}, errors.New("nobody answers") }

func TestWhoCannotBeKnownNowMayTryAgain(t *testing.T) {
	h := open(t, Options{Users: away{}})
	p := h.connect(vertotest.Options{})
	for range freeTries + 1 {
		p.wantRefused("login", object{"login": "ann", "passwd": "secret"}, codeSession, "Login is not possible now")
	}
	if wait, banned := h.s.guard.wait(loopbackAddr, "ann"); wait > 0 || banned {
		t.Errorf("it counts as a wrong password: %v, banned %v", wait, banned)
	}
}

// slow are users whom it takes time to know.
type slow struct{ look func() }

func (s slow) Login(context.Context, Login) (User, error) {
	s.look()
	return User{ID: "ann"}, nil
}

// TestNobodyIsLateWhilePasswordsAreLookedAt: what a page has to wait for, after others have guessed in its user's name, is not its own doing.
func TestNobodyIsLateWhilePasswordsAreLookedAt(t *testing.T) {
	var h *house
	h = open(t, Options{Users: slow{func() {
		h.s.mu.Lock()
		defer h.s.mu.Unlock()
		for c := range h.s.conns {
			if c.hurry.Stop() {
				t.Error("the time to log in runs on")
			}
		}
	}}})
	h.page("ann", vertotest.Options{})
}

func TestOnlyPagesOfKnownOriginsConnect(t *testing.T) {
	h := open(t, Options{Origins: []string{"https://phone.example"}})
	own := "http" + strings.TrimPrefix(h.url, "ws")
	for origin, want := range map[string]bool{"": true, own: true, "https://phone.example": true, "https://evil.example": false, "null": false} {
		c, err := vertotest.Dial(h.context(), h.url, vertotest.Options{Origin: origin})
		if err == nil {
			_ = c.Close()
		}
		if (err == nil) != want {
			t.Errorf("a page of %q: %v", origin, err)
		}
	}
}

func TestTabWithTheSameSessionTakesOver(t *testing.T) {
	h := open(t, Options{})
	old := h.page("ann", vertotest.Options{Session: "shared-by-tabs"})
	c, b := old.dial(callID, "3500", nil)
	go func() { _ = c.Answer(h.context()) }()
	if err := b.Accept(old.await("verto.answer")["sdp"].(string)); err != nil {
		t.Fatal(err)
	}
	event[Answered](t, c)

	young := h.connect(vertotest.Options{Session: "shared-by-tabs"})
	young.do("login", object{"login": "ann", "passwd": "secret"})
	old.await("verto.punt")
	receive(t, closed(old))
	if e := (*websocket.CloseError)(nil); !errors.As(old.Err(), &e) || e.Code != websocket.CloseNormalClosure {
		t.Errorf("the old tab's connection ended: %v", old.Err())
	}
	comesBack(t, young, c)

	stranger := h.connect(vertotest.Options{Session: "shared-by-tabs"})
	stranger.wantRefused("login", object{"login": "bob", "passwd": "hidden"}, codeRefused, "Session in use")
	receive(t, closed(stranger))
	if young.count("verto.punt") > 0 || len(h.s.Sessions("ann")) != 1 || len(h.s.Sessions("bob")) != 0 {
		t.Error("somebody else's login has moved the session")
	}
}

func TestWhoDoesNotLogInIsSentAway(t *testing.T) {
	h := open(t, Options{})
	h.s.mu.Lock()
	h.s.running = false // as if it were full
	h.s.mu.Unlock()
	if _, err := vertotest.Dial(h.context(), h.url, vertotest.Options{}); err == nil {
		t.Error("a server that is stopping takes pages")
	}
	h.s.mu.Lock()
	h.s.running = true
	h.s.mu.Unlock()
	r := must(http.Get("http" + strings.TrimPrefix(h.url, "ws")))(t)
	_ = r.Body.Close()
	if r.StatusCode != http.StatusUpgradeRequired {
		t.Errorf("a browser's address bar is shown %s", r.Status)
	}
}

func TestPagesThatComeBeforeRunWaitForIt(t *testing.T) {
	s := must(New(Options{Users: folk{"ann": "secret"}}))(t)
	came := make(chan bool, 1)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		came <- true
		s.ServeHTTP(w, r)
	}))
	t.Cleanup(site.Close)
	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() {
		receive(t, came)
		_ = s.Run(ctx)
	})
	c, err := vertotest.Dial(ctx, "ws"+strings.TrimPrefix(site.URL, "http"), vertotest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Login(ctx, "ann", "secret"); err != nil {
		t.Error(err)
	}
	stop()
	all.Wait()
	<-c.Over()
}

func TestUserIsPunted(t *testing.T) {
	sessions := make(chan bool, 4)
	h := open(t, Options{OnSession: func(_ *Session, up bool) { sessions <- up }})
	ann := h.page("ann", vertotest.Options{})
	if !receive(t, sessions) {
		t.Error("the login was told as leaving")
	}
	c, _ := ann.dial(callID, "3500", nil)
	h.s.Punt("ann")
	ann.await("verto.bye")
	ann.await("verto.punt")
	if e := ended(t, c); e.Remote {
		t.Errorf("the call ended: %v", e)
	}
	if receive(t, sessions) {
		t.Error("leaving was told as a login")
	}
}
