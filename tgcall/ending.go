package tgcall

import (
	"errors"
	"fmt"

	"github.com/gotd/td/tgerr"
)

// This file is the part of the machine that ends calls.

// quit ends the call by telling Telegram.
func (s state) quit(r DiscardReason, err error) (state, []action) {
	s.end = DiscardError{Reason: r, Outgoing: s.outgoing, Answered: s.answered, Err: err}
	return s.to(discarding, discard{r})
}

// finish ends the call without telling anybody.
func (s state) finish(r DiscardReason, remote bool, err error) (state, []action) {
	s.end = DiscardError{Reason: r, Remote: remote, Outgoing: s.outgoing, Answered: s.answered, Err: err}
	return s.over()
}

func (s state) over() (state, []action) {
	s.phase = ended
	return s, nil
}

// failed ends a call whose confirmCall or acceptCall went wrong. Where the call is over already, there is nothing to tell. A refusal
// that says no more than that the call is not where it was may be to a repeated request, whose first answer a broken connection lost: then
// an update brings the call forward. Otherwise one ends it, or none comes.
func (s state) failed(err error) (state, []action) {
	switch {
	case tgerr.Is(err, "CALL_ALREADY_ACCEPTED", "CALL_PEER_INVALID"):
		s.doubt = err
		return s, []action{limit{discarding}}
	case isOver(err):
		return s.finish(None, true, err)
	case errors.Is(err, ErrOccupied):
		return s.quit(Busy, err)
	default:
		return s.quit(Disconnect, err)
	}
}

// discarded ends the call for the other side, whatever we were at. When we were discarding it ourselves, our reason stands.
func (s state) discarded(e discarded) (state, []action) {
	switch s.phase {
	case idle, requesting, ended:
		return s, nil
	case discarding:
		return s.over()
	}
	return s.finish(e.reason, true, s.elsewhere(e.reason))
}

// elsewhere is why a call that we were still to take has ended, if another device of ours took or declined it: a caller that gives
// up says so, and does not say that it is busy.
func (s state) elsewhere(r DiscardReason) error {
	if !s.outgoing && !s.answered && (r == None || r == Busy) {
		return ErrElsewhere
	}
	return nil
}

// hangup ends the call for us, in the word that Telegram's apps use at this point of a call.
func (s state) hangup(r DiscardReason) (state, []action) {
	switch s.phase {
	case idle:
		return s.finish(Missed, false, nil)
	case requesting: // there is nothing to discard until Telegram has answered
		if s.quitting {
			return s, nil
		}
		s.quitting = true
		return s, []action{limit{discarding}}
	case discarding, ended:
		return s, nil
	}
	return s.quit(s.wording(r), nil)
}

// wording is the reason to send for one we are given.
func (s state) wording(r DiscardReason) DiscardReason {
	switch {
	case r == Disconnect:
		return Disconnect
	case s.phase == waiting, s.outgoing && s.phase == ringing:
		return Missed
	case s.phase == announcing, s.phase == ringing:
		if r == Missed {
			return Missed
		}
		return Busy
	default:
		return Hangup
	}
}

func (s state) timedOut() (state, []action) {
	switch s.phase {
	case requesting:
		if s.quitting {
			return s.finish(Missed, false, nil)
		}
		return s.finish(None, false, fmt.Errorf("phone.requestCall: %w", ErrNoDevice))
	case waiting:
		return s.quit(Missed, ErrNoDevice)
	case announcing, ringing:
		if s.outgoing {
			return s.quit(Missed, ErrNoAnswer)
		}
		return s.quit(Busy, ErrNoAnswer)
	case accepting, confirming:
		if s.doubt != nil {
			return s.finish(None, true, s.doubt)
		}
		return s.quit(Disconnect, ErrNoKey)
	case connecting, away:
		return s.quit(Disconnect, ErrNoMedia)
	case discarding:
		return s.over()
	}
	return s, nil
}

func (s state) mediaEnded(err error) (state, []action) {
	switch s.phase {
	case connecting, active, away:
		return s.quit(Disconnect, err)
	}
	return s, nil
}

// accountGone ends the call without a word to Telegram, which would not take it.
func (s state) accountGone(err error) (state, []action) {
	switch s.phase {
	case discarding:
		return s.over()
	case ended:
		return s, nil
	}
	return s.finish(None, false, err)
}
