package sip_test

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/icholy/digest"

	sipgo "github.com/emiago/sipgo/sip"

	"switchgram/bridge/sip"
)

// ann and bob are users.
var users = map[string]sip.Secret{"ann": {Password: "secret"}, "bob": {Password: "other"}}

// home is an agent that ann and bob may register with.
func home(t *testing.T, o sip.Options) (*sip.Agent, <-chan *sip.Dialog) {
	t.Helper()
	o.Allow = []netip.Prefix{} // who calls needs a password
	o.Users = func(u string) (sip.Secret, bool) { s, ok := users[u]; return s, ok }
	return callee(t, o)
}

// phone is a telephone of text that registers by digest.
type phone struct {
	*wire
	user, password string
	seq            int
	nonce          *digest.Challenge
	count          int
}

func newPhone(t *testing.T, a *sip.Agent, user, password string) *phone {
	t.Helper()
	return &phone{wire: newWire(t, a), user: user, password: password}
}

// ask sends a REGISTER, with credentials if there is a nonce, and returns the response.
func (p *phone) ask(to string, headers ...string) *sipgo.Response {
	p.t.Helper()
	p.seq++
	uri := "sip:" + p.to.String()
	head := []string{"REGISTER " + uri + " SIP/2.0", fmt.Sprintf("Via: SIP/2.0/UDP $ME;rport;branch=z9hG4bK-%p-%d", p, p.seq),
		"From: <sip:" + to + "@test>;tag=p", "To: <sip:" + to + "@test>", fmt.Sprintf("Call-ID: %p", p),
		fmt.Sprintf("CSeq: %d REGISTER", p.seq), "Max-Forwards: 70", "Content-Length: 0"}
	if p.nonce != nil {
		p.count++
		cred, err := digest.Digest(p.nonce, digest.Options{Method: "REGISTER", URI: uri, Username: p.user, Password: p.password, Count: p.count})
		must(p.t, err)
		head = append(head, "Authorization: "+cred.String())
	}
	text := strings.Join(append(head, headers...), "\r\n") + "\r\n\r\n"
	p.send(text)
	for end := time.Now().Add(patience); ; {
		m := p.read(500 * time.Millisecond)
		res, ok := m.(*sipgo.Response)
		switch {
		case time.Now().After(end):
			p.t.Fatal("no response")
		case m == nil:
			p.send(text) // as UDP wants (RFC 3261 §17.1.2.2)
			continue
		case !ok || res.CSeq().SeqNo != uint32(p.seq):
			continue
		}
		if h := res.GetHeader("WWW-Authenticate"); h != nil {
			var err error
			p.nonce, err = digest.ParseChallenge(h.Value())
			must(p.t, err)
			p.count = 0
		}
		return res
	}
}

// register asks until it is past the challenge.
func (p *phone) register(headers ...string) *sipgo.Response {
	p.t.Helper()
	res := p.ask(p.user, headers...)
	if res.StatusCode == 401 {
		res = p.ask(p.user, headers...)
	}
	return res
}

func TestUserRegistersAndIsCalled(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			// given a user's program that registers with us
			a, _ := home(t, sip.Options{})
			phone, calls := callee(t, sip.Options{})
			r, states := registration(uri(a, "", transport))
			r.User, r.AuthUser = "ann", "ann"
			ctx, cancel := context.WithCancel(context.Background())
			var wg sync.WaitGroup
			wg.Go(func() { must(t, phone.Register(ctx, r)) })
			if s := next(t, states); !s.Registered || s.Expires != time.Minute {
				t.Fatalf("state %+v", s)
			}
			places := a.Bindings("ann")
			if len(places) != 1 || places[0].Agent != "switchgram" || places[0].Transport != transport {
				t.Fatalf("bound to %+v", places)
			}

			// when we call the user
			d := dial(t, a, sip.Invite{To: "sip:ann@switchgram", Binding: &places[0], FromUser: "+4930123456"})
			in := next(t, calls)

			// then its program rings, and a call is a call
			if in.RequestUser() != "ann" || in.RemoteUser() != "+4930123456" || in.Transport() != transport {
				t.Errorf("%q calls %q by %s", in.RemoteUser(), in.RequestUser(), in.Transport())
			}
			must(t, in.Answer(deadline(t)))
			expect[sip.Answered](t, d)
			must(t, d.Hangup(deadline(t), sip.Hangup{}))

			// and when it unregisters, it cannot be called
			cancel()
			wg.Wait()
			if n := len(a.Bindings("ann")); n != 0 {
				t.Errorf("still at %d places", n)
			}
		})
	}
}

func TestRegistrationIsAnsweredWithEverythingBound(t *testing.T) {
	t.Parallel()
	a, _ := home(t, sip.Options{})
	one, two := newPhone(t, a, "ann", "secret"), newPhone(t, a, "ann", "secret")
	one.register("Contact: <sip:ann@"+one.addr()+">;q=0.3", "Expires: 120")
	res := two.register("Contact: <sip:ann@"+two.addr()+">;expires=90", "Expires: 10", "Path: <sip:edge.example.org;lr>", "Supported: path")
	var got []string
	for _, h := range res.GetHeaders("Contact") {
		got = append(got, h.Value())
	}
	if want := "<sip:ann@" + two.addr() + ">;expires=90 <sip:ann@" + one.addr() + ">;expires=120"; res.StatusCode != 200 || strings.Join(got, " ") != want {
		t.Errorf("%d %v, want %s", res.StatusCode, got, want)
	}
	if got := header(res, "Path"); got != "<sip:edge.example.org;lr>" {
		t.Errorf("Path %q", got)
	}
	if res := one.register(); len(res.GetHeaders("Contact")) != 2 {
		t.Errorf("asked where it is: %s", res)
	}

	// calls go by the way that the registration came
	d := dial(t, a, sip.Invite{To: "sip:ann@test", Binding: &a.Bindings("ann")[0]})
	invite := two.request(sipgo.INVITE)
	if got := header(invite, "Route"); got != "<sip:edge.example.org;lr>" || invite.Recipient.Host+":"+fmt.Sprint(invite.Recipient.Port) != two.addr() {
		t.Errorf("got %s", invite)
	}
	two.answer(invite, 486, "")
	expect[sip.Ended](t, d)

	// and everything can be taken back at once
	if res := two.register("Contact: *", "Expires: 0"); res.StatusCode != 200 || len(a.Bindings("ann")) != 0 {
		t.Errorf("%d, at %v", res.StatusCode, a.Bindings("ann"))
	}
}

func TestRegistrationIsRefused(t *testing.T) {
	t.Parallel()
	a, _ := home(t, sip.Options{})
	for name, tt := range map[string]struct {
		password, to string
		headers      []string
		status       int
	}{
		"wrong password":       {"guess", "ann", []string{"Contact: <sip:ann@$ME>"}, 403},
		"somebody else's":      {"secret", "bob", []string{"Contact: <sip:ann@$ME>"}, 403},
		"too short":            {"secret", "ann", []string{"Contact: <sip:ann@$ME>", "Expires: 5"}, 423},
		"star that stays":      {"secret", "ann", []string{"Contact: *", "Expires: 60"}, 400},
		"star and another":     {"secret", "ann", []string{"Contact: *", "Contact: <sip:ann@$ME>", "Expires: 0"}, 400},
		"endless contact":      {"secret", "ann", []string{"Contact: <sip:" + strings.Repeat("a", 600) + "@$ME>"}, 400},
		"crowd":                {"secret", "ann", strings.Split(strings.Repeat("Contact: <sip:ann@$ME>|", 9), "|")[:9], 503},
		"unknown extension":    {"secret", "ann", []string{"Contact: <sip:ann@$ME>", "Require: gruu"}, 420},
		"extension that we do": {"secret", "ann", []string{"Contact: <sip:ann@$ME>", "Require: path"}, 200},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPhone(t, a, "ann", tt.password)
			p.ask(tt.to)
			if res := p.ask(tt.to, tt.headers...); res.StatusCode != tt.status {
				t.Errorf("got %s, want %d", res.StartLine(), tt.status)
			}
			if tt.status == 423 && header(p.ask(tt.to, tt.headers...), "Min-Expires") != "60" {
				t.Error("does not say what would do")
			}
		})
	}
}

func TestNoncesAreUsedOnceAndForAMinute(t *testing.T) {
	t.Parallel()
	a, _ := home(t, sip.Options{})
	p := newPhone(t, a, "ann", "secret")
	p.register()
	if res := p.ask("ann"); res.StatusCode != 200 { // nc=2
		t.Errorf("second use: %s", res.StartLine())
	}
	p.count--
	if res := p.ask("ann"); res.StatusCode != 403 {
		t.Errorf("played again: %s", res.StartLine())
	}
	p.nonce.Nonce = "made up"
	if res := p.ask("ann"); res.StatusCode != 403 {
		t.Errorf("somebody's nonce: %s", res.StartLine())
	}
}

func TestWithoutUsersNobodyRegisters(t *testing.T) {
	t.Parallel()
	a, _ := callee(t, sip.Options{})
	p := newPhone(t, a, "ann", "secret")
	if res := p.ask("ann", "Contact: <sip:ann@$ME>"); res.StatusCode != 405 {
		t.Errorf("got %s", res.StartLine())
	}
}

// TestWhoIsBehindANATIsCalledWhereItWasSeen: its Contact leads nowhere, and the NAT forgets who says nothing for a minute.
func TestWhoIsBehindANATIsCalledWhereItWasSeen(t *testing.T) {
	t.Parallel()
	a, calls := home(t, sip.Options{})
	p := newPhone(t, a, "ann", "secret")
	p.register("Contact: <sip:ann@192.168.1.5:5060>;expires=3600")
	places := a.Bindings("ann")
	if left := time.Until(places[0].Until); left > time.Minute {
		t.Errorf("bound for %v", left)
	}

	// when we call it, and it answers
	d := dial(t, a, sip.Invite{To: "sip:ann@test", Binding: &places[0]})
	p.answer(p.request(sipgo.INVITE), 200, p.sdp(), contentType, "Contact: <sip:ann@192.168.1.5:5060>")

	// then the rest of the call goes there, too
	p.request(sipgo.ACK)
	expect[sip.Answered](t, d)
	go func() { _ = d.Hangup(deadline(t), sip.Hangup{}) }()
	p.answer(p.request(sipgo.BYE), 200, "")
	expect[sip.Ended](t, d)

	// and when it calls us, so does ours
	invite := strings.Replace(p.message("INVITE", "nat", "", 1, p.sdp()), "Contact: <sip:wire@$ME>", "Contact: <sip:ann@192.168.1.5:5060>", 1)
	p.send(invite)
	challenge, err := digest.ParseChallenge(header(p.response(401), "WWW-Authenticate"))
	must(t, err)
	cred, err := digest.Digest(challenge, digest.Options{Method: "INVITE", URI: "sip:1000@" + p.to.String(), Username: "ann", Password: "secret"})
	must(t, err)
	p.send(strings.NewReplacer("CSeq: 1", "CSeq: 2", "INVITE-1", "INVITE-2", "Max-Forwards", "Authorization: "+cred.String()+"\r\nMax-Forwards").Replace(invite))
	in := next(t, calls)
	must(t, in.Answer(deadline(t)))
	ok := p.response(200)
	p.ack("nat", ok, 2, "")
	go func() { _ = in.Hangup(deadline(t), sip.Hangup{}) }()
	p.answer(p.request(sipgo.BYE), 200, "")
	expect[sip.Ended](t, in)
}

func TestConnectionOfARegistrationIsTheWayBack(t *testing.T) {
	t.Parallel()
	// given a user who registered by TCP with a Contact that nobody can connect to
	a, _ := home(t, sip.Options{})
	phone, calls := udpCallee(t, sip.Options{Allow: everybody})
	r, states := registration(uri(a, "", "tcp"))
	r.User, r.AuthUser = "ann", "ann"
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { must(t, phone.Register(ctx, r)) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	if s := next(t, states); !s.Registered {
		t.Fatalf("state %+v", s)
	}

	// then a call to it comes by its own connection
	d := dial(t, a, sip.Invite{To: "sip:ann@test", Binding: &a.Bindings("ann")[0]})
	must(t, next(t, calls).Answer(deadline(t)))
	expect[sip.Answered](t, d)
}
