package bridge

import "time"

// LegEvent is something that happened to a leg. The types below are all there are.
type LegEvent interface{ legEvent() }

// What can happen to a leg, in the words of design: ringing, early media, answered, and so on.
type (
	// Ringing: a telephone rings at the far end of a leg we dialled.
	Ringing struct{}
	// EarlyMedia: the far end of a leg we dialled sends sound before it answers.
	EarlyMedia struct{}
	// Accepted: the person at the far end took the call, but media does not run yet (Telegram's key exchange, ICE).
	Accepted struct{}
	// Answered: the call was taken and media runs both ways.
	Answered struct{}
	// FormatChanged: Media().Format() is another than before.
	FormatChanged struct{}
	// Held: the far end holds us (On), or takes us back.
	Held struct{ On bool }
	// Muted: the far end muted its microphone (On) or opened it; packets may stop coming.
	Muted struct{ On bool }
	// PathChanged: packets travel by another pair of candidates from now on, as Description.Path names it.
	PathChanged struct{ Path string }
	// Digit: the far end pressed a key, and it is up again.
	Digit struct {
		Key      rune // 0-9 A-D * #
		Duration time.Duration
		Tone     bool // heard in its sound; the duration is the usual one
	}
	// TransferAsked: the far end asks us to connect its call to somebody else (SIP REFER).
	TransferAsked struct {
		To       Address
		Replaces string // the call of whom it is to that it replaces, in SIP's words, of an attended transfer; empty: blind
		Leg      LegID  // that call, if it is a leg of ours
	}
	// Redirected: the far end of a leg we dialled says to call somebody else (SIP 3xx). Ended follows.
	Redirected struct{ To []Address }
	// Ended: the leg is over. The last event.
	Ended struct {
		Cause  Cause
		Remote bool   // the far end ended it; otherwise we did
		Err    error  // what went wrong, for the log; nil at a normal end
		Text   string // the far end's own words: "486 Busy Here", "discarded: missed"
	}
)

func (Ringing) legEvent()       {}
func (EarlyMedia) legEvent()    {}
func (Accepted) legEvent()      {}
func (Answered) legEvent()      {}
func (FormatChanged) legEvent() {}
func (Held) legEvent()          {}
func (Muted) legEvent()         {}
func (PathChanged) legEvent()   {}
func (Digit) legEvent()         {}
func (TransferAsked) legEvent() {}
func (Redirected) legEvent()    {}
func (Ended) legEvent()         {}
