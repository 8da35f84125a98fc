package tgcall

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
	doubt    error        // Telegram refuses what it may have done already: updates will tell
	end      DiscardError // in discarding and ended: how
}

// event is something that happens to a call.
type event any

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
	accountGone   struct{ err error } // Telegram does not listen to us any more
	hangup        struct{ reason DiscardReason }
	discarded     struct{ reason DiscardReason } // by the other side, another device of ours, or Telegram
	discardSent   struct{}                       // phone.discardCall was answered, or took too long
)

// action is something to do.
type action any

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
	discard  struct{ reason DiscardReason } // phone.discardCall
)
