package sip_test

import (
	"errors"
	"testing"
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"switchgram/bridge/sip"
)

// silentCall is an answered call with a wire that says nothing more by itself, of an agent that is impatient.
func silentCall(t *testing.T) (*wire, *sip.Dialog) {
	t.Helper()
	a, calls := callee(t, sip.Options{})
	sip.Hurry(a, 100*time.Millisecond)
	w := newWire(t, a)
	w.send(w.message("INVITE", "silent", "", 1, w.sdp()))
	d := next(t, calls)
	must(t, d.Answer(deadline(t)))
	ok := w.response(200)
	w.ack("silent", ok, 1, "")
	return w, d
}

func TestFarEndThatDiedEndsTheCall(t *testing.T) {
	t.Parallel()
	w, d := silentCall(t)
	w.request(sipgo.OPTIONS)
	if e := expect[sip.Ended](t, d); !e.Remote || !errors.Is(e.Err, sip.ErrTimeout) || e.Status != 0 {
		t.Errorf("got %v", e)
	}
	w.request(sipgo.BYE) // should it live after all
}

func TestSilentFarEndThatAnswersIsLeftAlone(t *testing.T) {
	t.Parallel()
	w, d := silentCall(t)
	for _, status := range []int{200, 405, 500, 200, 200, 200, 200, 200} { // whatever it says, it is there
		w.answer(w.request(sipgo.OPTIONS), status, "")
	}
	must(t, d.SendDTMF(deadline(t), "1", 0)) // the call lives
}

func TestFarEndThatHasForgottenTheCallEndsIt(t *testing.T) {
	t.Parallel()
	w, d := silentCall(t)
	w.answer(w.request(sipgo.OPTIONS), 481, "")
	w.answer(w.request(sipgo.BYE), 481, "")
	if e := expect[sip.Ended](t, d); !e.Remote || e.Status != 481 {
		t.Errorf("got %v", e)
	}
}
