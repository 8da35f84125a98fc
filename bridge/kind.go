package bridge

import "path"

// EventKinds are the kinds of events that others are told of: all but CallDigit.
var EventKinds = []EventKind{
	CallIncoming, CallOriginated, CallRinging, CallAccepted, CallAnswered, CallHeld, CallResumed, CallJoined, CallLeft, CallTransferred,
	CallSilent, CallSounds, CallMissed, CallEnded, RecordingReady, ScriptEnded, LineUp, LineDown, AgentTold,
}

// KindsLike are those of EventKinds that a pattern fits, as path.Match has it: "call.missed", "line.*", "*". If there are none, nobody will ever
// be told by that pattern.
func KindsLike(pattern string) (all []EventKind) {
	for _, k := range EventKinds {
		if ok, err := path.Match(pattern, string(k)); ok && err == nil {
			all = append(all, k)
		}
	}
	return all
}
