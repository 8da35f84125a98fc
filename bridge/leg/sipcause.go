package leg

import (
	"errors"
	"strings"

	"switchgram/bridge"
	"switchgram/bridge/sip"
)

// causeOfSIP is the cause of a dialog's end: what the far end's Reason header says in Q.850, else its status, else what went
// wrong, else a normal end. FreeSWITCH's own Reason for a user without a registration is no Q.850 value; it says so in the text.
func causeOfSIP(e sip.Ended, reason string) bridge.Cause {
	switch {
	case e.Cause != 0:
		return bridge.CauseOfQ850(e.Cause)
	case e.Status == 480 && strings.Contains(reason, "USER_NOT_REGISTERED"):
		return bridge.SubscriberAbsent
	case e.Status != 0:
		return bridge.CauseOfSIP(e.Status)
	case e.Err != nil:
		return causeOfSIPError(e.Err)
	default:
		return bridge.NormalClearing
	}
}

func causeOfSIPError(err error) bridge.Cause {
	var refused *sip.StatusError
	switch {
	case errors.As(err, &refused) && refused.Cause == 0:
		return bridge.CauseOfSIP(refused.Code)
	case errors.Is(err, sip.ErrTimeout), errors.Is(err, sip.ErrNoACK), errors.Is(err, sip.ErrExpired):
		return bridge.RecoveryOnTimerExpire
	case errors.Is(err, sip.ErrDraining), errors.Is(err, sip.ErrNoPort):
		return bridge.SwitchCongestion
	case errors.Is(err, sip.ErrAuth):
		return bridge.CallRejected
	default:
		return bridge.CauseOf(err)
	}
}
