package sip_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"switchgram/bridge/sip"
)

// header is the value of the first header field of a name, empty if there is none.
func header(m sipgo.Message, name string) string {
	if h := m.GetHeaders(name); len(h) > 0 {
		return h[0].Value()
	}
	return ""
}

// answeredWire is an answered call of the wire's, whose INVITE had these header fields.
func answeredWire(t *testing.T, a *sip.Agent, calls <-chan *sip.Dialog, id string, headers ...string) (*wire, *sip.Dialog, *sipgo.Response) {
	t.Helper()
	w := newWire(t, a)
	w.send(w.message("INVITE", id, "", 1, w.sdp(), headers...))
	d := next(t, calls)
	must(t, d.Answer(deadline(t)))
	ok := w.response(200)
	w.ack(id, ok, 1, "")
	return w, d, ok
}

// RFC 4028 table 2.
func TestSessionTimerOfACallerIsKept(t *testing.T) {
	t.Parallel()
	a, calls := callee(t, sip.Options{})
	for name, tt := range map[string]struct{ supported, asked, want, require string }{
		"by us":              {"timer", "1800;refresher=uas", "1800;refresher=uas", ""},
		"by them":            {"timer", "1800;refresher=uac", "1800;refresher=uac", "timer"},
		"by whoever":         {"100rel, timer", "1800", "1800;refresher=uac", "timer"},
		"by a proxy between": {"100rel", "1800", "1800;refresher=uas", ""},
		"too short for us":   {"100rel", "10", "90;refresher=uas", ""},
		"without":            {"timer", "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			headers := []string{"Supported: " + tt.supported}
			if tt.asked != "" {
				headers = append(headers, "Session-Expires: "+tt.asked)
			}
			_, _, ok := answeredWire(t, a, calls, "timer-"+strings.ReplaceAll(name, " ", "-"), headers...)
			if got, require := header(ok, "Session-Expires"), header(ok, "Require"); got != tt.want || require != tt.require {
				t.Errorf("Session-Expires %q, Require %q; want %q, %q", got, require, tt.want, tt.require)
			}
		})
	}
}

func TestSessionIsRefreshedAsTheFarEndUnderstands(t *testing.T) {
	t.Parallel()
	for method, allow := range map[sipgo.RequestMethod]string{sipgo.UPDATE: "INVITE, ACK, BYE, UPDATE", sipgo.INVITE: "INVITE, ACK, BYE"} {
		t.Run(method.String(), func(t *testing.T) {
			// given a caller who wants us to refresh the session every two seconds
			a, calls := callee(t, sip.Options{})
			sip.ShortSessions(a, 0)
			w, _, _ := answeredWire(t, a, calls, "refreshed", "Supported: timer", "Session-Expires: 2;refresher=uas", "Allow: "+allow)

			// then we do, in its time, again and again
			for range 2 {
				req := w.request(method)
				if got := header(req, "Session-Expires"); got != "2;refresher=uac" {
					t.Errorf("Session-Expires %q", got)
				}
				body, kind := "", "X-Nothing: 1"
				if method == sipgo.INVITE {
					body, kind = w.sdp(), contentType
				}
				w.answer(req, 200, body, "Contact: <sip:wire@"+w.addr()+">", kind, "Session-Expires: 2;refresher=uac", "Require: timer")
			}
		})
	}
}

func TestSessionThatNobodyRefreshesEnds(t *testing.T) {
	t.Parallel()
	a, calls := callee(t, sip.Options{})
	sip.ShortSessions(a, 0)
	w, d, _ := answeredWire(t, a, calls, "forgotten", "Supported: timer", "Session-Expires: 2;refresher=uac")
	bye := w.request(sipgo.BYE)
	w.answer(bye, 200, "")
	if e := expect[sip.Ended](t, d); !errors.Is(e.Err, sip.ErrExpired) || e.Cause != 102 {
		t.Errorf("got %v", e)
	}
}

func TestSessionEndsWhenTheFarEndKnowsNothingOfIt(t *testing.T) {
	t.Parallel()
	a, calls := callee(t, sip.Options{})
	sip.ShortSessions(a, 0)
	w, d, _ := answeredWire(t, a, calls, "unknown", "Supported: timer", "Session-Expires: 2;refresher=uas", "Allow: UPDATE")
	w.answer(w.request(sipgo.UPDATE), 481, "")
	if e := expect[sip.Ended](t, d); e.Status != 481 {
		t.Errorf("got %v", e)
	}
}

func TestRefreshThatIsPutOffIsTriedAgain(t *testing.T) {
	t.Parallel()
	a, calls := callee(t, sip.Options{})
	sip.ShortSessions(a, 0)
	w, _, _ := answeredWire(t, a, calls, "put-off", "Supported: timer", "Session-Expires: 4;refresher=uas", "Allow: UPDATE")
	first := w.request(sipgo.UPDATE)
	w.answer(first, 500, "")
	if second := w.request(sipgo.UPDATE); second.CSeq().SeqNo != first.CSeq().SeqNo+1 {
		t.Errorf("got %s", second)
	}
}

func TestCalleeMayAskForALongerSession(t *testing.T) {
	t.Parallel()
	// given an agent whose calls ask for a session of two seconds
	a := start(t, sip.Options{})
	sip.ShortSessions(a, 2*time.Second)
	w := newWire(t, nil)
	d := dial(t, a, sip.Invite{To: "sip:1000@" + w.addr()})
	first := w.request(sipgo.INVITE)
	if got := header(first, "Session-Expires"); got != "2" {
		t.Errorf("asked for %q", got)
	}

	// when that is too short for whom it calls
	w.answer(first, 422, "", "Min-SE: 3")
	w.request(sipgo.ACK)
	second := w.request(sipgo.INVITE)

	// then it asks for as long as it must be
	if got := header(second, "Session-Expires") + " " + header(second, "Min-SE"); got != "3 3" || second.CSeq().SeqNo != first.CSeq().SeqNo+1 {
		t.Errorf("asked for %q in\n%s", got, second)
	}
	// and keeps watch if it is not to refresh
	w.answer(second, 200, w.sdp(), contentType, "Contact: <sip:w@"+w.addr()+">", "Session-Expires: 3;refresher=uas")
	w.answer(w.request(sipgo.BYE), 200, "")
	if e := expect[sip.Ended](t, d); !errors.Is(e.Err, sip.ErrExpired) {
		t.Errorf("got %v", e)
	}
}

func TestCallOfTwoAgentsIsRefreshed(t *testing.T) {
	t.Parallel()
	answerer, calls := callee(t, sip.Options{})
	caller := start(t, sip.Options{})
	sip.ShortSessions(answerer, 0)
	sip.ShortSessions(caller, 2*time.Second)
	out, in := pair(t, caller, sip.Invite{To: uri(answerer, "1000", "udp")}, calls)
	select {
	case e := <-out.Events():
		t.Errorf("caller: %v", e)
	case e := <-in.Events():
		t.Errorf("callee: %v", e)
	case <-time.After(4 * time.Second): // three intervals without a refresh
	}
}

func TestAbsurdSessionTimerIsRefused(t *testing.T) {
	if _, err := sip.New(sip.Options{UDP: "127.0.0.1:0", SessionExpires: time.Second}); err == nil {
		t.Error("taken")
	}
}
