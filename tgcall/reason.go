package tgcall

import (
	"fmt"

	"github.com/gotd/td/tg"
)

// DiscardReason says why a call was ended, in Telegram's words.
type DiscardReason uint8

// The reasons of phone.discardCall.
const (
	None       DiscardReason = iota // not told
	Missed                          // the caller gave up, or nobody answered
	Hangup                          // normal end
	Busy                            // declined, or in another call
	Disconnect                      // something failed
	Migrated                        // moved to a conference, which we cannot follow; only received
)

// String is the reason in lower case.
func (r DiscardReason) String() string {
	switch r {
	case Missed:
		return "missed"
	case Hangup:
		return "hangup"
	case Busy:
		return "busy"
	case Disconnect:
		return "disconnect"
	case Migrated:
		return "migrated"
	default:
		return "no reason"
	}
}

// tl is the reason as it is sent.
func (r DiscardReason) tl() tg.PhoneCallDiscardReasonClass {
	switch r {
	case Missed:
		return &tg.PhoneCallDiscardReasonMissed{}
	case Busy:
		return &tg.PhoneCallDiscardReasonBusy{}
	case Disconnect:
		return &tg.PhoneCallDiscardReasonDisconnect{}
	default:
		return &tg.PhoneCallDiscardReasonHangup{}
	}
}

// reasonOf reads a received reason.
func reasonOf(r tg.PhoneCallDiscardReasonClass) DiscardReason {
	switch r.(type) {
	case *tg.PhoneCallDiscardReasonMissed:
		return Missed
	case *tg.PhoneCallDiscardReasonHangup:
		return Hangup
	case *tg.PhoneCallDiscardReasonBusy:
		return Busy
	case *tg.PhoneCallDiscardReasonDisconnect:
		return Disconnect
	case *tg.PhoneCallDiscardReasonMigrateConferenceCall:
		return Migrated
	default:
		return None
	}
}

// DiscardError says how a call ended. Every call ends with one, also the most peaceful.
type DiscardError struct {
	Reason   DiscardReason // as sent or received
	Remote   bool          // the other side, another device of ours, or Telegram ended it; otherwise we did
	Outgoing bool          // we placed the call
	Answered bool          // it had been answered: keys were agreed, whether media ran or not
	Err      error         // what went wrong, such as ErrNoAnswer, ErrElsewhere or engine.ErrNoMedia; nil: nothing
}

// Error says who ended the call, why, and what went wrong.
func (e *DiscardError) Error() string {
	who := "us"
	if e.Remote {
		who = "the other side"
	}
	if e.Err != nil {
		return fmt.Sprintf("call ended by %s (%s): %v", who, e.Reason, e.Err)
	}
	return fmt.Sprintf("call ended by %s (%s)", who, e.Reason)
}

// Unwrap is what went wrong.
func (e *DiscardError) Unwrap() error { return e.Err }
