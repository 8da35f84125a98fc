package phone_test

import (
	"testing"

	"github.com/chromedp/chromedp/kb"

	"switchgram/verto"
	"switchgram/verto/phone"
)

// bob calls.
var bob = verto.Party{Name: "Bob", Number: "1009"}

func declines(t *testing.T, b browser) {
	h, p := ann(t, b)
	c := h.ring("ann", bob)
	p.press("Decline")
	if e := event[verto.Ended](t, c); e.Cause != verto.Rejected {
		t.Errorf("%v", e)
	}
	p.sees("missed")
	c = h.ring("ann", bob)
	p.sees("Incoming call")
	c.Hangup(verto.Cause{Name: "ORIGINATOR_CANCEL"})
	p.sees("The caller gave up")
}

func saysWhyACallFailed(t *testing.T, b browser) {
	h, p := ann(t, b)
	p.dial("busy")
	p.sees("Busy")
	p.press("Call again")
	p.sees("Busy")
	for cause, words := range map[string]string{
		"NO_ANSWER":              "No answer",
		"OUTGOING_CALL_BARRED":   "You may not call this number",
		"NETWORK_OUT_OF_ORDER":   "The line or the network is down",
		"EXCHANGE_ROUTING_ERROR": "Call ended: EXCHANGE_ROUTING_ERROR",
	} {
		p.dial("1009")
		h.call().Hangup(verto.Cause{Name: cause})
		p.sees(words)
	}
}

func mutesAndHolds(t *testing.T, b browser) {
	h, p := ann(t, b)
	p.dial("echo")
	c := h.call()
	p.hears()
	const speaks = `peers.at(-1).getSenders()[0].track.enabled`
	p.Type("m")
	p.until(`!` + speaks)
	p.press("Unmute")
	p.until(speaks)
	p.Type("h")
	if !event[verto.Held](t, c).On {
		t.Error("not held")
	}
	p.sees("On hold")
	p.until(`!` + speaks)
	p.press("Resume")
	if event[verto.Held](t, c).On {
		t.Error("still held")
	}
	p.sees("Connected")
	p.hears()
}

func sendsDigits(t *testing.T, b browser) {
	h, p := ann(t, b)
	p.dial("echo")
	c := h.call()
	p.sees("Connected")
	p.Type("4")
	p.press("Keys")
	p.Eval(nil, `for (const key of ['5', '#']) [...document.querySelectorAll('article .keys button')].find((b) => b.innerText.startsWith(key)).click()`)
	for _, want := range []string{"4", "5", "#"} {
		if got := event[verto.Digits](t, c).Keys; got != want {
			t.Errorf("%q; want %q", got, want)
		}
	}
	p.until(`document.querySelector('output').innerText === '5#'`)
}

func transfersBlind(t *testing.T, b browser) {
	h, p := ann(t, b)
	p.dial("echo")
	c := h.call()
	p.sees("Connected")
	p.Type("t")
	p.fill("#transfer", "3500"+kb.Enter)
	if e := event[verto.TransferAsked](t, c); e.To != "3500" || e.Replaces != nil {
		t.Errorf("asked for %+v", e)
	}
	p.sees("Being transferred")
	c.Transferred(verto.TransferRings, verto.Cause{})
	p.sees("The other end rings")
	c.Transferred(verto.TransferFailed, verto.NoRoute)
	p.sees("could not be transferred")
	p.press("Transfer")
	p.fill("#transfer", "3501"+kb.Enter)
	event[verto.TransferAsked](t, c)
	c.Hangup(verto.NormalClearing)
	p.sees("Call ended")
}

func transfersAttended(t *testing.T, b browser) {
	h, p := ann(t, b)
	p.dial("echo")
	first := h.call()
	p.sees("Connected")
	p.dial("echo")
	second := h.call()
	if !event[verto.Held](t, first).On {
		t.Error("the first call is not held")
	}
	p.until(`document.querySelectorAll('.state.held').length === 1 && document.querySelectorAll('.state.active').length === 1`)
	p.Type("t")
	p.press("Connect with echo")
	if e := event[verto.TransferAsked](t, second); e.Replaces != first {
		t.Errorf("asked for %+v", e)
	}
}

func survivesAReload(t *testing.T, b browser) {
	h, p := ann(t, b)
	p.dial("echo")
	c := h.call()
	p.hears()
	p.press("Mute")
	p.Reload()
	event[verto.Detached](t, c)
	event[verto.Attached](t, c)
	p.sees("Connected")
	p.press("Unmute") // it is as it was
	p.hears()
	p.press("Hang up")
	event[verto.Ended](t, c)
}

func survivesTheNetwork(t *testing.T, b browser) {
	h, p := ann(t, b)
	p.dial("echo")
	c := h.call()
	p.hears()
	ringing := h.ring("ann", bob)
	p.sees("Incoming call")
	h.cut()
	p.sees("Connection lost")
	p.sees("Reconnecting…")
	event[verto.Ended](t, ringing)
	p.missing("Incoming call")
	h.mend()
	p.press("Try now")
	event[verto.Attached](t, c)
	p.sees("Connected")
	p.hears()
	p.missing("Connection lost")
}

// losesItsCall: the server has not kept it, as when it was started anew.
func losesItsCall(t *testing.T, b browser) {
	h, p := ann(t, b)
	p.dial("echo")
	c := h.call()
	p.sees("Connected")
	h.cut()
	p.sees("Reconnecting…")
	c.Hangup(verto.NormalClearing)
	h.mend()
	p.press("Try now")
	p.sees("The connection was lost")
	p.sees("Online")
}

// hangsUpAway: the server hears of it when it is back.
func hangsUpAway(t *testing.T, b browser) {
	h, p := ann(t, b)
	p.dial("echo")
	c := h.call()
	p.hears()
	h.cut()
	p.sees("Connection lost")
	p.press("Hang up")
	p.sees("Call ended")
	h.mend()
	if e := event[verto.Ended](t, c); !e.Remote {
		t.Errorf("%v", e)
	}
	p.sees("Online")
	p.missing("Connected")
}

func movesToAnotherTab(t *testing.T, b browser) {
	h, p := ann(t, b)
	p.dial("echo")
	c := h.call()
	p.hears()
	var session string
	p.Eval(&session, `JSON.stringify({...sessionStorage})`)
	other := b.visit(t, h.address(), true)
	other.Eval(nil, `Object.assign(sessionStorage, `+session+`); location.reload()`)
	event[verto.Attached](t, c)
	p.sees("opened in another tab")
	other.sees("Connected")
	other.sees("Unmute") // nobody is heard who did not know
	p.press("Use it here")
	event[verto.Attached](t, c)
	other.sees("opened in another tab")
	p.hears()
}

func isRefusedTheMicrophone(t *testing.T, b browser) {
	h := open(t, phone.Options{User: "ann", Password: "secret"})
	p := b.visit(t, h.address(), false)
	p.dial("echo")
	p.sees("The browser may not use the microphone")
	p.sees("Call again")
	c := h.ring("ann", bob)
	p.press("Answer")
	event[verto.Ended](t, c)
	p.sees("The browser may not use the microphone")
}

func changesTheMicrophone(t *testing.T, b browser) {
	h, p := ann(t, b)
	p.dial("echo")
	h.call()
	p.hears()
	p.press("Settings")
	p.until(`(() => {
		const choice = document.querySelector('dialog select'), options = [...choice.options].map((o) => o.value);
		if (options.length < 3) return false;
		window.before = peers.at(-1).getSenders()[0].track.id;
		choice.value = options.at(-1);
		choice.dispatchEvent(new Event('change', { bubbles: true }));
		return true;
	})()`)
	p.until(`peers.at(-1).getSenders()[0].track.id !== before`)
	p.hears()
	p.press("Test the microphone")
	p.until(`Number(document.querySelector('dialog [role=meter]').ariaValueNow) > 20`)
}
