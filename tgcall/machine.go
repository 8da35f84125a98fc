package tgcall

// step is the life of a call as a pure function: it takes a state and an event, and gives the next state and what is to be done.
// It has no clock and does nothing itself; owner does. The phases are those of
// https://core.telegram.org/api/end-to-end/voice-calls, and testdata/machine.golden shows every transition.
func step(s state, e event) (state, []action) {
	switch e := e.(type) {
	case discarded:
		return s.discarded(e)
	case hangup:
		return s.hangup(e.reason)
	case accountGone:
		return s.accountGone(e.err)
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
		return s.over()
	}
	return s, nil
}
