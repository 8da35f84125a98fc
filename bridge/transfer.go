package bridge

import (
	"context"
	"errors"
)

// TransferProgress is how a transfer goes.
type TransferProgress uint8

// A transfer rings, perhaps, and then is done or has failed.
const (
	TransferRings TransferProgress = iota
	TransferDone
	TransferFailed
)

// Replace lets a leg take the place of another one in its call, which is then hung up (SIP INVITE with Replaces, RFC 3891), and returns when the
// leg has ended. It must belong to the line of that call, and if it is a user's, to whom the other one belongs. Errors are those of Join, and ErrNoLeg.
func (b *Bridge) Replace(ctx context.Context, old LegID, l Leg) error {
	c, user := b.holder(old), userOf(l)
	if c == nil || c.line != lineOf(l) || user != "" && user != c.userOf(old) {
		b.turnAway(ctx, l, CallRejected)
		return ErrNoLeg
	}
	err := b.join(ctx, c.id, joinAsked{role: Talk, of: old, guest: &guest{leg: l, over: make(chan struct{})}})
	if errors.Is(err, ErrVerb) {
		return ErrNoLeg
	}
	return err
}

// Transfer has somebody called who is to take a leg's place, which is hung up when they answer, and returns when that has begun. The gate is asked as
// when the leg's far end wants it (REFER). If nobody answers, the call is as it was. ErrVerb: another transfer goes on, or nobody is there to be
// transferred; ErrNoLeg.
func (b *Bridge) Transfer(ctx context.Context, leg LegID, to Address) error {
	c := b.holder(leg)
	if c == nil {
		return ErrNoLeg
	}
	_, err := c.ask(ctx, transferTo{of: leg, to: to})
	return err
}

type (
	// transferTo: we want a leg's place to be taken.
	transferTo struct {
		leg int
		of  LegID   // owner: what leg is
		to  Address // owner
	}
	// vetted: the gate has said whether a leg's call may go where it asks for.
	vetted struct {
		leg      int
		cause    Cause   // 0: it may
		moves    bool    // to a leg of another call of ours
		to       Address // owner
		replaces string  // owner: the call of theirs that is replaced, in SIP's words
		place    LegID   // owner: the leg of ours that is meant
		err      error   // owner
	}
	// mergeFailed: the leg of another call could not be replaced.
	mergeFailed struct{ leg int }
	// overdue: nobody has taken the call for so long to whom a leg asked for it to be transferred.
	overdue struct{ leg int }

	// vet asks the gate whether the call may go where the leg asks for.
	vet struct{ leg int }
	// merge moves whom the leg talks with to another call of ours.
	merge struct{ leg int }
	// report tells a leg how the transfer goes that it asked for. That it is done is told before it is hung up, which follows.
	report struct {
		leg      int
		progress TransferProgress
		cause    Cause
	}
)

func (in joinAsked) resolve(find func(LegID) int) input {
	if in.of != "" {
		in.instead = find(in.of) + 1
	}
	return in
}

func (in transferTo) resolve(find func(LegID) int) input { in.leg = find(in.of); return in }

func (in transferTo) apply(m *machine) {
	if in.leg < 0 || !m.transferable(in.leg) {
		m.do(refuse{})
		return
	}
	m.referrer, m.ordered = in.leg+1, true
	m.do(vet{in.leg}, accept{})
}

// transferable tells whether others may be called for a leg's place.
func (m *machine) transferable(leg int) bool {
	l := m.legs[leg]
	return m.referrer == 0 && l.at == legUp && l.role == Talk && (m.phase == talking || m.phase == idle) && m.company()
}

// transferAsked begins a transfer: the call of two talks on while a third is dialled. There is one at a time. Who asks while the caller is
// being answered has to wait for that.
func (m *machine) transferAsked(by int) {
	if m.phase == answering && by == m.winner && m.referrer == 0 {
		m.referrer, m.ordered = by+1, false
		return
	}
	if !m.transferable(by) {
		m.do(report{by, TransferFailed, CallRejected})
		return
	}
	m.referrer, m.ordered = by+1, false
	m.do(vet{by})
}

func (in vetted) apply(m *machine) {
	switch {
	case m.referrer != in.leg+1 || m.target != 0: // it was given up meanwhile
	case in.cause != 0:
		m.transferFails(in.cause)
	case in.moves:
		m.referrer = 0
		m.do(merge{in.leg})
	default:
		m.dialInstead(in.leg, 0)
	}
}

// isTarget tells whether the leg is the one that a transfer is to.
func (m *machine) isTarget(leg int) bool { return m.target != 0 && leg == m.target }

// dialInstead dials who is to take a leg's place.
func (m *machine) dialInstead(of, hops int) {
	m.target = len(m.legs)
	m.legs = append(m.legs, legState{at: legDialling, joined: true, role: Talk, instead: of + 1, hops: hops})
	m.do(dial{m.target})
}

// targetHappens is what happened to whom a transfer is to, until it has answered. False: that is as with any leg.
func (m *machine) targetHappens(ev LegEvent) bool {
	l := &m.legs[m.target]
	switch ev.(type) {
	case Ringing, EarlyMedia:
		if l.at == legCalling {
			l.at = legRinging
			m.do(tell{CallRinging, m.target})
			m.report(TransferRings, 0)
		}
	case Accepted:
		if l.at < legTaken {
			l.at = legTaken
		}
	case Answered:
		if l.at <= legTaken {
			target := m.target
			m.report(TransferDone, 0)
			m.referrer, m.target = 0, 0
			m.takesPlace(target)
		}
	default:
		return false
	}
	return true
}

// takesPlace puts a leg that is there now in the place of the one that it was meant for.
func (m *machine) takesPlace(leg int) {
	l := &m.legs[leg]
	old := l.instead - 1
	l.at, l.instead, m.coming = legUp, 0, leg+1
	switch {
	case m.legs[old].at >= legHanging:
	case old == m.winner && m.phase == talking:
		l.joined, m.winner = false, leg
		m.hang(old, NormalClearing)
	default:
		m.sendAway(old, NormalClearing)
	}
	m.coming = 0
	if l.at == legUp { // that was not the end of a call of nobody else
		m.do(seat{leg}, tell{CallTransferred, leg})
	}
}

// transferFails leaves everything as it was. If who asked for it has left by now, that may be the end of the call.
func (m *machine) transferFails(c Cause) {
	if m.legs[m.referrer-1].at == legUp {
		m.report(TransferFailed, c)
	}
	m.referrer, m.target = 0, 0
	m.endUnwanted(c, us)
}

// report tells whoever asked for the transfer how it goes.
func (m *machine) report(progress TransferProgress, c Cause) {
	if !m.ordered {
		m.do(report{m.referrer - 1, progress, c})
	}
}

// abandonTransfer gives a transfer up when the last has left whom it was for.
func (m *machine) abandonTransfer() {
	if m.referrer == 0 {
		return
	}
	for leg, l := range m.legs {
		if l.at == legUp && l.role == Talk && leg != m.referrer-1 {
			return
		}
	}
	m.cancelTransfer()
}

func (m *machine) cancelTransfer() {
	if m.target != 0 {
		m.hang(m.target, NormalClearing)
	}
	m.referrer, m.target = 0, 0
}

func (in mergeFailed) apply(m *machine) {
	if m.legs[in.leg].at == legUp {
		m.do(report{in.leg, TransferFailed, NormalTemporaryFailure})
	}
}

func (in overdue) apply(m *machine) {
	if !m.isTarget(in.leg) || m.legs[in.leg].at >= legUp {
		return
	}
	cause := m.unanswered(in.leg)
	m.hang(in.leg, cause)
	m.transferFails(cause)
}
