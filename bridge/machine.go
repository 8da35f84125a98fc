package bridge

import (
	"iter"
	"slices"
)

// machine is a state while a step is being made.
type machine struct {
	state
	actions []action
	coming  int // leg that is up and about to take a seat, plus one; 0: none
}

func (m *machine) do(a ...action) { m.actions = append(m.actions, a...) }

func (m *machine) caller() *legState { return &m.legs[0] }

// settle finds that a call is over: it was ended, every leg has ended, and nobody controls it.
func (m *machine) settle() {
	live := func(l legState) bool { return l.at != legEnded }
	if m.phase == ending && !m.controlled && !slices.ContainsFunc(m.legs, live) {
		m.phase = over
	}
}

// answerCaller has the caller answered, if that is not happening already.
func (m *machine) answerCaller() {
	if m.caller().at == legWaiting {
		m.caller().at = legAnswering
		m.do(answer{0})
	}
}

func (m *machine) talk() {
	m.do(tell{CallAnswered, m.winner})
	m.catchUp()
	m.phase = talking
	if m.referrer != 0 {
		m.do(vet{m.referrer - 1})
	}
}

// callees are the legs of the attempt.
func (m *machine) callees() iter.Seq[int] {
	return func(yield func(int) bool) {
		for leg := m.attempt; leg < len(m.legs); leg++ {
			if !m.legs[leg].joined && !yield(leg) {
				return
			}
		}
	}
}

// attemptFails finishes an attempt once nobody is left to wait for.
func (m *machine) attemptFails() {
	if m.following > 0 {
		return
	}
	best := verdict{leg: us}
	for leg := range m.callees() {
		l := m.legs[leg]
		if l.at < legHanging {
			return
		}
		if best.leg == us || tellsMore(l.cause, best.cause) {
			best = verdict{cause: l.cause, leg: leg}
		}
	}
	m.finish(best)
}

// tellsMore prefers, of two callees who did not answer, the one who decided something over the one who was not there, and both
// over a failure.
func tellsMore(a, b Cause) bool {
	telling := []Cause{NoUserResponse, NoAnswer, UserBusy, CallRejected}
	return slices.Index(telling, a) > slices.Index(telling, b)
}

// finish ends an attempt or a conversation. The call goes on if somebody still controls it.
func (m *machine) finish(v verdict) {
	if m.phase == trying || m.phase == taking {
		m.do(disarm{})
	}
	m.phase, m.last, m.winner = idle, v, 0
	if m.target == 0 {
		m.following = 0
	}
	if m.verb == connectVerb {
		m.verb = noVerb
		m.do(reply{})
	}
	if !m.wanted() {
		m.end(v.cause, v.leg)
	}
}

// wanted tells whether a call in which nobody is being dialled goes on: somebody still controls it, or two talk who have joined it.
func (m *machine) wanted() bool { return m.controlled || m.company() }

// company tells whether two talk, whoever they are, or one with somebody whom a transfer is to bring. A caller who was not answered keeps
// nobody company.
func (m *machine) company() bool {
	talkers := 0
	if m.referrer != 0 && m.legs[m.referrer-1].at != legUp {
		talkers++
	}
	for _, l := range m.legs {
		if l.at == legUp && l.role == Talk {
			talkers++
		}
	}
	return talkers >= 2
}

// end ends the call: every leg is hung up with its cause, and the controller is told to stop. The first cause counts.
func (m *machine) end(c Cause, by int) {
	if m.phase >= ending {
		return
	}
	if m.phase == reaching || m.phase == trying || m.phase == taking || m.verb == collectVerb {
		m.do(disarm{})
	}
	m.phase, m.cause, m.endedBy = ending, c, by
	m.referrer, m.target, m.following = 0, 0, 0
	for leg := range m.legs {
		m.hang(leg, c)
	}
	if m.verb != noVerb {
		m.verb = noVerb
		m.do(reply{})
	}
	m.do(stopControl{})
}

// hangupCallees hangs up everybody of the attempt but the winner.
func (m *machine) hangupCallees(c Cause) {
	for leg := range m.callees() {
		if leg != m.winner {
			m.hang(leg, c)
		}
	}
}

func (m *machine) hang(leg int, c Cause) {
	l := &m.legs[leg]
	if l.at >= legHanging {
		return
	}
	if l.at == legPlanned {
		l.at, l.cause = legEnded, c
		return
	}
	m.leaveSeat(leg)
	l.at, l.cause = legHanging, c
	m.do(hangup{leg, c})
}
