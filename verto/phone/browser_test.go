package phone_test

import (
	"testing"

	"switchgram/internal/chromium"
	"switchgram/verto"
	"switchgram/verto/phone"
)

// trial is something that is tried in a browser.
type trial struct {
	name string
	run  func(t *testing.T, b browser)
}

// try has one browser for all, and a house and tabs for each.
func try(t *testing.T, b browser, all []trial) {
	for _, one := range all {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			one.run(t, b)
		})
	}
}

// TestInChromium is of all that the page can do.
func TestInChromium(t *testing.T) {
	try(t, inChromium{chromium.Start(t)}, []trial{
		{"keeps the call when the network is gone", survivesTheNetwork},
		{"keeps the call when it is reloaded", survivesAReload},
		{"hangs up while the network is gone", hangsUpAway},
		{"says that a call was not kept", losesItsCall},
		{"is readable for all", isReadable},
		{"calls and hears itself", callsAndHears},
		{"is called and answers", isCalledAndAnswers},
		{"declines", declines},
		{"says why a call failed", saysWhyACallFailed},
		{"mutes and holds", mutesAndHolds},
		{"sends digits", sendsDigits},
		{"transfers to a number", transfersBlind},
		{"connects two calls", transfersAttended},
		{"logs in and out", logsInAndOut},
		{"waits for a server that is away", waitsForTheServer},
		{"moves to another tab", movesToAnotherTab},
		{"shows and joins calls in progress", joinsCalls},
		{"does not join its own call", doesNotJoinItself},
		{"writes notes on calls", writesNotes},
		{"meets others in a call", meetsOthers},
		{"moderates", moderates},
		{"asks before a link calls", asksBeforeALinkCalls},
		{"says that the microphone is refused", isRefusedTheMicrophone},
		{"suggests whom to call", suggests},
		{"changes the microphone in a call", changesTheMicrophone},
		{"speaks Russian", speaksRussian},
		{"fits narrow windows", fitsNarrowWindows},
		{"goes by keys alone", goesByKeys},
		{"shows what the server tells", showsNotices},
		{"notifies", notifies},
		{"shows itself", showsItself},
	})
}

// ann opens a house and logs in there.
func ann(t *testing.T, b browser) (*house, *tab) {
	t.Helper()
	h := open(t, phone.Options{})
	p := b.visit(t, h.address(), true)
	p.login("ann", "secret")
	p.sees("Online")
	return h, p
}

func callsAndHears(t *testing.T, b browser) {
	h, p := ann(t, b)
	p.dial("echo")
	c := h.call()
	p.sees("Connected")
	p.hears()
	p.sees("Sound: Good")
	p.press("Hang up")
	if e := event[verto.Ended](t, c); !e.Remote || e.Cause != verto.NormalClearing {
		t.Errorf("%v", e)
	}
	p.sees("Call ended")
	p.sees("outgoing")
}

func isCalledAndAnswers(t *testing.T, b browser) {
	h, p := ann(t, b)
	c := h.ring("ann", verto.Party{Name: "Bob <b>Brown</b>", Number: "+15550123", Fields: map[string]string{
		verto.FieldUsername: "bob", verto.FieldLine: "sales", verto.FieldLink: "https://crm.example/7", verto.FieldLinkText: "Bob's card",
		verto.FieldPhoto: "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
	}})
	p.sees("Incoming call")
	p.sees("Bob <b>Brown</b>")
	p.sees("+15550123 · @bob · by sales")
	p.until(`document.querySelector('article a[href="https://crm.example/7"][target=_blank][rel~=noopener]').innerText === "Bob's card"`)
	p.until(`document.querySelector('article img')`)
	p.until(`document.title.startsWith('Incoming call')`)
	p.Eval(nil, `document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'ф', code: 'KeyA', bubbles: true }))`) // A, on a Russian keyboard
	event[verto.Answered](t, c)
	p.hears()
	c.Display(verto.Party{Name: "Robert", Number: "+15550123", Fields: map[string]string{verto.FieldLink: "javascript:alert(1)"}})
	p.sees("Robert")
	p.until(`document.querySelector('article a').href === 'https://crm.example/7'`)
	c.Hangup(verto.NormalClearing)
	p.sees("Call ended")
}
