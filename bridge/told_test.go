package bridge

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestWhatAnAgentIsShownIsInTheEvent(t *testing.T) {
	text, err := json.Marshal(NewAgentTold(Told{User: "204", URL: "https://crm.example/7", Message: `Ann "<b>`}))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"kind":"agent.told"`, `"told":{"user":"204","url":"https://crm.example/7","message":"Ann \"\u003cb\u003e"}`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s has no %s", text, want)
		}
	}
}
