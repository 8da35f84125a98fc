package sip

import (
	"fmt"
	"time"
)

// Event is something that happened to a dialog. The types below are all there are.
type Event interface{ event() }

// What can happen to a dialog. Ended is the last event; the channel is closed after it.
type (
	// Ringing: a telephone rings at the far end of a call we placed (180).
	Ringing struct{}
	// EarlyMedia: the far end of a call we placed sends sound before it answers (183 with SDP).
	EarlyMedia struct{}
	// Answered: the call was taken (200) and its sound can run both ways.
	Answered struct{}
	// FormatChanged: Format returns another value than before.
	FormatChanged struct{}
	// Held: the far end holds us (On), or takes us back.
	Held struct{ On bool }
	// Digit: the far end pressed a key, heard as a telephone-event or told by INFO. It comes when the key is up again.
	Digit struct {
		Key      rune // 0-9 A-D * #
		Duration time.Duration
	}
	// TransferAsked: the far end asks us to connect it to somebody else (REFER, RFC 3515). It was answered 202;
	// Dialog.NotifyTransfer tells it how that went.
	TransferAsked struct {
		To         string // the URI to call
		Replaces   string // value of the Replaces header in that URI, unescaped; empty: a blind transfer
		Call       string // the Call-ID of our own call that Replaces names; empty: it is somebody else's
		ReferredBy string // who asks, as it says itself; may be empty
	}
	// Redirected: the far end of a call we placed says to call somebody else (3xx). Ended follows.
	Redirected struct{ To []string }
	// Ended: the dialog is over.
	Ended struct {
		Remote bool   // the far end ended it; otherwise we did
		Status int    // SIP status that ended the call before it was answered; 0: it ended by BYE or by itself
		Cause  int    // Q.850 cause from the far end's Reason header, or the one we gave; 0: none
		Text   string // the far end's words: "486 Busy Here", the Reason header's text; hostile
		Err    error  // what went wrong; nil at a normal end
	}
)

func (Ringing) event()       {}
func (EarlyMedia) event()    {}
func (Answered) event()      {}
func (FormatChanged) event() {}
func (Held) event()          {}
func (Digit) event()         {}
func (TransferAsked) event() {}
func (Redirected) event()    {}
func (Ended) event()         {}

// String is for logs.
func (e Ended) String() string {
	who := "we ended"
	if e.Remote {
		who = "far end ended"
	}
	return fmt.Sprintf("%s, status %d, cause %d, %q, %v", who, e.Status, e.Cause, e.Text, e.Err)
}
