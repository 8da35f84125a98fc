package peertest

import (
	"fmt"
	"log/slog"
	"testing"

	"switchgram/bridge/sip/siptest"
)

// newSwitch runs a switch for the length of the test.
func newSwitch(t *testing.T, o siptest.Options) *siptest.Switch {
	t.Helper()
	if o.Users == nil {
		o.Users = map[string]string{"1000": "secret", "1001": "secret", "telegram": "secret"}
	}
	o.Log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	s, err := siptest.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// TestSoftphoneAtTheSwitch: what a person who tries the demo with a softphone of theirs meets.
func TestSoftphoneAtTheSwitch(t *testing.T) {
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			ended := make(chan siptest.Call, 1)
			s := newSwitch(t, siptest.Options{Ended: func(c siptest.Call) { ended <- c }})
			b := startBaresip(t, fmt.Sprintf("<sip:1000@%s;transport=%s>;auth_user=1000;auth_pass=secret;regint=60", s.Addr(), transport), humming)
			if _, err := s.WaitRegistered(patient(t), "1000"); err != nil {
				t.Fatal(err)
			}

			b.do(t, "dial", s.URI("9196")+";transport="+transport)
			b.waitEvent(t, "CALL_ESTABLISHED")
			b.do(t, "hangup", "")
			c := <-ended
			if !c.Answered || !c.ByCaller || c.From != "1000" || c.To != "9196" {
				t.Errorf("the switch saw %+v", c)
			}
		})
	}
}

// TestSoftphonesTalkThroughTheSwitch: registered users call each other; digits, hold and the end pass.
func TestSoftphonesTalkThroughTheSwitch(t *testing.T) {
	ended := make(chan siptest.Call, 1)
	s := newSwitch(t, siptest.Options{Ended: func(c siptest.Call) { ended <- c }})
	phone := func(user, source string) *baresip {
		b := startBaresip(t, fmt.Sprintf("<sip:%s@%s>;auth_user=%s;auth_pass=secret;regint=60", user, s.Addr(), user), source)
		if _, err := s.WaitRegistered(patient(t), user); err != nil {
			t.Fatal(err)
		}
		return b
	}
	caller, callee := phone("1000", humming), phone("1001", echoing)

	caller.do(t, "dial", s.URI("1001"))
	callee.waitEvent(t, "CALL_INCOMING")
	callee.do(t, "accept", "")
	caller.waitEvent(t, "CALL_ESTABLISHED")
	callee.waitEvent(t, "CALL_ESTABLISHED")
	callee.waitHearing(t)
	caller.waitHearing(t)

	caller.do(t, "sndcode", "5")
	if ev := callee.waitEvent(t, "CALL_DTMF_START"); ev.Param != "5" {
		t.Errorf("heard digit %q", ev.Param)
	}
	for _, on := range []bool{true, false} {
		if err := s.Hold(patient(t), "1001", on); err != nil {
			t.Error(err)
		}
	}
	callee.waitHearing(t)

	callee.do(t, "hangup", "")
	caller.waitEvent(t, "CALL_CLOSED")
	if c := <-ended; !c.Answered || c.ByCaller {
		t.Errorf("the switch saw %+v", c)
	}
}
