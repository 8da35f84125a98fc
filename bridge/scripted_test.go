package bridge

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestScriptsStepsAreInItsEvent(t *testing.T) {
	ended := Event{Kind: CallEnded, Call: "5f-1", Line: "main", From: "tg:@ann", To: "sip:1000", Cause: NormalClearing, Outcome: &Outcome{Cause: NormalClearing}}
	ev := NewScriptEnded(ended, Scripted{Routes: []string{"city line"}, Steps: []ScriptStep{{Step: "callflow[0]", Seconds: 0.25, Error: "timeout"}}})
	text, err := json.Marshal(ev)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"kind":"script.ended"`, `"call":"5f-1"`, `"routes":["city line"]`, `"step":"callflow[0]"`, `"error":"timeout"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s has no %s", text, want)
		}
	}
	if strings.Contains(string(text), "cause") {
		t.Errorf("%s ends the call again", text)
	}
}
