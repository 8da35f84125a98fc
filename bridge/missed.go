package bridge

import "time"

// missed tells whether a call was missed: somebody called, and in the end had talked with nobody.
//
// Neither the cause nor who hung up says so: a caller who gives up ends like one who has talked, and a menu that answers is nobody. Whether caller
// and callee heard each other does, and nothing less: sound before the answer, or a person who took the call and was never heard, count as little
// as ringing. A call is not missed that we made ourselves, that went on elsewhere (another device of the account dealt with it, or the
// caller was moved to another call), or in which somebody joined to talk.
func (o *owner) missed() bool {
	if o.call.originated || o.call.met || o.outcome.Times.Answered() || len(o.outcome.Legs) == 0 {
		return false
	}
	caller := o.outcome.Legs[0]
	return !caller.Moved && !(caller.Remote && caller.Cause == LoseRace)
}

// publishMissed tells that nobody has talked with the caller, before ended tells that the call has.
func (o *owner) publishMissed(ended Event) {
	if !o.missed() {
		return
	}
	ended.Kind = CallMissed
	o.record(CallMissed, o.parties[0])
	o.tell(ended)
}

// NewMissed is the event of a call that nobody here could take, because the line was away: the only one of its call. Nobody was rung, so it
// ended when it began.
func NewMissed(call CallID, line string, from Address, caller Party, to Address, at time.Time) Event {
	out := &Outcome{
		Call: call, Line: line, From: from, To: to, Cause: DestinationOutOfOrder, Fault: FaultUs, Times: Times{Started: at, Ended: at},
		Legs: []LegOutcome{{Address: from, Party: caller, Cause: DestinationOutOfOrder, Remote: true, Ended: at}},
	}
	return Event{
		Version: EventVersion, Kind: CallMissed, At: time.Now(), Call: call, Line: line, From: from.String(), To: to.String(),
		Caller: caller, Address: from, Party: caller, Cause: out.Cause, Outcome: out,
	}
}

// Standing is how a side of a line stands.
type Standing struct {
	Side  string `json:"side"`  // telegram, sip
	State string `json:"state"` // in a word or two: "up", "login needed", "not registered"
}

// NewLineEvent is the event LineUp or LineDown of a line, brought about by one of its sides.
func NewLineEvent(line string, up bool, s Standing) Event {
	kind := LineDown
	if up {
		kind = LineUp
	}
	return Event{Version: EventVersion, Kind: kind, At: time.Now(), Line: line, Standing: &s}
}
