package leg

import (
	"errors"
	"strings"
	"unicode"

	"switchgram/bridge"
	"switchgram/bridge/sip"
	"switchgram/esl"
)

// causeOfSIP is the cause of a dialog's end: what the far end's Reason header says in Q.850, else FreeSWITCH's name for it, else its status,
// else what went wrong, else a normal end. FreeSWITCH has causes that Q.850 does not have, such as USER_NOT_REGISTERED; it names them in the
// header's text.
func causeOfSIP(e sip.Ended, reason string) bridge.Cause {
	named, ok := named(e.Text, reason)
	switch {
	case e.Cause != 0:
		return bridge.CauseOfQ850(e.Cause)
	case ok:
		return bridge.CauseOfQ850(named.Q850())
	case e.Status != 0:
		return bridge.CauseOfSIP(e.Status)
	case e.Err != nil:
		return causeOfSIPError(e.Err)
	default:
		return bridge.NormalClearing
	}
}

// named finds FreeSWITCH's name of a cause in what the far end said: the text of a BYE's Reason, or the Reason of a response.
func named(texts ...string) (esl.Cause, bool) {
	for _, text := range texts {
		for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r != '_' && !unicode.IsUpper(r) }) {
			if c := esl.Cause(word); c.Known() && strings.Contains(word, "_") { // other words a far end may mean otherwise
				return c, true
			}
		}
	}
	return "", false
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
