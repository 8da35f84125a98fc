package leg

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"switchgram/bridge"
	"switchgram/bridge/sip"
)

func TestCausesOfADialogsEnd(t *testing.T) {
	for _, c := range []struct {
		name   string
		end    sip.Ended
		reason string
		want   bridge.Cause
	}{
		{"BYE", sip.Ended{Remote: true}, "", bridge.NormalClearing},
		{"BYE with a cause", sip.Ended{Remote: true, Cause: 41}, "", bridge.NormalTemporaryFailure},
		{"486", sip.Ended{Remote: true, Status: 486}, "", bridge.UserBusy},
		{"480 of FreeSWITCH for no answer", sip.Ended{Remote: true, Status: 480, Cause: 19}, "", bridge.NoAnswer},
		{"480 of FreeSWITCH for no registration", sip.Ended{Remote: true, Status: 480}, `SIP;cause=806;text="USER_NOT_REGISTERED"`, bridge.SubscriberAbsent},
		{"BYE for a cause of FreeSWITCH's own", sip.Ended{Remote: true, Text: "ALLOTTED_TIMEOUT"}, "", bridge.NoAnswer},
		{"BYE for one that FreeSWITCH does not have", sip.Ended{Remote: true, Text: "BORED_TO_DEATH, SUCCESS"}, "", bridge.NormalClearing},
		{"480 of a telephone", sip.Ended{Remote: true, Status: 480}, "", bridge.NoUserResponse},
		{"CANCEL", sip.Ended{Remote: true, Status: 487}, "", bridge.NormalClearing},
		{"nobody there", sip.Ended{Err: sip.ErrTimeout}, "", bridge.RecoveryOnTimerExpire},
		{"no ACK", sip.Ended{Err: fmt.Errorf("x: %w", sip.ErrNoACK)}, "", bridge.RecoveryOnTimerExpire},
		{"connection lost", sip.Ended{Err: sip.ErrTransport}, "", bridge.NormalTemporaryFailure},
		{"no port", sip.Ended{Err: sip.ErrNoPort}, "", bridge.SwitchCongestion},
		{"wrong password", sip.Ended{Err: sip.ErrAuth}, "", bridge.CallRejected},
		{"status without a cause", sip.Ended{Err: &sip.StatusError{Code: 404}}, "", bridge.UnallocatedNumber},
		{"status with a cause", sip.Ended{Err: &sip.StatusError{Code: 500, Cause: 17}}, "", bridge.UserBusy},
		{"given up", sip.Ended{Err: context.Canceled}, "", bridge.NormalClearing},
		{"anything", sip.Ended{Err: errors.New("x")}, "", bridge.NormalTemporaryFailure},
	} {
		if got := causeOfSIP(c.end, c.reason); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
