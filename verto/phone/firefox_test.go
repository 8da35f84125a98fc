package phone_test

import (
	"testing"

	"switchgram/internal/firefox"
)

// inFirefox are its tabs. They may use the microphone.
type inFirefox struct{ *firefox.Browser }

func (b inFirefox) visit(t *testing.T, url string, _ bool) *tab {
	t.Helper()
	return &tab{page: b.Tab(t, url, remember), t: t}
}

// TestInFirefox is of what depends on a browser's own WebRTC.
func TestInFirefox(t *testing.T) {
	try(t, inFirefox{firefox.Start(t)}, []trial{
		{"keeps the call when the network is gone", survivesTheNetwork},
		{"keeps the call when it is reloaded", survivesAReload},
		{"calls and hears itself", callsAndHears},
		{"is called and answers", isCalledAndAnswers},
		{"mutes and holds", mutesAndHolds},
		{"sends digits", sendsDigits},
		{"transfers to a number", transfersBlind},
		{"connects two calls", transfersAttended},
		{"shows and joins calls in progress", joinsCalls},
		{"meets others in a call", meetsOthers},
	})
}
