package bridge

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write testdata/step.golden anew, to be read line by line before it is committed")

func (p phase) String() string {
	return [...]string{"reaching", "idle", "trying", "taking", "answering", "talking", "ending", "over"}[p]
}

func (p legPhase) String() string {
	return [...]string{"planned", "waiting", "dialling", "calling", "ringing", "taken", "answering", "up", "hanging", "moving", "ended"}[p]
}

// situation is a state that calls come through, with a name.
type situation struct {
	name  string
	state state
}

// after is the state after some inputs.
func after(s state, inputs ...input) state {
	for _, in := range inputs {
		s, _ = step(s, in)
	}
	return s
}

func ev(leg int, e LegEvent) input { return happened{leg, e} }

// sentOn are situations of calls that go on to somebody else.
func sentOn(ready, talking state) []situation {
	asked := after(talking, ev(1, TransferAsked{}))
	transferring := after(asked, vetted{leg: 1}, dialled{leg: 3})
	redirected := after(ready, connectAsked{targets: 1}, dialled{leg: 1}, ev(1, Redirected{To: []Address{to1000}}))
	return []situation{
		{"the callee asks for a transfer", asked},
		{"the target of a transfer rings", after(transferring, ev(3, Ringing{}))},
		{"transferred", after(transferring, ev(3, Answered{}))},
		{"who asked for a transfer has left", after(transferring, ev(1, Ended{Cause: NormalClearing}))},
		{"the caller asks for a transfer, and leaves", after(talking, controlDone{}, ev(0, TransferAsked{}), vetted{}, ev(0, Ended{Cause: NormalClearing}))},
		{"a leg takes the callee's place", after(talking, joinAsked{role: Talk, of: "1", instead: 2})},
		{"redirected", redirected},
		{"redirection looked at", after(redirected, ev(1, Ended{Cause: NormalClearing}))},
		{"target of a transfer redirects", after(transferring, ev(3, Redirected{To: []Address{to1000}}), ev(3, Ended{Cause: NormalClearing}))},
	}
}

// situations has each phase at least once, and every phase of a leg.
func situations() []situation {
	incoming := newState(false)
	ready := after(incoming, admitted{})
	trying := after(ready, connectAsked{targets: 2}, dialled{leg: 1}, dialled{leg: 2}, ev(2, Ringing{}))
	taking := after(trying, ev(1, Accepted{}))
	answering := after(taking, ev(1, Answered{}))
	talking := after(answering, ev(2, Ended{Cause: LoseRace}), answerDone{})
	three := after(talking, joinAsked{role: Talk}, answerDone{leg: 3})
	reaching := after(newState(true), admitted{})
	return append(sentOn(ready, talking), []situation{
		{"originated, gate asked", newState(true)},
		{"originated, first dialled", reaching},
		{"originated, first rings", after(reaching, dialled{leg: 0}, ev(0, Ringing{}))},
		{"originated, first accepted", after(reaching, dialled{leg: 0}, ev(0, Accepted{}))},
		{"incoming, gate asked", incoming},
		{"incoming, controlled", ready},
		{"being answered alone", after(ready, answerAsked{})},
		{"callee there, caller being answered, both press keys", after(answering, ev(0, Digit{Key: '4'}), ev(1, Digit{Key: '7'}))},
		{"answered alone", after(ready, answerAsked{}, answerDone{})},
		{"answered alone, keys pressed", after(ready, answerAsked{}, answerDone{}, ev(0, Digit{Key: '4'}))},
		{"collecting", after(ready, answerAsked{}, answerDone{}, collectAsked{CollectOptions{Max: 2, Terminators: "#"}}, ev(0, Digit{Key: '4'}))},
		{"two dialled", after(ready, connectAsked{targets: 2})},
		{"one called, one rings", trying},
		{"accepted by 1", taking},
		{"accepted by 1, caller answered before", after(ready, answerAsked{}, answerDone{}, connectAsked{targets: 1}, dialled{leg: 1}, ev(1, Accepted{}))},
		{"callee there, caller being answered", answering},
		{"talking", talking},
		{"talking, controller gone", after(talking, controlDone{})},
		{"a guest is being answered", after(talking, joinAsked{role: Listen})},
		{"two and a guest who talks", three},
		{"two and a guest who listens", after(talking, joinAsked{role: Listen}, answerDone{leg: 3})},
		{"caller has left, guest talks on, nobody controls it", after(three, controlDone{}, ev(0, Ended{Cause: NormalClearing}))},
		{"callee has left, guest talks on", after(three, ev(1, Ended{Cause: NormalClearing}))},
		{"guest joined while it rings", after(trying, joinAsked{role: Talk}, answerDone{leg: 3})},
		{"the callee goes to another call", after(talking, releaseAsked{leg: 1})},
		{"the caller goes to another call", after(talking, controlDone{}, releaseAsked{leg: 0})},
		{"callee has left", after(talking, ev(1, Ended{Cause: NormalClearing}))},
		{"busy, may try again", after(ready, connectAsked{targets: 1}, dialled{leg: 1}, ev(1, Ended{Cause: UserBusy}))},
		{"ending, dial not back", after(ready, connectAsked{targets: 1}, hangupAsked{NormalClearing})},
		{"ending", after(talking, ev(0, Ended{Cause: NormalClearing}), controlDone{})},
		{"over", after(talking, ev(0, Ended{Cause: NormalClearing}), controlDone{}, ev(1, Ended{Cause: NormalClearing}))},
	}...)
}

func legEvents() []LegEvent {
	return []LegEvent{
		Ringing{}, EarlyMedia{}, Accepted{}, Answered{}, FormatChanged{}, Held{On: true}, Held{}, Muted{On: true}, PathChanged{},
		Digit{Key: '5'}, Digit{Key: '#'}, TransferAsked{}, Redirected{To: []Address{to1000}}, Ended{Cause: NumberChanged},
	}
}

// inputs are all inputs there are, for a call of so many legs.
func inputs(legs int) []input {
	all := []input{
		admitted{}, refused{cause: UserBusy}, connectAsked{targets: 2}, connectAsked{}, answerAsked{}, hangupAsked{CallRejected},
		collectAsked{CollectOptions{Max: 2, Terminators: "#"}}, collectAsked{CollectOptions{Max: 1, Flush: true}}, sendAsked{leg: us},
		recordAsked{}, ringAsked{}, tapAsked{}, withdrawn{}, controlDone{}, controlDone{cause: SwitchCongestion}, answerDone{}, answerDone{cause: LoseRace}, timeUp{},
		stopped{NetworkOutOfOrder}, parted{NetworkOutOfOrder}, crashed{}, joinAsked{role: Talk}, joinAsked{role: Whisper}, joinAsked{role: Talk, up: true},
		playAsked{to: TheCaller}, playAsked{to: TheCallee}, playAsked{to: Everybody}, dropAsked{leg: us, cause: CallRejected},
	}
	for leg := range legs {
		all = append(all, dropAsked{leg: leg, cause: CallRejected}, becomeAsked{leg: leg, role: Listen}, becomeAsked{leg: leg, role: Talk},
			releaseAsked{leg: leg}, released{leg: leg}, soundFailed{leg: leg}, joinAsked{role: Talk, of: "x", instead: leg + 1},
			vetted{leg: leg}, vetted{leg: leg, cause: OutgoingCallBarred}, vetted{leg: leg, moves: true}, mergeFailed{leg}, overdue{leg},
			transferTo{leg: leg}, followed{leg: leg}, followed{leg: leg, targets: 2})
		if leg > 0 {
			all = append(all, answerDone{leg: leg}, answerDone{leg: leg, cause: CallRejected})
		}
		all = append(all, sendAsked{leg: leg}, dialled{leg: leg}, dialFailed{leg: leg, cause: UnallocatedNumber}, lost{leg}, impatient{leg})
		for _, ev := range legEvents() {
			all = append(all, happened{leg, ev})
		}
	}
	return all
}

// describe writes an input or action as the table shows it.
func describe(v any) string {
	name := strings.TrimPrefix(fmt.Sprintf("%T", v), "bridge.")
	switch v := v.(type) {
	case happened:
		if d, ok := v.event.(Digit); ok {
			return fmt.Sprintf("leg %d Digit %c", v.leg, d.Key)
		}
		return fmt.Sprintf("leg %d %s%s", v.leg, strings.TrimPrefix(fmt.Sprintf("%T", v.event), "bridge."), details(v.event))
	case connectAsked:
		return fmt.Sprintf("%s %d", name, v.targets)
	case collectAsked:
		return fmt.Sprintf("%s %d%s flush %t", name, v.options.Max, v.options.Terminators, v.options.Flush)
	case refused:
		return fmt.Sprintf("%s %s", name, v.cause)
	case controlDone:
		return fmt.Sprintf("%s %s", name, v.cause)
	case answerDone:
		return fmt.Sprintf("%s %d %s", name, v.leg, v.cause)
	case joinAsked:
		if v.up {
			return fmt.Sprintf("%s %s, up", name, v.role)
		}
		return name + details(v)
	case playAsked:
		return fmt.Sprintf("%s %s", name, [...]string{"caller", "callee", "everybody"}[v.to])
	case dialled:
		return fmt.Sprintf("%s %d", name, v.leg)
	case dialFailed:
		return fmt.Sprintf("%s %d %s", name, v.leg, v.cause)
	case vetted:
		return fmt.Sprintf("%s %d %s moves %t", name, v.leg, v.cause, v.moves)
	case report:
		return fmt.Sprintf("%s %d %s %s", name, v.leg, [...]string{"rings", "done", "failed"}[v.progress], v.cause)
	case arm:
		return [...]string{"arm ring", "arm connect", "arm first key", "arm next key"}[v.timer]
	case admitted:
		return name
	default:
		return name + details(v)
	}
}

// details are the fields of a struct without luggage.
func details(v any) string {
	var b strings.Builder
	for i, value := 0, reflect.ValueOf(v); i < value.NumField(); i++ {
		switch f := value.Field(i); f.Type() {
		case reflect.TypeFor[Cause]():
			fmt.Fprintf(&b, " %s", Cause(f.Uint()))
		case reflect.TypeFor[int](), reflect.TypeFor[EventKind](), reflect.TypeFor[Role]():
			fmt.Fprintf(&b, " %v", f)
		case reflect.TypeFor[bool]():
			if value.Type().Field(i).Name == "On" {
				fmt.Fprintf(&b, " %v", f)
			}
		}
	}
	return b.String()
}

func describeState(s state) string {
	var legs []string
	for _, l := range s.legs {
		text := l.at.String()
		if l.joined {
			text += "(" + l.role.String() + ")"
		}
		legs = append(legs, text)
	}
	text := fmt.Sprintf("%s [%s]", s.phase, strings.Join(legs, " "))
	if s.phase >= ending {
		text += fmt.Sprintf(" %s by %d", s.cause, s.endedBy)
	}
	if s.referrer != 0 {
		text += fmt.Sprintf(" transfer by %d to %d", s.referrer-1, s.target)
	}
	if s.following != 0 {
		text += fmt.Sprintf(" following %d", s.following)
	}
	if k := s.keyboard; k.callee != "" {
		text += " callee typed " + k.callee
	}
	if k := s.keyboard; k.typed != "" {
		text += " typed " + k.typed
	}
	if k := s.keyboard; s.verb == collectVerb || k.got != "" || k.ended != 0 {
		text += fmt.Sprintf(" collecting %t %s", s.verb == collectVerb, k.got)
	}
	return text
}

func table() string {
	var b strings.Builder
	for _, from := range situations() {
		fmt.Fprintf(&b, "\n%s: %s\n", from.name, describeState(from.state))
		for _, in := range inputs(len(from.state.legs)) {
			next, actions := step(from.state, in)
			if describeState(next) == describeState(from.state) && (len(actions) == 0 || slices.Equal(actions, []action{refuse{}})) {
				continue
			}
			var does []string
			for _, a := range actions {
				does = append(does, describe(a))
			}
			fmt.Fprintf(&b, "  %-33s -> %s: %s\n", describe(in), describeState(next), cmp.Or(strings.Join(does, ", "), "nothing"))
		}
	}
	return b.String()
}

// The golden file is the machine as a table: each situation with every input that changes it. What is not listed changes nothing,
// or is refused.
func TestEveryInputInEverySituation(t *testing.T) {
	got := table()
	if *update {
		if err := os.WriteFile("testdata/step.golden", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/step.golden")
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("the machine does something else than its table says (-table +machine):\n%s", diff)
	}
}

func TestEveryPhaseIsInTheTable(t *testing.T) {
	for p := reaching; p <= over; p++ {
		if !slices.ContainsFunc(situations(), func(s situation) bool { return s.state.phase == p }) {
			t.Errorf("no situation is %s", p)
		}
	}
	for at := legPlanned; at <= legEnded; at++ {
		has := func(s situation) bool {
			return slices.ContainsFunc(s.state.legs, func(l legState) bool { return l.at == at })
		}
		if !slices.ContainsFunc(situations(), has) {
			t.Errorf("no situation has a leg that is %s", at)
		}
	}
}

func TestStepLeavesTheStateItWasGiven(t *testing.T) {
	for _, s := range situations() {
		for _, in := range inputs(len(s.state.legs)) {
			before := describeState(s.state)
			step(s.state, in)
			if after := describeState(s.state); after != before {
				t.Fatalf("%s, %s: the state given was changed to %s", s.name, describe(in), after)
			}
		}
	}
}

// world is what the owner of a call would have done so far: it brings only inputs that can come, and checks that the machine
// asks for nothing absurd.
type world struct {
	t       *rapid.T
	s       state
	gate    bool         // is being asked
	control bool         // runs
	answer  map[int]bool // runs
	armed   bool         // the timer runs
	dials   map[int]bool // Dial runs
	there   map[int]bool // the leg has come to be, and has not ended
	hung    map[int]int
	seated  map[int]bool
	moving  map[int]bool
	waits   bool // a verb waits for its reply
}

func newWorld(t *rapid.T, originated bool) *world {
	w := &world{t: t, s: newState(originated), gate: true, answer: map[int]bool{}, dials: map[int]bool{}, there: map[int]bool{},
		hung: map[int]int{}, seated: map[int]bool{}, moving: map[int]bool{}}
	w.there[0] = !originated
	return w
}

// can tells whether the input can come now.
func (w *world) can(in input) bool {
	switch in := in.(type) {
	case admitted, refused:
		return w.gate
	case connectAsked, answerAsked, hangupAsked, controlDone, sendAsked, collectAsked:
		return w.control
	case withdrawn:
		return w.control && w.waits
	case dialled:
		return w.dials[in.leg]
	case dialFailed:
		return w.dials[in.leg]
	case answerDone:
		return w.answer[in.leg]
	case released:
		return w.moving[in.leg]
	case soundFailed:
		return w.seated[in.leg]
	case timeUp:
		return w.armed
	case happened:
		return w.there[in.leg]
	case lost:
		return w.there[in.leg] && w.hung[in.leg] > 0
	default:
		return true
	}
}

// bring brings the input if it can come, and sees what the machine does.
func (w *world) bring(in input) {
	if !w.can(in) {
		return
	}
	switch in := in.(type) {
	case admitted, refused:
		w.gate = false
	case controlDone:
		w.control = false
	case withdrawn:
		w.waits = false
	case dialled:
		w.dials[in.leg], w.there[in.leg] = false, true
	case dialFailed:
		w.dials[in.leg] = false
	case answerDone:
		w.answer[in.leg] = false
	case released:
		w.moving[in.leg], w.there[in.leg] = false, false
	case timeUp:
		w.armed = false
	case happened:
		if _, ended := in.event.(Ended); ended {
			w.there[in.leg], w.moving[in.leg] = false, false
		}
	case lost:
		w.there[in.leg] = false
	}
	over := w.s.phase == over
	next, actions := step(w.s, in)
	w.check(!over || len(actions) == 0 || isRefusal(actions), "a call that is over does %v for %s", actions, describe(in))
	w.s = next
	for _, a := range actions {
		w.see(in, a)
	}
	w.check(next.verb == noVerb || w.waits || isWithdrawn(in), "the verb has had its reply and is not over")
}

func (w *world) see(in input, a action) {
	switch a := a.(type) {
	case control:
		w.check(!w.control, "%s: a second controller", describe(in))
		w.control = true
	case dial:
		w.dials[a.leg] = true
	case answer:
		w.check(!w.answer[a.leg] && w.there[a.leg], "%s: answers again, or nobody", describe(in))
		w.answer[a.leg] = true
	case letIn:
		w.there[a.leg] = true
	case letGo:
		w.check(w.there[a.leg] && !w.seated[a.leg], "%s: leg %d goes away with its seat", describe(in), a.leg)
		w.moving[a.leg] = true
	case playTo:
		w.check(a.leg == us || w.seated[a.leg], "%s: leg %d is played to without a seat", describe(in), a.leg)
	case assume:
		w.check(w.seated[a.leg], "%s: leg %d has a role without a seat", describe(in), a.leg)
	case arm:
		w.armed = true
	case disarm:
		w.armed = false
	case seat:
		w.check(!w.seated[a.leg], "%s: leg %d is seated twice", describe(in), a.leg)
		w.seated[a.leg] = true
	case passOn:
		w.check(w.seated[a.to], "%s: leg %d gets a digit without a seat", describe(in), a.to)
	case send:
		w.check(w.seated[a.leg], "%s: leg %d sends a digit without a seat", describe(in), a.leg)
	case unseat:
		w.check(w.seated[a.leg], "%s: leg %d leaves a seat it has not got", describe(in), a.leg)
		w.seated[a.leg] = false
	case hangup:
		w.hung[a.leg]++
		w.check(w.hung[a.leg] <= 2, "leg %d is hung up %d times", a.leg, w.hung[a.leg])
	case reply, hand:
		_, typed := in.(collectAsked) // before it was asked for
		w.check(w.waits || typed || isWithdrawn(in), "%s: a reply that nobody waits for", describe(in))
		w.waits = false
	}
	w.waits = w.waits || w.s.verb != noVerb && !isWithdrawn(in)
}

func isWithdrawn(in input) bool {
	_, ok := in.(withdrawn)
	return ok
}

func (w *world) check(ok bool, format string, args ...any) {
	if !ok {
		w.t.Fatalf(format, args...)
	}
}

// end lets everything that is still outstanding come to its end.
func (w *world) end() {
	w.bring(stopped{NormalClearing})
	w.bring(admitted{})
	for leg, l := range w.s.legs {
		w.check(l.at == legEnded || w.hung[leg] > 0 || w.moving[leg], "leg %d is %s and was not hung up: %s", leg, l.at, describeState(w.s))
		w.bring(dialled{leg: leg})
		w.bring(released{leg: leg})
		w.bring(happened{leg, Ended{Cause: NormalClearing}})
	}
	w.bring(controlDone{})
	w.check(w.s.phase == over && !w.waits && !w.armed, "not over: %s, a verb waits: %t, the timer runs: %t", describeState(w.s), w.waits, w.armed)
	for leg, seated := range w.seated {
		w.check(!seated, "leg %d still has its seat", leg)
	}
}

func TestNoOrderOfInputsLeavesAnybodyBehind(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t, rapid.Bool().Draw(t, "originated"))
		for range rapid.IntRange(0, 60).Draw(t, "inputs") {
			w.bring(rapid.SampledFrom(inputs(len(w.s.legs))).Draw(t, "input"))
		}
		w.end()
	})
}

// Everybody who can end by himself does; nobody has to stop the call from outside.
func TestCallWhoseLegsHaveEndedIsOver(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t, rapid.Bool().Draw(t, "originated"))
		for range rapid.IntRange(0, 60).Draw(t, "inputs") {
			w.bring(rapid.SampledFrom(inputs(len(w.s.legs))).Draw(t, "input"))
		}
		w.bring(admitted{})
		for leg := range w.s.legs {
			w.bring(dialFailed{leg: leg, cause: NoAnswer})
			w.bring(released{leg: leg})
			w.bring(happened{leg, Ended{Cause: NormalClearing}})
			w.bring(followed{leg: leg}) // it may have named others, who may not be called
		}
		w.bring(controlDone{})
		w.check(w.s.phase == over, "not over: %s", describeState(w.s))
	})
}

func isRefusal(actions []action) bool {
	for _, a := range actions {
		switch a.(type) {
		case refuse, accept:
		default:
			return false
		}
	}
	return true
}
