package tgcall

import (
	"strings"
	"testing"
)

// stories are calls as people tell them.
var stories = []struct {
	name     string
	outgoing bool
	events   []event
	phases   string
	end      string
}{
	{
		"we call, talk, and they hang up", true,
		[]event{dialled{}, requested{}, ringsThere{}, answeredThere{}, keyAgreed{}, confirmed{}, mediaUp{}, discarded{Hangup}},
		"requesting waiting ringing ringing confirming connecting active ended", "hangup, remote, answered",
	},
	{
		"they call, we answer, lose the path, find it, hang up", false,
		[]event{
			invited{}, announced{}, answer{}, accepted{}, confirmedHere{}, keyAgreed{}, mediaUp{}, mediaLost{}, mediaUp{},
			hangup{Busy}, discardSent{},
		},
		"announcing ringing accepting accepting accepting connecting active away active discarding ended", "hangup, answered",
	},
	{
		"we hang up before Telegram has the call", true,
		[]event{dialled{}, hangup{Hangup}, requested{}, discardSent{}},
		"requesting requesting discarding ended", "missed",
	},
	{
		"they take it without a word about ringing", true,
		[]event{dialled{}, requested{}, answeredThere{}, keyAgreed{}, confirmed{}},
		"requesting waiting waiting confirming connecting", "no reason",
	},
	{
		"the phone of the same account is faster", false,
		[]event{invited{}, announced{}, answer{}, accepted{ErrElsewhere}},
		"announcing ringing accepting ended", "no reason, remote: answered or declined on another device",
	},
	{
		"the phone of the same account is faster, and Telegram says so first", false,
		[]event{invited{}, announced{}, answer{}, discarded{None}, accepted{ErrElsewhere}},
		"announcing ringing accepting ended ended", "no reason, remote: answered or declined on another device",
	},
	{
		"declined on the phone of the same account", false,
		[]event{invited{}, announced{}, discarded{Busy}},
		"announcing ringing ended", "busy, remote: answered or declined on another device",
	},
	{
		"the caller gives up", false,
		[]event{invited{}, announced{}, discarded{Missed}},
		"announcing ringing ended", "missed, remote",
	},
	{
		"the account is in a call on its phone", false,
		[]event{invited{}, announced{}, answer{}, accepted{ErrOccupied}, discardSent{}},
		"announcing ringing accepting discarding ended", "busy: telegram says that one side is in another call",
	},
	{
		"they add a third person, and go where we cannot follow", true,
		[]event{dialled{}, requested{}, answeredThere{}, keyAgreed{}, confirmed{}, mediaUp{}, discarded{Migrated}},
		"requesting waiting waiting confirming connecting active ended", "migrated, remote, answered",
	},
	{
		"the answer to confirmCall is lost, and an update has it", true,
		[]event{dialled{}, requested{}, answeredThere{}, keyAgreed{}, confirmed{errDoubt}, confirmed{}, confirmed{}},
		"requesting waiting waiting confirming confirming connecting connecting", "no reason",
	},
	{
		"the answer to acceptCall is lost", false,
		[]event{invited{}, announced{}, answer{}, accepted{errDoubt}, confirmedHere{}, keyAgreed{}},
		"announcing ringing accepting accepting accepting connecting", "no reason",
	},
	{
		"the answer to acceptCall is lost, and it was another device that took the call", false,
		[]event{invited{}, announced{}, answer{}, accepted{errDoubt}, timedOut{}},
		"announcing ringing accepting accepting ended", "no reason, remote: " + errDoubt.Error(),
	},
	{
		"the key comes before the answer to acceptCall", false,
		[]event{invited{}, announced{}, answer{}, confirmedHere{}, keyAgreed{}, accepted{}, mediaUp{}},
		"announcing ringing accepting accepting connecting connecting active", "no reason",
	},
	{
		"somebody sits in between", false,
		[]event{invited{}, announced{}, answer{}, accepted{}, confirmedHere{}, keyAgreed{errTest}, discardSent{}},
		"announcing ringing accepting accepting accepting discarding ended", "disconnect, answered: oops",
	},
	{
		"both hang up at once", true,
		[]event{dialled{}, requested{}, ringsThere{}, hangup{Hangup}, discarded{Busy}},
		"requesting waiting ringing discarding ended", "missed",
	},
}

// story runs events through the machine and returns the phases.
func story(outgoing bool, events ...event) (end state, phases string) {
	s := state{outgoing: outgoing}
	var list []string
	for _, e := range events {
		s, _ = step(s, e)
		list = append(list, s.phase.String())
	}
	return s, strings.Join(list, " ")
}

func TestStoriesOfCalls(t *testing.T) {
	for _, c := range stories {
		s, phases := story(c.outgoing, c.events...)
		if phases != c.phases || describeEnd(s.end) != c.end {
			t.Errorf("%s:\ngot  %s [%s]\nwant %s [%s]", c.name, phases, describeEnd(s.end), c.phases, c.end)
		}
	}
}
