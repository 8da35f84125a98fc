package tgcall

import "fmt"

// The life of a call as a pure function: step takes a state and an event and gives the next state and what is to be done. It
// has no clock and does nothing itself; run.go does. The phases and their transitions are those of
// https://core.telegram.org/api/end-to-end/voice-calls, with the time limits of Telegram's apps.

// phase is how far a call is.
type phase uint8

const (
	idle       phase = iota
	requesting       // caller: phone.requestCall runs
	waiting          // caller: no device of the callee has the call yet
	announcing       // callee: phone.receivedCall runs
	ringing          // a device rings: the callee's, or ours
	accepting        // callee: answered; waiting for the caller's half of the key
	confirming       // caller: answered there; phone.confirmCall runs
	connecting       // keys agreed; media is being made
	active           // media runs
	away             // media ran, and was lost
	discarding       // phone.discardCall runs
	ended
	phases = iota
)

var phaseNames = [phases]string{"idle", "requesting", "waiting", "announcing", "ringing", "accepting", "confirming", "connecting",
	"active", "away", "discarding", "ended"}

// String is for logs and tests.
func (p phase) String() string { return phaseNames[p] }

// state of a call.
type state struct {
	outgoing bool
	phase    phase
	answered bool
	quitting bool         // caller: hung up while phone.requestCall ran
	end      DiscardError // in discarding and ended: how
}

// event is something that happens to a call.
type event interface{}

// What can happen to a call. Those with an error are results: nil is the good one.
type (
	dialled       struct{}            // we are to place the call
	invited       struct{}            // we are called
	requested     struct{ err error } // of phone.requestCall
	announced     struct{ err error } // of phone.receivedCall
	ringsThere    struct{}            // a device of the callee rings
	answeredThere struct{}            // the callee's half of the key came
	keyAgreed     struct{ err error } // of checking the other side's half
	confirmed     struct{ err error } // of phone.confirmCall, and of checking what it answers
	answer        struct{}            // we are to take the call
	unanswered    struct{}            // nobody wants the call any more
	accepted      struct{ err error } // of phone.acceptCall
	confirmedHere struct{}            // the caller's half of the key came
	timedOut      struct{}            // the phase's time is over
	mediaUp       struct{}
	mediaLost     struct{}
	mediaEnded    struct{ err error } // for good
	hangup        struct{ reason DiscardReason }
	discarded     struct{ reason DiscardReason } // by the other side, another device of ours, or Telegram
	discardSent   struct{}                       // phone.discardCall was answered, or took too long
)

// action is something to do.
type action interface{}

// What there is to do.
type (
	request  struct{}              // phone.requestCall
	announce struct{}              // phone.receivedCall
	offer    struct{}              // tell OnCall
	accept   struct{}              // phone.acceptCall
	agree    struct{}              // check the other side's half of the key
	confirm  struct{}              // phone.confirmCall
	start    struct{}              // media
	limit    struct{ phase phase } // how long it may last; a new limit replaces the old
	tell     struct{ event Event }
	discard  struct{ reason DiscardReason } // phone.discardCall, if Telegram has given the call an id
	finish   struct{}                       // all is over
)

// step is the machine.
func step(s state, e event) (state, []action) {
	switch e := e.(type) {
	case discarded:
		return s.discarded(e)
	case hangup:
		return s.hangup(e.reason)
	case timedOut:
		return s.timedOut()
	case mediaEnded:
		return s.mediaEnded(e.err)
	}
	switch s.phase {
	case idle:
		return s.idle(e)
	case requesting:
		return s.requesting(e)
	case waiting, ringing, announcing:
		return s.unanswered(e)
	case accepting:
		return s.accepting(e)
	case confirming:
		return s.confirming(e)
	case connecting, active, away:
		return s.talking(e)
	case discarding:
		return s.discarding(e)
	}
	return s, nil
}

func (s state) to(p phase, actions ...action) (state, []action) {
	s.phase = p
	return s, append([]action{limit{p}}, actions...)
}

// quit ends the call by telling Telegram.
func (s state) quit(r DiscardReason, err error) (state, []action) {
	s.end = DiscardError{Reason: r, Outgoing: s.outgoing, Answered: s.answered, Err: err}
	return s.to(discarding, discard{r})
}

// finish ends the call without telling anybody.
func (s state) finish(r DiscardReason, remote bool, err error) (state, []action) {
	s.end = DiscardError{Reason: r, Remote: remote, Outgoing: s.outgoing, Answered: s.answered, Err: err}
	s.phase = ended
	return s, []action{finish{}}
}

func (s state) idle(e event) (state, []action) {
	switch e.(type) {
	case dialled:
		return s.to(requesting, request{})
	case invited:
		return s.to(announcing, announce{})
	}
	return s, nil
}

func (s state) requesting(e event) (state, []action) {
	r, ok := e.(requested)
	switch {
	case !ok:
		return s, nil
	case r.err != nil && s.quitting:
		return s.finish(Missed, false, nil)
	case r.err != nil:
		return s.finish(None, false, r.err)
	case s.quitting:
		return s.quit(Missed, nil)
	default:
		return s.to(waiting)
	}
}

// unanswered is the time in which somebody decides whether to take the call.
func (s state) unanswered(e event) (state, []action) {
	if s.outgoing {
		return s.unansweredThere(e)
	}
	return s.unansweredHere(e)
}

func (s state) unansweredThere(e event) (state, []action) {
	switch e := e.(type) {
	case ringsThere:
		if s.phase == waiting {
			return s.to(ringing, tell{Ringing{}})
		}
	case answeredThere:
		return s, []action{agree{}}
	case keyAgreed:
		s.answered = true
		if e.err != nil {
			return s.quit(Disconnect, e.err)
		}
		return s.to(confirming, confirm{})
	}
	return s, nil
}

func (s state) unansweredHere(e event) (state, []action) {
	switch e := e.(type) {
	case announced:
		if s.phase != announcing {
			return s, nil
		}
		if e.err != nil {
			return s.finish(None, isOver(e.err), e.err)
		}
		return s.to(ringing, offer{})
	case answer:
		if s.phase == ringing {
			return s.to(accepting, accept{})
		}
	case unanswered:
		return s.quit(Busy, nil)
	}
	return s, nil
}

// accepting is a callee's time between the answer and the key.
func (s state) accepting(e event) (state, []action) {
	switch e := e.(type) {
	case accepted:
		if e.err != nil {
			return s.failed(e.err)
		}
		s.answered = true
	case confirmedHere:
		return s, []action{agree{}}
	case keyAgreed:
		s.answered = true
		if e.err != nil {
			return s.quit(Disconnect, e.err)
		}
		return s.connect()
	}
	return s, nil
}

// confirming is a caller's.
func (s state) confirming(e event) (state, []action) {
	r, ok := e.(confirmed)
	switch {
	case !ok:
		return s, nil
	case r.err != nil:
		return s.failed(r.err)
	default:
		return s.connect()
	}
}

func (s state) connect() (state, []action) {
	return s.to(connecting, tell{Accepted{}}, start{})
}

// failed ends a call whose confirmCall or acceptCall went wrong. Where the call is over already, there is nothing to tell.
func (s state) failed(err error) (state, []action) {
	if isOver(err) {
		return s.finish(None, true, err)
	}
	return s.quit(Disconnect, err)
}

func (s state) talking(e event) (state, []action) {
	switch e.(type) {
	case mediaUp:
		if s.phase == connecting {
			return s.to(active, tell{Connected{}})
		}
		if s.phase == away {
			return s.to(active, tell{Reconnected{}})
		}
	case mediaLost:
		if s.phase == active {
			return s.to(away, tell{Reconnecting{}})
		}
	}
	return s, nil
}

func (s state) discarding(e event) (state, []action) {
	if _, ok := e.(discardSent); ok {
		s.phase = ended
		return s, []action{finish{}}
	}
	return s, nil
}

// discarded ends the call for the other side, whatever we were at. When we were discarding it ourselves, our reason stands.
func (s state) discarded(e discarded) (state, []action) {
	switch s.phase {
	case idle, requesting, ended:
		return s, nil
	case discarding:
		s.phase = ended
		return s, []action{finish{}}
	}
	return s.finish(e.reason, true, nil)
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
		return s.quit(Disconnect, ErrNoKey)
	case connecting, away:
		return s.quit(Disconnect, ErrNoMedia)
	case discarding:
		s.phase = ended
		return s, []action{finish{}}
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
