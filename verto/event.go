package verto

import "fmt"

// Event is something that happened to a call. The types below are all there are.
type Event interface{ event() }

// What can happen to a call. Ended is the last event; the channel is closed after it.
type (
	// Ringing: the page has been told of a call that we make.
	Ringing struct{}
	// Accepted: the person took a call that we make; its media is being made.
	Accepted struct{}
	// Answered: the call was taken, and its sound runs both ways.
	Answered struct{}
	// Held: the page holds the call (On), or takes it back. It goes on to send and takes what is sent.
	Held struct{ On bool }
	// Digits: the page pressed keys, 0-9 A-D * #.
	Digits struct{ Keys string }
	// TransferAsked: the page asks that whom the call is with be connected to somebody else. Call.Transferred tells it how that went.
	TransferAsked struct {
		To       string // whom to call; hostile. Empty: attended
		Replaces *Call  // another call of the user's, whose far end it is; nil: blind
	}
	// Detached: the page's connection is lost. The call waits for it to come back, and is silent.
	Detached struct{}
	// Attached: the page is back, and so is the sound.
	Attached struct{}
	// PathChanged names the kinds of the ICE candidates that carry the packets: host, srflx, prflx or relay.
	PathChanged struct{ Local, Remote string }
	// Ended: the call is over.
	Ended struct {
		Remote bool  // the page ended it; otherwise we did
		Cause  Cause // the page's, or ours
		Err    error // what went wrong; nil at a normal end
	}
)

func (Ringing) event()       {}
func (Accepted) event()      {}
func (Answered) event()      {}
func (Held) event()          {}
func (Digits) event()        {}
func (TransferAsked) event() {}
func (Detached) event()      {}
func (Attached) event()      {}
func (PathChanged) event()   {}
func (Ended) event()         {}

// String is for logs.
func (e Ended) String() string {
	who := "we ended"
	if e.Remote {
		who = "page ended"
	}
	return fmt.Sprintf("%s, %v, %v", who, e.Cause, e.Err)
}
