package bridge

import (
	"slices"

	"switchgram/bridge/room"
)

// phase is where a call stands.
type phase uint8

const (
	reaching  phase = iota // the first leg is being dialled (Originate)
	idle                   // the caller is there; its controller decides what is next
	trying                 // callees are dialled, and nobody has taken the call yet
	taking                 // a person has; media with them does not run yet
	answering              // the callee is there, and the caller is being answered
	talking                // both are
	ending                 // everybody has been told to hang up
	over                   // everybody has, and the controller has returned
)

// legPhase is where a leg stands, in the order of its life.
type legPhase uint8

const (
	legPlanned   legPhase = iota // to be dialled once the gate has let the call in
	legWaiting                   // it called us, and we have not answered
	legDialling                  // Dial has not returned
	legCalling                   // dialled; no news
	legRinging                   // its telephone rings
	legTaken                     // a person took the call
	legAnswering                 // it called us, and Answer runs
	legUp                        // answered, media runs
	legHanging                   // told to hang up
	legMoving                    // on its way to another call
	legEnded                     // or in another call
)

// us, in place of a leg's number, is this program.
const us = -1

// verb is what a controller waits for.
type verb uint8

const (
	noVerb verb = iota
	answerVerb
	connectVerb
	collectVerb
)

type legState struct {
	at     legPhase
	cause  Cause // why it was hung up, or ended
	joined bool  // it is neither the caller nor was it dialled by an attempt to connect
	role   Role
	manner manner
	early  bool // its sound is in the room before it is answered
	sounds bool // something comes from it then

	instead    int  // whose place it takes when it is up, plus one; 0: nobody's
	redirected bool // its far end has named others to call
	hops       int  // how often its call was sent on before
}

// verdict is how the last attempt to connect went, or the conversation that came of it.
type verdict struct {
	cause    Cause
	leg      int  // whose end it was, or us
	answered bool // somebody took the call
}

// state is all that step knows about a call. legs[0] is the caller, the others are those dialled, in the order of dialling.
type state struct {
	phase      phase
	legs       []legState
	attempt    int  // the first leg of the attempt being made, or made last
	winner     int  // who took the call, in taking, answering and talking
	verb       verb // what the controller waits for
	controlled bool // a gate or controller has yet to say its last word
	rung       bool // the caller was told that it rings
	keyboard   keyboard
	last       verdict // of the last attempt
	cause      Cause   // why the call ended, from ending on
	endedBy    int     // whose end that was

	referrer  int  // whose place a transfer that goes on is about, plus one; 0: nobody's
	ordered   bool // we want that, and not its far end
	target    int  // who is dialled for that; 0: nobody yet
	following int  // legs that have ended, and whose redirections are looked at
}

// newState is a call of which nothing has happened yet: the caller waits, or is to be dialled.
func newState(dialled bool) state {
	s := state{phase: idle, legs: []legState{{at: legWaiting}}, controlled: true, last: verdict{leg: us}, endedBy: us}
	if dialled {
		s.phase, s.legs[0].at = reaching, legPlanned
	}
	return s
}

func (s state) clone() state {
	s.legs = slices.Clone(s.legs)
	return s
}

// input is something that happened to a call; step says what follows.
type input interface{ apply(*machine) }

// Fields marked "owner" are luggage: step does not look at them.
type (
	// admitted: the gate lets the call in.
	admitted struct{ release func() } // owner
	// refused: it does not.
	refused struct {
		cause Cause
		err   error // owner
	}
	// connectAsked: the controller wants some dialled, all at once.
	connectAsked struct {
		targets int
		to      []Address      // owner
		forks   []int          // owner: which telephone of each address
		options ConnectOptions // owner
	}
	// answerAsked: the controller wants the caller answered.
	answerAsked struct{}
	// hangupAsked: the controller wants the call to end.
	hangupAsked struct{ cause Cause }
	// recordAsked: the controller wants the call recorded.
	recordAsked struct {
		options RecordOptions     // owner
		given   chan<- *Recording // owner; has room for it
	}
	// withdrawn: the controller does not want any longer what it waits for.
	withdrawn struct{}
	// controlDone: the controller has returned; cause 0: without an error.
	controlDone struct {
		cause Cause
		err   error // owner
	}
	// dialled: Dial returned a leg.
	dialled struct {
		leg int
		as  Leg // owner
	}
	// dialFailed: it did not.
	dialFailed struct {
		leg   int
		cause Cause
		err   error // owner
	}
	// happened: a leg had an event.
	happened struct {
		leg   int
		event LegEvent
	}
	// answerDone: Answer of the caller, or of a leg that joins, returned; cause 0: it is answered.
	answerDone struct {
		leg   int
		cause Cause
		err   error // owner
	}
	// timeUp: the armed timer ran out.
	timeUp struct{}
	// lost: a leg was told to hang up and never ended.
	lost struct{ leg int }
	// stopped: the context of the call ended.
	stopped struct{ cause Cause }
	// crashed: a panic was caught.
	crashed struct{}
	// soundFailed: handling the sound of a leg panicked.
	soundFailed struct {
		leg  int
		seat *room.Seat // owner: whose that is
		err  error      // owner
	}
)

// action is something the owner of a call has done for it. None blocks the owner.
type action interface{}

type (
	// control runs the controller.
	control struct{}
	// stopControl ends its context.
	stopControl struct{}
	// dial dials the leg.
	dial struct{ leg int }
	// ring tells the caller that it rings.
	ring struct{}
	// answer answers the caller, or a leg that joins.
	answer struct{ leg int }
	// hangup hangs the leg up, or gives up dialling it.
	hangup struct {
		leg   int
		cause Cause
	}
	// seat joins the leg's sound to the room.
	seat struct{ leg int }
	// unseat takes it out again.
	unseat struct{ leg int }
	// retune lets the room know that the leg's format is another.
	retune struct{ leg int }
	// arm starts the timer, in place of the one that runs.
	arm struct{ timer timer }
	// disarm stops it.
	disarm struct{}
	// reply: what the controller waits for is over; last says how.
	reply struct{}
	// accept: what the controller asks is so already, or done at once.
	accept struct{}
	// refuse: what the controller asks cannot be now.
	refuse struct{}
	// tape records the call.
	tape struct{}
	// tell publishes an event.
	tell struct {
		kind EventKind
		leg  int
	}
)

// timer says how long to wait.
type timer uint8

const (
	ringTimer     timer = iota // for somebody to take the call
	connectTimer               // for media to run, once somebody has
	firstKeyTimer              // for the caller to press a key
	nextKeyTimer               // for another one
)
