package program_test

import (
	"testing"

	"switchgram/bridge"
)

func TestACallIsDecidedInJavaScript(t *testing.T) {
	for settings, want := range map[string]string{
		"  js: {enabled: true}\n": "it is even!",
		"":                        "it is nothing!",
	} {
		t.Run(want, func(t *testing.T) {
			w := newTown(t, nil)
			script := `{"name": "x", "context": "public", "destination_number": "1", "callflow": [
				{"js": {"data": "return ${caller_id_number|digits} % 2 ? 'odd' : 'even'", "setVar": "v"}}, {"log": "it is ${v|default:nothing}!"}, {"hangup": 17}]}`
			h := build(t, plan{state: t.TempDir(), settings: routesAt(t, w.routes(script), "1") + settings})
			_, err := h.person(h.ann(), nil).Dial(h.ctx, "@line_main")
			h.must(err)
			if h.log.await(h.ctx, want); h.outcome().Cause != bridge.UserBusy {
				t.Error("the script did not go on")
			}
		})
	}
}
