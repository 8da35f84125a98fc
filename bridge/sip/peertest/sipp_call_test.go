package peertest

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"switchgram/bridge/sip"
)

// nobody is an allow-list that no peer of ours is on.
var nobody = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}

// called runs a calling scenario against an agent, and returns both with the incoming call.
func called(t *testing.T, scenario string) (*agent, *sipp, *call) {
	t.Helper()
	a := newAgent(t, sip.Options{})
	s := startSIPp(t, scenario, a.Addr("udp").String())
	return a, s, a.ring(t)
}

// callSIPp places a call to a waiting scenario.
func callSIPp(t *testing.T, scenario string) (*sipp, *call) {
	t.Helper()
	s := startSIPp(t, scenario, "")
	a := newAgent(t, sip.Options{})
	return s, a.dial(t, sip.Invite{To: s.uri(), FromUser: "1000"})
}

func TestCallerNeverAcknowledgesOurAnswer(t *testing.T) {
	t.Parallel()
	_, s, c := called(t, "uac-never-acks-200")
	_ = c.Answer(t.Context()) // says so, too late to matter here
	wait[sip.Ended](t, c)
	s.succeed(t) // it was hung up
}

func TestByeOvertakesAck(t *testing.T) {
	_, s, c := called(t, "uac-bye-before-ack")
	_ = c.Answer(patient(t)) // a call that ended meanwhile may say so
	if end := wait[sip.Ended](t, c); !end.Remote || end.Err != nil {
		t.Errorf("ended: %v; want by the caller", end)
	}
	s.succeed(t)
}

func TestRetransmittedInviteIsOneCall(t *testing.T) {
	a, s, c := called(t, "uac-retransmits-invite")
	must(t, c.Ring(patient(t)), "ring")
	s.waitMessages(t, "\nINVITE ", 3)
	must(t, c.Answer(patient(t)), "answer")
	must(t, c.Hangup(patient(t), sip.Hangup{}), "hang up")
	s.succeed(t)
	if len(a.calls) > 0 {
		t.Error("the copies were taken for calls")
	}
}

func TestCallerCancelsWhileItRings(t *testing.T) {
	_, s, c := called(t, "uac-cancel")
	must(t, c.Ring(patient(t)), "ring")
	if end := wait[sip.Ended](t, c); !end.Remote {
		t.Errorf("ended: %v; want by the caller", end)
	}
	s.succeed(t)
}

func TestOffersWeCannotUseAreRefused(t *testing.T) {
	for _, scenario := range []string{"uac-garbage-sdp", "uac-no-common-codec"} {
		t.Run(scenario, func(t *testing.T) {
			a := newAgent(t, sip.Options{})
			s := startSIPp(t, scenario, a.Addr("udp").String())
			s.succeed(t)
			if len(a.calls) > 0 {
				t.Error("it became a call")
			}
		})
	}
}

func TestStrangersAreRefusedAndThenIgnored(t *testing.T) {
	a := newAgent(t, sip.Options{Allow: nobody})
	const tries = 15
	s := startSIPp(t, "uac-stranger", a.Addr("udp").String(), "-m", fmt.Sprint(tries), "-l", "1", "-r", "100", "-recv_timeout", "300",
		"-max_retrans", "1")
	if s.waitEnd(t) == 0 {
		t.Errorf("all of %d tries were answered", tries)
	}
	refused := strings.Count(s.messages(t), "SIP/2.0 403")
	if refused == 0 || refused >= tries {
		t.Errorf("%d of %d tries were answered 403; want some, then none", refused, tries)
	}
	if len(a.calls) > 0 {
		t.Error("a stranger's call was taken")
	}
}

func TestRefusalsSayWhy(t *testing.T) {
	for _, tt := range []struct {
		scenario      string
		status, cause int
	}{{"uas-busy", 486, 0}, {"uas-declines", 603, 21}} {
		t.Run(tt.scenario, func(t *testing.T) {
			s, c := callSIPp(t, tt.scenario)
			if end := wait[sip.Ended](t, c); !end.Remote || end.Status != tt.status || end.Cause != tt.cause {
				t.Errorf("ended: %v; want status %d, cause %d", end, tt.status, tt.cause)
			}
			s.succeed(t)
		})
	}
}

func TestNobodyAnswersAndWeGiveUp(t *testing.T) {
	s, c := callSIPp(t, "uas-rings-forever")
	wait[sip.Ringing](t, c)
	must(t, c.Hangup(patient(t), sip.Hangup{}), "give up")
	if end := wait[sip.Ended](t, c); end.Remote {
		t.Errorf("ended: %v; want by us", end)
	}
	s.succeed(t)
}

func TestAnswerCrossesOurCancel(t *testing.T) {
	s, c := callSIPp(t, "uas-answers-cancel-with-200")
	wait[sip.Ringing](t, c)
	must(t, c.Hangup(patient(t), sip.Hangup{}), "give up")
	wait[sip.Ended](t, c)
	s.succeed(t) // acknowledged and hung up
}
