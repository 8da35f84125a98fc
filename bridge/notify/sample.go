package notify

import (
	"time"

	"switchgram/bridge"
	"switchgram/bridge/recording"
)

// Sample is an event of a kind as it could be: of a call of Ann Example's, whom nobody knows. Templates are tried with it, and so are endpoints.
func Sample(kind bridge.EventKind, now time.Time) bridge.Event {
	ann := bridge.Party{Phone: "+4930123456", Username: "ann_example", ID: 1234567, FirstName: "Ann", LastName: "Example"}
	from, to := bridge.Address{Scheme: "tg", User: "@ann_example"}, bridge.Address{Scheme: "sip", User: "1000"}
	ev := bridge.Event{Version: bridge.EventVersion, Kind: kind, At: now, Call: "sample-1", Line: "sample"}
	switch kind {
	case bridge.LineUp:
		ev = bridge.NewLineEvent("sample", true, bridge.Standing{Side: "telegram", State: "up"})
	case bridge.LineDown:
		ev = bridge.NewLineEvent("sample", false, bridge.Standing{Side: "telegram", State: "down"})
	case bridge.AgentTold:
		ev = bridge.NewAgentTold(bridge.Told{User: "1000", URL: "https://example.org/contacts/7", Message: "Ann Example calls"})
	case bridge.RecordingReady:
		ev.Recording = &recording.Info{ID: "sample-1", Call: "sample-1", Line: "sample", Place: "sample-1.ogg", Began: now, Seconds: 42}
	default:
		ev.From, ev.To, ev.Caller = from.String(), to.String(), ann
		ev.Leg, ev.Address, ev.Party = "sample-leg", from, ann
	}
	switch kind {
	case bridge.CallMissed, bridge.CallEnded:
		ev.Outcome = sampleOutcome(ev, from, to, now)
		ev.Cause = ev.Outcome.Cause
	case bridge.CallSilent, bridge.CallSounds:
		ev.Silence = &bridge.Silence{Direction: bridge.In, Text: "caller cannot be heard"}
	case bridge.CallJoined:
		ev.Role = "listen"
	case bridge.ScriptEnded:
		ev.Scripted = &bridge.Scripted{Routes: []string{"sample"}, Steps: []bridge.ScriptStep{{Step: "callflow[0]", At: now, Seconds: 0.1}}}
	}
	return ev
}

func sampleOutcome(ev bridge.Event, from, to bridge.Address, now time.Time) *bridge.Outcome {
	o := &bridge.Outcome{
		Call: ev.Call, Line: ev.Line, From: from, To: to, Cause: bridge.NoAnswer,
		Times: bridge.Times{Started: now.Add(-42 * time.Second), Ringing: now.Add(-41 * time.Second), Ended: now},
		Legs:  []bridge.LegOutcome{{ID: ev.Leg, Address: from, Party: ev.Party, Cause: bridge.NoAnswer}, {ID: "sample-leg-2", Address: to}},
	}
	if ev.Kind == bridge.CallEnded {
		o.Cause, o.EndedBy, o.Times.Connected = bridge.NormalClearing, ev.Leg, now.Add(-30*time.Second)
	}
	return o
}
