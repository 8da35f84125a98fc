package sip

import (
	"net/netip"
	"time"
)

const (
	latchStreak  = 3               // packets in a row that make another source believable
	latchSilence = 2 * time.Second // of the present source, after which a stranger may take its place
	latchMoves   = 8               // to strangers in the life of one description
)

// A latch decides whose packets a dialog listens to (symmetric RTP). The address and port of the far end's SDP are taken at once, and so is
// the first source that has its address; when a switch has moved its sound to another port, that may be a late packet from the old one. Another
// is followed only after an unbroken streak of packets, and only if it has that address too, at most once a second, or if there has been
// silence, a few times: who merely guesses our port and throws packets at it gets neither heard nor answered.
type latch struct {
	signalled netip.AddrPort // of the SDP
	source    netip.AddrPort // whom we listen to; invalid: nobody yet
	heard     time.Time      // last packet of the source, or when waiting for one began
	moved     time.Time
	moves     int // to addresses that were not signalled

	candidate netip.AddrPort
	ssrc      uint32
	next      uint16
	streak    int
}

// retarget follows a new description; one with the same address changes nothing.
func (l *latch) retarget(signalled netip.AddrPort, now time.Time) {
	if signalled != l.signalled || l.heard.IsZero() {
		*l = latch{signalled: signalled, heard: now}
	}
}

// admit tells whether the packet is the far end's; moved, that it is the first from a new source.
func (l *latch) admit(from netip.AddrPort, ssrc uint32, seq uint16, now time.Time) (ok, moved bool) {
	if from == l.source {
		l.heard = now
		return true, false
	}
	home := from.Addr() == l.signalled.Addr()
	if from == l.signalled || home && !l.source.IsValid() {
		return l.follow(from, now)
	}
	if from == l.candidate && ssrc == l.ssrc && seq == l.next {
		l.streak++
	} else {
		l.candidate, l.ssrc, l.streak = from, ssrc, 1
	}
	l.next = seq + 1
	if l.streak < latchStreak {
		return false, false
	}
	silent := now.Sub(l.heard) > latchSilence
	switch {
	case home && (silent || l.source != l.signalled && now.Sub(l.moved) > time.Second):
		return l.follow(from, now)
	case silent && l.moves < latchMoves:
		l.moves++
		return l.follow(from, now)
	}
	return false, false
}

func (l *latch) follow(from netip.AddrPort, now time.Time) (ok, moved bool) {
	l.source, l.heard, l.moved = from, now, now
	l.candidate, l.streak = netip.AddrPort{}, 0
	return true, true
}
