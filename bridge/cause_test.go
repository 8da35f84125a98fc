package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
)

func TestEveryCauseHasOneName(t *testing.T) {
	names := map[string]bool{}
	for i, r := range causes {
		if names[r.name] || i > 0 && causes[i-1].cause >= r.cause {
			t.Errorf("%s stands twice, or in the wrong place", r.name)
		}
		names[r.name] = true
		if got, err := ParseCause(r.name); err != nil || got != r.cause || got.String() != r.name {
			t.Errorf("%s reads as %s, %v", r.name, got, err)
		}
	}
	if Cause(77).String() != "UNKNOWN_77" || Cause(0).String() != "NONE" || Cause(77).SIPStatus() != 480 {
		t.Error("values without a name")
	}
	if _, err := ParseCause("NO_SUCH"); err == nil {
		t.Error("NO_SUCH was taken")
	}
}

func TestCausesInJSONAreNames(t *testing.T) {
	text, err := json.Marshal(struct{ C Cause }{UserBusy})
	if err != nil || string(text) != `{"C":"USER_BUSY"}` {
		t.Errorf("%s, %v", text, err)
	}
	var back struct{ C Cause }
	if err := json.Unmarshal(text, &back); err != nil || back.C != UserBusy {
		t.Errorf("%v, %v", back, err)
	}
}

// oneWay are the causes that a SIP status alone does not bring back, and why. Beside the status we always send a Reason header,
// which does.
var oneWay = map[Cause]string{
	NoRouteTransitNet:           "404 means UNALLOCATED_NUMBER",
	NoRouteDestination:          "404 means UNALLOCATED_NUMBER",
	NormalClearing:              "no status refuses a call that simply ended; 480 says that it will not be answered",
	NoUserResponse:              "FreeSWITCH sends 408 for it and reads 408 as RECOVERY_ON_TIMER_EXPIRE",
	NoAnswer:                    "FreeSWITCH sends 480 for it and reads 480 as NO_USER_RESPONSE",
	SubscriberAbsent:            "480, as NO_ANSWER",
	RedirectionToNewDestination: "410 means NUMBER_CHANGED",
	DestinationOutOfOrder:       "FreeSWITCH sends 502 for it and reads 502 as NETWORK_OUT_OF_ORDER",
	FacilityRejected:            "501 means SERVICE_NOT_IMPLEMENTED",
	NetworkOutOfOrder:           "FreeSWITCH sends 503 for it, which means NORMAL_TEMPORARY_FAILURE",
	NormalCircuitCongestion:     "503 means NORMAL_TEMPORARY_FAILURE",
	SwitchCongestion:            "503 means NORMAL_TEMPORARY_FAILURE; Retry-After makes the difference",
	RequestedChanUnavail:        "503 means NORMAL_TEMPORARY_FAILURE",
	BearercapabilityNotavail:    "503 means NORMAL_TEMPORARY_FAILURE",
	OutgoingCallBarred:          "403 means CALL_REJECTED to FreeSWITCH",
	IncomingCallBarred:          "403 means CALL_REJECTED to FreeSWITCH",
	BearercapabilityNotauth:     "403 means CALL_REJECTED to FreeSWITCH",
	BearercapabilityNotimpl:     "488 means INCOMPATIBLE_DESTINATION",
	FacilityNotImplemented:      "501 means SERVICE_NOT_IMPLEMENTED",
}

func TestEveryCauseComesBackFromSIPOrSaysWhyNot(t *testing.T) {
	for _, r := range causes {
		back := CauseOfSIP(r.status)
		why, excused := oneWay[r.cause]
		if r.status == 480 && r.cause != NoUserResponse { // FreeSWITCH's status for whatever has none of its own
			why, excused = "480 stands for every cause without a status", true
		}
		switch {
		case back != r.cause && !excused:
			t.Errorf("%s goes out as %d, which comes back as %s", r.cause, r.status, back)
		case back == r.cause && excused:
			t.Errorf("%s comes back after all; it is said that %s", r.cause, why)
		}
	}
}

func TestEveryStatusGoesBackToItsKind(t *testing.T) {
	for status := 300; status < 700; status++ {
		cause := CauseOfSIP(status)
		if _, known := cause.row(); !known {
			t.Errorf("%d becomes %d, which has no name", status, cause)
		}
		if again := CauseOfSIP(cause.SIPStatus()); again != cause && oneWay[cause] == "" && cause.SIPStatus() != 480 {
			t.Errorf("%d: %s goes out as %d and comes back as %s", status, cause, cause.SIPStatus(), again)
		}
	}
}

// What a real FreeSWITCH made of each status that a callee answered.
func TestStatusesMeanWhatFreeSWITCHTakesThemFor(t *testing.T) {
	for status, want := range map[int]string{
		486: "USER_BUSY", 480: "NO_USER_RESPONSE", 603: "CALL_REJECTED", 404: "UNALLOCATED_NUMBER", 408: "RECOVERY_ON_TIMER_EXPIRE",
		503: "NORMAL_TEMPORARY_FAILURE", 488: "INCOMPATIBLE_DESTINATION",
		403: "CALL_REJECTED", 487: "NORMAL_CLEARING", 302: "REDIRECTION_TO_NEW_DESTINATION",
		499: "NORMAL_TEMPORARY_FAILURE", 599: "NORMAL_TEMPORARY_FAILURE", 699: "USER_BUSY", 200: "NORMAL_CLEARING",
	} {
		if got := CauseOfSIP(status).String(); got != want {
			t.Errorf("%d: %s, want %s", status, got, want)
		}
	}
}

func TestWhatTelegramsReasonsMean(t *testing.T) {
	for d, want := range map[Discard][3]Cause{
		DiscardBusy:       {LoseRace, UserBusy, NormalClearing},
		DiscardMissed:     {NormalClearing, NoAnswer, NormalClearing},
		DiscardHangup:     {NormalClearing, CallRejected, NormalClearing},
		DiscardDisconnect: {NormalClearing, NormalTemporaryFailure, NormalTemporaryFailure},
		DiscardNone:       {NormalClearing, NormalUnspecified, NormalUnspecified},
	} {
		for p, want := range want {
			if got := CauseOfDiscard(d, Position(p)); got != want {
				t.Errorf("%s in position %d: %s, want %s", d, p, got, want)
			}
		}
	}
}

func TestWhatTelegramIsTold(t *testing.T) {
	for _, c := range []struct {
		cause Cause
		want  [3]Discard
	}{
		{NormalClearing, [3]Discard{DiscardBusy, DiscardMissed, DiscardHangup}},
		{UserBusy, [3]Discard{DiscardBusy, DiscardMissed, DiscardHangup}},
		{NoAnswer, [3]Discard{DiscardMissed, DiscardMissed, DiscardHangup}},
		{CallRejected, [3]Discard{DiscardBusy, DiscardMissed, DiscardHangup}},
		{LoseRace, [3]Discard{DiscardBusy, DiscardMissed, DiscardHangup}},
		{NormalTemporaryFailure, [3]Discard{DiscardDisconnect, DiscardMissed, DiscardDisconnect}},
		{Cause(77), [3]Discard{DiscardBusy, DiscardMissed, DiscardHangup}},
	} {
		for p, want := range c.want {
			if got := c.cause.Discard(Position(p)); got != want {
				t.Errorf("%s in position %d: %s, want %s", c.cause, p, got, want)
			}
		}
	}
}

// Two of our bridges may call each other over Telegram. What the one says to the caller, the other reads as a callee's word.
func TestCausesThroughTelegramOrWhyNot(t *testing.T) {
	same := map[Cause]bool{UserBusy: true, NoAnswer: true, NormalTemporaryFailure: true}
	for _, r := range causes {
		said := r.cause.Discard(CallerWaiting)
		heard := CauseOfDiscard(said, CalleeWaiting)
		if same[r.cause] != (heard == r.cause) {
			t.Errorf("%s is said as %s and heard as %s", r.cause, said, heard)
		}
		// Telegram has three words for it, so the kind is all that can be kept: decided, not there, failed.
		kind := map[[3]Discard]Cause{decided: UserBusy, nobodys: NoAnswer, failed: NormalTemporaryFailure}[r.discard]
		if heard != kind {
			t.Errorf("%s is heard as %s, want %s", r.cause, heard, kind)
		}
		if said == DiscardNone || r.cause.Discard(CalleeWaiting) != DiscardMissed {
			t.Errorf("%s: %s to a caller, %s to a callee", r.cause, said, r.cause.Discard(CalleeWaiting))
		}
	}
}

func TestWhatTelegramsErrorsMean(t *testing.T) {
	for name, want := range map[string]Cause{
		"USER_PRIVACY_RESTRICTED": CallRejected, "FLOOD_WAIT": SwitchCongestion, "CALL_ALREADY_ACCEPTED": LoseRace,
		"PHONE_NOT_OCCUPIED": UnallocatedNumber, "SOMETHING_NEW": NormalTemporaryFailure,
	} {
		if got := CauseOfTelegram(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	for name, cause := range rpcCauses {
		if _, known := cause.row(); !known {
			t.Errorf("%s becomes %d, which has no name", name, cause)
		}
	}
	if SwitchCongestion.SIPStatus() != 503 {
		t.Error("a flood wait is not answered with 503")
	}
}

func TestCauseOfErrors(t *testing.T) {
	for _, c := range []struct {
		err  error
		want Cause
	}{
		{nil, 0},
		{errors.New("x"), NormalTemporaryFailure},
		{fmt.Errorf("dial: %w", refusal{cause: UserBusy}), UserBusy},
		{refusal{}, NormalTemporaryFailure}, // does not know
		{context.Canceled, NormalClearing},
		{fmt.Errorf("wait: %w", context.DeadlineExceeded), RecoveryOnTimerExpire},
		{&EndedError{Cause: NoAnswer}, NoAnswer},
	} {
		if got := CauseOf(c.err); got != c.want {
			t.Errorf("%v: %s, want %s", c.err, got, c.want)
		}
	}
	for value, want := range map[int]Cause{-1: NormalUnspecified, 0: NormalUnspecified, 17: UserBusy, 127: Interworking, 487: NormalUnspecified} {
		if got := CauseOfQ850(value); got != want {
			t.Errorf("%d: %s, want %s", value, got, want)
		}
	}
}

func TestWhoseMoveItIs(t *testing.T) {
	for _, c := range []struct {
		cause  Cause
		scheme string
		want   Fault
	}{
		{NormalClearing, "tg", FaultNone}, {UserBusy, "sip", FaultNone}, {UnallocatedNumber, "tg", FaultCaller},
		{IncompatibleDestination, "tg", FaultCallee}, {NormalTemporaryFailure, "tg", FaultTelegram},
		{NormalTemporaryFailure, "sip", FaultFreeSWITCH}, {NormalTemporaryFailure, "", FaultUs}, {ProtocolError, "tg", FaultUs},
	} {
		if got := faultOf(c.cause, c.scheme); got != c.want {
			t.Errorf("%s on %q: %s, want %s", c.cause, c.scheme, got, c.want)
		}
	}
}
