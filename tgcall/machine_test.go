package tgcall

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gotd/td/tgerr"
)

var update = flag.Bool("update", false, "write testdata/machine.golden anew")

var errTest = errors.New("oops")

// errDoubt is what Telegram says to a request that it may have granted before.
var errDoubt = refusal(methodAccept, tgerr.New(400, "CALL_ALREADY_ACCEPTED"))

// everyEvent that can happen to a call, results both ways.
var everyEvent = []event{
	dialled{}, invited{}, requested{}, requested{errTest}, announced{}, announced{errTest}, announced{ErrElsewhere}, ringsThere{},
	answeredThere{}, keyAgreed{}, keyAgreed{errTest}, confirmed{}, confirmed{errTest}, confirmed{ErrElsewhere}, answer{}, unanswered{},
	accepted{}, accepted{errTest}, accepted{ErrElsewhere}, accepted{ErrOccupied}, accepted{errDoubt}, confirmed{errDoubt}, confirmedHere{}, timedOut{}, mediaUp{}, mediaLost{}, mediaEnded{errTest},
	accountGone{errTest}, hangup{Hangup}, hangup{Missed}, hangup{Busy}, hangup{Disconnect}, discarded{Busy}, discarded{None}, discarded{Migrated}, discardSent{},
}

// describe is an event or action as the golden file has it: "requested(oops)", "limit(waiting)".
func describe(v any) string {
	name := strings.TrimPrefix(fmt.Sprintf("%T", v), "tgcall.")
	if r := reflect.ValueOf(v); r.NumField() == 1 {
		return name + "(" + describeField(v) + ")"
	}
	return name
}

func describeField(v any) string {
	switch v := v.(type) {
	case limit:
		return v.phase.String()
	case tell:
		return describe(v.event)
	case discard:
		return v.reason.String()
	case hangup:
		return v.reason.String()
	case discarded:
		return v.reason.String()
	}
	err := fmt.Sprintf("%+v", v)
	for _, e := range []error{errTest, ErrElsewhere, ErrOccupied, errDoubt} {
		if strings.Contains(err, fmt.Sprintf("%p", e)) {
			return e.Error()
		}
	}
	return "ok"
}

func describeAll(actions []action) string {
	var list []string
	for _, a := range actions {
		list = append(list, describe(a))
	}
	return strings.Join(list, " ")
}

// describeEnd is how a call ended: "busy, remote, answered: oops".
func describeEnd(e DiscardError) string {
	s := e.Reason.String()
	if e.Remote {
		s += ", remote"
	}
	if e.Answered {
		s += ", answered"
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// everyState in which a call can be before an event.
func everyState() (list []state) {
	for _, outgoing := range []bool{true, false} {
		for p := range phase(phases) {
			callers := p == requesting || p == waiting || p == confirming
			callees := p == announcing || p == accepting
			if outgoing && callees || !outgoing && callers {
				continue
			}
			s := state{outgoing: outgoing, phase: p, answered: p >= confirming && p < discarding}
			if p >= discarding {
				s.end = DiscardError{Reason: Hangup, Outgoing: outgoing}
			}
			list = append(list, s)
			if p == requesting {
				s.quitting = true
				list = append(list, s)
			}
		}
	}
	return list
}

func describeState(s state) string {
	who := "callee"
	if s.outgoing {
		who = "caller"
	}
	if s.quitting {
		return who + " requesting, quitting"
	}
	return who + " " + s.phase.String()
}

// table is what every event does in every state; what does nothing is left out.
func table() string {
	var b strings.Builder
	for _, s := range everyState() {
		fmt.Fprintf(&b, "%s\n", describeState(s))
		for _, e := range everyEvent {
			next, actions := step(s, e)
			if next == s && len(actions) == 0 {
				continue
			}
			fmt.Fprintf(&b, "\t%s -> %s: %s", describe(e), next.phase, describeAll(actions))
			if next.phase >= discarding && s.phase != next.phase {
				fmt.Fprintf(&b, " [%s]", describeEnd(next.end))
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

func TestEveryEventInEveryState(t *testing.T) {
	const file = "testdata/machine.golden"
	got := table()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("(-golden +got; go test -update writes it anew):\n%s", diff)
	}
}

func TestWhatHoldsInEveryState(t *testing.T) {
	for _, s := range everyState() {
		for _, e := range everyEvent {
			next, actions := step(s, e)
			what := fmt.Sprintf("%s, %s -> %s: %s", describeState(s), describe(e), next.phase, describeAll(actions))
			if s.phase == ended && (next != s || len(actions) > 0) {
				t.Errorf("%s: something happens after the end", what)
			}
			if has[discard](actions) != (next.phase == discarding && s.phase != discarding) {
				t.Errorf("%s: Telegram is told once that we end the call", what)
			}
			if next.phase != s.phase && next.phase != ended && !has[limit](actions) {
				t.Errorf("%s: no limit on the new phase", what)
			}
			if next.outgoing != s.outgoing || next.end.Outgoing != next.outgoing && next.phase >= discarding {
				t.Errorf("%s: caller and callee swapped", what)
			}
		}
	}
}

func has[A action](actions []action) bool {
	return slices.ContainsFunc(actions, func(a action) bool { _, ok := a.(A); return ok })
}
