package bridge

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAnEventTellsOthersWhoCalledAndHowItEnded(t *testing.T) {
	at := time.Date(2026, 8, 3, 9, 30, 0, 0, time.UTC)
	ann := Party{Phone: "+4930123456", Username: "ann", ID: 7, FirstName: "Ann", LastName: "Ahlers"}
	ev := Event{
		Version: EventVersion, Kind: CallEnded, At: at, Call: "c-1", Line: "sales", From: "tg:@ann", To: "sip:1000", Caller: ann, Leg: "l-2",
		Address: Address{"sip", "1000"}, Party: Party{Number: "1000"}, Cause: NormalClearing,
		Outcome: &Outcome{
			Cause: NormalClearing, EndedBy: "l-2", Legs: []LegOutcome{{ID: "l-1", Quality: Quality{Hears: 4.1}}, {ID: "l-2", Quality: Quality{Hears: 3.9}}},
			Times: Times{Started: at.Add(-time.Minute), Connected: at.Add(-50 * time.Second), Ended: at},
		},
	}
	body, err := json.Marshal(ev)
	if err != nil {
		t.Fatal(err)
	}
	var r Report
	if err := json.Unmarshal(body, &r); err != nil {
		t.Fatal(err)
	}
	if want := (Person{Number: "+4930123456", Name: "Ann Ahlers", Username: "ann", ID: 7}); r.Caller != want || r.Person.Number != "1000" {
		t.Errorf("people: %+v, %+v", r.Caller, r.Person)
	}
	if r.Cause != "NORMAL_CLEARING" || r.Q850 != 16 || r.EndedBy != "callee" || r.Fault != "none" || r.Direction != Inward {
		t.Errorf("end: %+v", r)
	}
	if r.Times.Wait != 10 || r.Times.Talk != 50 || r.Quality.Callee.Hears != 3.9 {
		t.Errorf("times %+v, quality %+v", r.Times, r.Quality)
	}
	var fields map[string]any
	if err := json.Unmarshal(body, &fields); err != nil {
		t.Fatal(err)
	}
	const want = "address at call caller cause direction ended_by fault from kind leg line person q850 quality times to version"
	if got := strings.Join(slices.Sorted(maps.Keys(fields)), " "); got != want {
		t.Errorf("fields %s, want %s", got, want)
	}
}

func TestWhatPeopleAreCalled(t *testing.T) {
	for want, p := range map[string]Person{
		"Ann": {Name: "Ann", Number: "+49"}, "+49": {Number: "+49", Username: "ann"}, "@ann": {Username: "ann", ID: 7}, "Telegram user 7": {ID: 7}, "unknown": {},
	} {
		if got := p.String(); got != want {
			t.Errorf("%+v is called %q, want %q", p, got, want)
		}
	}
}

func TestALineThatGoesIsAnEventOfNoCall(t *testing.T) {
	body, err := json.Marshal(NewLineEvent("sales", false, Standing{Side: "sip", State: "not registered"}))
	if err != nil || !strings.Contains(string(body), `"kind":"line.down"`) || !strings.Contains(string(body), `"standing":{"side":"sip","state":"not registered"}`) ||
		strings.Contains(string(body), `"call"`) || strings.Contains(string(body), `"from"`) {
		t.Errorf("%s (%v)", body, err)
	}
}
