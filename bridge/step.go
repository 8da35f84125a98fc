package bridge

// step is the whole machine of a call: what follows when something happens. It does no I/O, looks at no clock and takes no lock.
// The state given is left as it was.
func step(s state, in input) (state, []action) {
	m := machine{state: s.clone()}
	in.apply(&m)
	m.settle()
	return m.state, m.actions
}

// The gate and the controller.

func (admitted) apply(m *machine) {
	switch m.phase {
	case idle:
		m.do(control{})
	case reaching:
		m.caller().at, m.controlled = legDialling, false
		m.do(dial{0}, arm{ringTimer})
	default: // it was hung up meanwhile
		m.controlled = false
	}
}

func (in refused) apply(m *machine) {
	m.controlled = false
	m.end(in.cause, us)
}

func (in connectAsked) apply(m *machine) {
	if m.phase != idle || m.verb != noVerb || in.targets == 0 || m.caller().at > legUp {
		m.do(refuse{})
		return
	}
	m.verb, m.phase, m.attempt = connectVerb, trying, len(m.legs)
	m.last = verdict{leg: us}
	for range in.targets {
		m.do(dial{len(m.legs)})
		m.legs = append(m.legs, legState{at: legDialling})
	}
	m.do(arm{ringTimer})
}

func (answerAsked) apply(m *machine) {
	switch {
	case m.phase == idle && m.verb == noVerb && m.caller().at == legWaiting:
		m.verb = answerVerb
		m.answerCaller()
	case m.phase == idle && m.caller().at == legUp:
		m.do(accept{})
	default:
		m.do(refuse{})
	}
}

func (in hangupAsked) apply(m *machine) {
	m.end(in.cause, m.blameFor(in.cause))
	m.do(accept{})
}

func (recordAsked) apply(m *machine) {
	if m.phase >= ending {
		m.do(refuse{})
		return
	}
	m.do(tape{})
}

func (withdrawn) apply(m *machine) {
	switch m.verb {
	case connectVerb:
		m.winner = 0
		m.cancelTransfer()
		m.hangupCallees(NormalClearing)
		m.finish(verdict{cause: NormalClearing, leg: us, answered: m.phase >= taking})
	case collectVerb:
		m.uncollect()
	}
	m.verb = noVerb
}

func (in controlDone) apply(m *machine) {
	m.controlled = false
	if m.phase >= taking || m.phase == idle && m.company() { // two people talk, or are about to; they need no controller
		return
	}
	cause := in.cause
	if cause == 0 {
		cause = m.last.cause
	}
	if cause == 0 {
		cause = NormalClearing
	}
	m.end(cause, m.blameFor(cause))
}

// blameFor finds the leg whose end a controller passes on when it ends the call with the same cause.
func (m *machine) blameFor(c Cause) int {
	if m.last.cause == c {
		return m.last.leg
	}
	return us
}

// What becomes of our dialling and answering.

func (in dialled) apply(m *machine) {
	switch l := &m.legs[in.leg]; l.at {
	case legDialling:
		l.at = legCalling
	case legHanging: // it was given up while Dial ran
		m.do(hangup{in.leg, l.cause})
	}
}

func (in dialFailed) apply(m *machine) { m.legEnded(in.leg, in.cause) }

func (in answerDone) apply(m *machine) {
	switch {
	case m.legs[in.leg].at != legAnswering: // it has ended meanwhile, or is told to
		return
	case in.leg != 0:
		m.joins(in.leg, in.cause)
		return
	case in.cause != 0:
		m.end(in.cause, 0)
		return
	}
	m.caller().at = legUp
	m.do(seat{0})
	if m.verb == answerVerb {
		m.verb = noVerb
		m.do(reply{})
	}
	if m.phase == answering {
		m.talk()
	}
}

// What happens to legs.

func (in happened) apply(m *machine) {
	if m.isTarget(in.leg) && m.targetHappens(in.event) {
		return
	}
	switch ev := in.event.(type) {
	case Ringing:
		m.legRings(in.leg)
	case EarlyMedia:
		m.legSounds(in.leg)
	case Accepted:
		m.legTaken(in.leg)
	case Answered:
		m.legAnswered(in.leg)
	case FormatChanged:
		if m.legs[in.leg].at == legUp {
			m.do(retune{in.leg})
		}
	case Held:
		m.legHeld(in.leg, ev.On)
	case Digit:
		m.legPressed(in.leg, ev)
	case TransferAsked:
		m.transferAsked(in.leg)
	case Redirected:
		m.legs[in.leg].redirected = len(ev.To) > 0
	case Ended:
		m.legEnded(in.leg, ev.Cause)
	}
}

func (m *machine) legRings(leg int) {
	if m.legs[leg].at != legCalling {
		return
	}
	m.legs[leg].at = legRinging
	m.do(tell{CallRinging, leg})
	if leg != 0 {
		m.tellRinging()
	}
}

// legTaken lets the first who takes the call win: a person who picked up must not be sent away because another's media was
// quicker.
func (m *machine) legTaken(leg int) {
	if at := m.legs[leg].at; at != legCalling && at != legRinging {
		return
	}
	m.legs[leg].at = legTaken
	m.do(arm{connectTimer})
	if leg == 0 {
		return
	}
	m.phase, m.winner, m.keyboard.callee = taking, leg, ""
	m.do(tell{CallAccepted, leg})
	m.hangupCallees(LoseRace)
}

func (m *machine) legAnswered(leg int) {
	m.legTaken(leg)
	if m.legs[leg].at != legTaken {
		return
	}
	m.legs[leg].at = legUp
	m.do(disarm{}, seat{leg})
	switch {
	case leg == 0:
		m.phase, m.controlled = idle, true
		m.do(control{})
	case m.caller().at == legUp:
		m.talk()
	default:
		m.phase = answering
		m.answerCaller()
	}
}

func (m *machine) legHeld(leg int, on bool) {
	switch {
	case m.legs[leg].at != legUp:
	case on:
		m.do(tell{CallHeld, leg})
	default:
		m.do(tell{CallResumed, leg})
	}
}

func (m *machine) legEnded(leg int, c Cause) {
	l := &m.legs[leg]
	if l.at == legEnded {
		return
	}
	m.leaveSeat(leg)
	was := l.at
	l.at = legEnded
	if was < legHanging {
		l.cause = c
		m.leaves(leg, was, c)
	}
}

// leaves sees what becomes of the call that a leg has left, or is being told to.
func (m *machine) leaves(leg int, was legPhase, c Cause) {
	switch m.abandonTransfer(); {
	case m.phase >= ending, m.redirected(leg):
	case m.isTarget(leg):
		m.transferFails(c)
	case leg == 0:
		m.callerLeaves(was, c)
	case m.phase == trying && !m.legs[leg].joined:
		m.attemptFails()
	case leg == m.winner:
		m.finish(verdict{cause: c, leg: leg, answered: true})
	default:
		m.guestLeaves(leg, was, c)
	}
}

func (in lost) apply(m *machine) { m.legEnded(in.leg, NormalTemporaryFailure) }

func (timeUp) apply(m *machine) {
	switch m.phase {
	case idle:
		if m.verb == collectVerb {
			m.collected()
		}
	case reaching:
		m.end(m.unanswered(0), us)
	case trying:
		cause := m.unanswered(m.attempt)
		m.hangupCallees(cause)
		m.finish(verdict{cause: cause, leg: us})
	case taking:
		m.hang(m.winner, NormalTemporaryFailure)
		m.finish(verdict{cause: NormalTemporaryFailure, leg: m.winner, answered: true})
	}
}

// unanswered is why nobody has taken the call in time, by the one who got furthest.
func (m *machine) unanswered(from int) Cause {
	furthest := legDialling
	for _, l := range m.legs[from:] {
		if l.at < legHanging {
			furthest = max(furthest, l.at)
		}
	}
	return untaken(furthest)
}

func (in stopped) apply(m *machine) { m.end(in.cause, us) }

func (crashed) apply(m *machine) { m.end(NormalTemporaryFailure, us) }

// soundFailed ends the call of two who cannot hear each other any longer. A guest is sent away.
func (in soundFailed) apply(m *machine) {
	if in.leg < 0 || m.legs[in.leg].at != legUp {
		return
	}
	if m.legs[in.leg].joined {
		m.sendAway(in.leg, NormalTemporaryFailure)
		return
	}
	m.end(NormalTemporaryFailure, us)
}
