package sip_test

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"testing"
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"switchgram/bridge/sip"
)

func TestStrangerIsRefusedAndThenIgnored(t *testing.T) {
	t.Parallel()
	a, calls := callee(t, sip.Options{Allow: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}})
	w := newWire(t, a)
	for i := range 10 {
		w.send(w.message("INVITE", "stranger", "", i+1, w.sdp()))
		for w.response(403).CSeq().SeqNo != uint32(i+1) { // a busy machine may repeat one before it forgets the transaction
		}
	}
	w.send(w.message("INVITE", "stranger", "", 11, w.sdp()))
	w.send(w.message("OPTIONS", "stranger", "", 12, ""))
	for m := w.read(300 * time.Millisecond); m != nil; m = w.read(300 * time.Millisecond) {
		if res, ok := m.(*sipgo.Response); !ok || res.CSeq().SeqNo > 10 {
			t.Errorf("answered: %v", m)
		}
	}
	if len(calls) != 0 {
		t.Error("a stranger's call came through")
	}
}

func TestUserWithPasswordMayCallFromAnywhere(t *testing.T) {
	t.Parallel()
	users := map[string]sip.Secret{"ann": {Password: "secret"}}
	a, calls := callee(t, sip.Options{Allow: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")},
		Users: func(u string) (sip.Secret, bool) { s, ok := users[u]; return s, ok }})
	caller := start(t, sip.Options{})
	d := dial(t, caller, sip.Invite{To: uri(a, "1000", "udp"), FromUser: "ann", Password: "secret"})
	in := next(t, calls)
	if in.User() != "ann" {
		t.Errorf("user %q", in.User())
	}
	must(t, in.Answer(deadline(t)))
	expect[sip.Answered](t, d)
	d = dial(t, caller, sip.Invite{To: uri(a, "1000", "tcp"), FromUser: "ann", Password: "guess"})
	if e := expect[sip.Ended](t, d); e.Status != 403 {
		t.Errorf("got %v", e)
	}
}

func TestOptionsAreAnsweredToWhoMayCall(t *testing.T) {
	t.Parallel()
	a, _ := callee(t, sip.Options{})
	w := newWire(t, a)
	w.send(w.message("OPTIONS", "ping", "", 1, ""))
	res := w.response(200)
	if res.GetHeader("Allow") == nil || res.GetHeader("Accept").Value() != "application/sdp" {
		t.Errorf("got %s", res)
	}
	w.send(w.message("PUBLISH", "ping", "", 2, ""))
	w.response(405)
	w.send(w.message("BYE", "ping", "nothing", 3, ""))
	w.response(481)
}

func TestDrainingAgentTakesNoNewCalls(t *testing.T) {
	t.Parallel()
	a, calls := callee(t, sip.Options{})
	caller := start(t, sip.Options{})
	out, in := pair(t, caller, sip.Invite{To: uri(a, "1000", "udp")}, calls)
	a.Drain()
	w := newWire(t, a)
	w.send(w.message("INVITE", "late", "", 1, w.sdp()))
	if res := w.response(503); res.GetHeader("Retry-After") == nil {
		t.Error("no Retry-After")
	}
	if _, err := a.Dial(deadline(t), sip.Invite{To: uri(caller, "1", "udp")}); !errors.Is(err, sip.ErrDraining) {
		t.Errorf("got %v", err)
	}
	heard := listen(in)
	must(t, out.WriteRTP(packet(1, "still here")))
	next(t, heard)
}

func TestEndOfTheAgentEndsEveryCall(t *testing.T) {
	t.Parallel()
	other, calls := callee(t, sip.Options{})
	a, err := sip.New(sip.Options{UDP: "127.0.0.1:0"})
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { must(t, a.Run(ctx)) })
	<-a.Ready()
	_, in := pair(t, a, sip.Invite{To: uri(other, "1000", "udp")}, calls)
	ringing := dial(t, a, sip.Invite{To: uri(other, "1001", "udp")})
	in2 := next(t, calls)
	must(t, in2.Ring(deadline(t)))
	expect[sip.Ringing](t, ringing)
	cancel()
	wg.Wait()
	if e := expect[sip.Ended](t, in); !e.Remote || e.Cause != 41 {
		t.Errorf("answered: %v", e)
	}
	if e := expect[sip.Ended](t, in2); e.Status != 487 {
		t.Errorf("ringing: %v", e)
	}
	if _, err := a.Dial(deadline(t), sip.Invite{To: uri(other, "1", "udp")}); !errors.Is(err, sip.ErrClosed) {
		t.Errorf("dial after the end: %v", err)
	}
}

// registrations returns a Registration whose states come out of the channel.
func registration(registrar string) (sip.Registration, <-chan sip.RegistrationState) {
	states := make(chan sip.RegistrationState, 16)
	return sip.Registration{Registrar: registrar, User: "tg#ann", AuthUser: "telegram", Password: "secret", Expires: time.Minute,
		OnState: func(s sip.RegistrationState) { states <- s }}, states
}

func TestRegistrarMayCallWhileWeAreRegistered(t *testing.T) {
	t.Parallel()
	a, calls := callee(t, sip.Options{Allow: []netip.Prefix{}})
	w := newWire(t, a)
	r, states := registration("sip:" + w.addr())
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { must(t, a.Register(ctx, r)) })

	// given a registrar that challenges us as FreeSWITCH does
	first := w.request(sipgo.REGISTER)
	w.answer(first, 401, "", `WWW-Authenticate: Digest realm="127.0.0.1", nonce="3b6f4702", algorithm=MD5, qop="auth"`)
	second := w.request(sipgo.REGISTER)
	if second.GetHeader("Authorization") == nil || second.CSeq().SeqNo != first.CSeq().SeqNo+1 || second.Contact().Address.User != "tg%23ann" {
		t.Errorf("got %s", second)
	}
	w.answer(second, 200, "", "Contact: "+second.Contact().Value()+";expires=120")
	if s := next(t, states); !s.Registered || s.Expires != 2*time.Minute {
		t.Errorf("state %+v", s)
	}

	// then it may call
	w.send(w.message("INVITE", "from-registrar", "", 1, w.sdp()))
	must(t, next(t, calls).Reject(deadline(t), sip.Hangup{Status: 486, Q850: 17}))
	w.response(486)

	// and when it is over, it may not
	cancel()
	last := w.request(sipgo.REGISTER)
	if last.GetHeader("Expires").Value() != "0" {
		t.Errorf("got %s", last)
	}
	w.answer(last, 200, "")
	wg.Wait()
	if s := next(t, states); s.Registered || s.Err != nil {
		t.Errorf("state %+v", s)
	}
	w.send(w.message("INVITE", "too-late", "", 1, w.sdp()))
	w.response(403)
}

func TestRegistrarMayCallBeforeItsAnswerIsRead(t *testing.T) {
	t.Parallel()
	a, calls := callee(t, sip.Options{Allow: []netip.Prefix{}})
	w := newWire(t, a)
	r, states := registration("sip:" + w.addr())
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { must(t, a.Register(ctx, r)) })
	first := w.request(sipgo.REGISTER)

	// when the registrar calls, and its 200 is overtaken by that
	w.send(w.message("INVITE", "overtakes", "", 1, w.sdp()))

	// then the call comes
	must(t, next(t, calls).Reject(deadline(t), sip.Hangup{}))
	w.answer(first, 200, "", "Expires: 60")
	next(t, states)
	cancel()
	w.answer(w.request(sipgo.REGISTER), 200, "")
	wg.Wait()
}

func TestRegistrarThatIsNoneIsNamed(t *testing.T) {
	t.Parallel()
	registrar := start(t, sip.Options{Allow: everybody}) // it answers REGISTER with 405
	a := start(t, sip.Options{})
	r, states := registration(sip.UserURI("", registrar.Addr("tcp").String(), "tcp"))
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { must(t, a.Register(ctx, r)) })
	s := next(t, states)
	var status *sip.StatusError
	if !errors.As(s.Err, &status) || status.Code != 405 {
		t.Errorf("state %+v", s)
	}
	cancel()
	wg.Wait()
}

func TestRegistrationThatCannotWorkIsAnErrorAtOnce(t *testing.T) {
	t.Parallel()
	a := start(t, sip.Options{})
	for _, r := range []sip.Registration{{Registrar: "nonsense", User: "a"}, {Registrar: "sip:127.0.0.1"}, {Registrar: "sip:a", User: "b", Domain: "c\r\n"}} {
		if err := a.Register(deadline(t), r); err == nil {
			t.Errorf("%+v: taken", r)
		}
	}
}

func TestEndOfTheAgentTakesRegistrationsBack(t *testing.T) {
	t.Parallel()
	a, err := sip.New(sip.Options{UDP: "127.0.0.1:0"})
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { must(t, a.Run(ctx)) })
	<-a.Ready()
	w := newWire(t, a)
	r, states := registration("sip:" + w.addr())
	wg.Go(func() { must(t, a.Register(context.Background(), r)) })
	w.answer(w.request(sipgo.REGISTER), 200, "", "Expires: 60")
	next(t, states)
	cancel()
	last := w.request(sipgo.REGISTER)
	w.answer(last, 200, "")
	if last.GetHeader("Expires").Value() != "0" {
		t.Errorf("got %s", last)
	}
	wg.Wait()
	if s := next(t, states); s.Registered || s.Err != nil {
		t.Errorf("state %+v", s)
	}
}
