package phone_test

import (
	"testing"

	"github.com/chromedp/chromedp/kb"

	"switchgram/verto"
	"switchgram/verto/phone"
)

func logsInAndOut(t *testing.T, b browser) {
	h := open(t, phone.Options{})
	p := b.visit(t, h.address(), true)
	p.login("ann", "guess")
	p.sees("User name or password is wrong")
	p.login("ann", "secret")
	p.sees("Online")
	p.Reload()
	p.sees("Online")
	p.press("Log out")
	p.sees("Log in to make and take calls")
	p.Reload()
	p.login("ann", "secret")
	p.sees("Online")
	p.press("Log out")
	p.login("ann", "guess")
	p.sees("User name or password is wrong")
}

func waitsForTheServer(t *testing.T, b browser) {
	h := open(t, phone.Options{})
	p := b.visit(t, h.address(), true)
	h.cut()
	p.login("ann", "secret")
	p.sees("The server does not answer")
	h.mend()
	p.sees("Online")
}

func joinsCalls(t *testing.T, b browser) {
	h, p := ann(t, b)
	p.sees("Nobody is on the phone")
	h.show("c1", "sales", "Ann Lee", "+15550123", "talking", 4.3)
	p.sees("Ann Lee")
	p.sees("Sounds like 4.3 of 5")
	h.show("c2", "support", "Carl", "1010", "ringing", 0)
	p.sees("Carl")
	h.live.Delete("c2")
	p.missing("Carl")
	p.press("Listen: Ann Lee, +15550123")
	c := h.call()
	if c.Destination() != "listen:c1" {
		t.Errorf("it calls %q", c.Destination())
	}
	p.until(`peers.at(-1).getSenders()[0].track === null`) // the microphone is closed
	c.Display(verto.Party{Name: "Call c1", Number: "listen:c1"})
	p.until(`document.querySelector('article h3').innerText === 'Ann Lee → +15550123'`)
	p.sees("You listen to this call")
	p.until(`document.querySelector('[aria-label^="Listen: "]') === null`)
	c.Hangup(verto.NormalClearing)
	p.press("Whisper: Ann Lee, +15550123")
	if c := h.call(); c.Destination() != "whisper:c1" {
		t.Errorf("it calls %q", c.Destination())
	}
}

// doesNotJoinItself: in the table stands the user's own call, too.
func doesNotJoinItself(t *testing.T, b browser) {
	h, p := ann(t, b)
	h.show("c1", "sales", "Carl", "1010", "talking", 0)
	h.show("c2", "sales", "Bob", "Ann", "ringing", 0)
	p.until(`document.querySelectorAll('[aria-label^="Listen: "]').length === 2`)
	h.ring("ann", verto.Party{Name: "Bob", Number: "1009", Fields: map[string]string{verto.FieldCall: "c2"}})
	p.until(`document.querySelectorAll('[aria-label^="Listen: "]').length === 1`)
}

func asksBeforeALinkCalls(t *testing.T, b browser) {
	h := open(t, phone.Options{})
	p := b.visit(t, h.address()+"#call=+15550123", true)
	p.login("ann", "secret")
	p.sees("Call +15550123?")
	p.press("Cancel")
	p.missing("Call +15550123?")
	p.Eval(nil, `location.hash = 'call=' + encodeURIComponent('@bob')`)
	p.sees("Call @bob?")
	p.Eval(nil, `document.querySelector('dialog .go').click()`)
	if c := h.call(); c.Destination() != "@bob" {
		t.Errorf("it calls %q", c.Destination())
	}
	p.until(`location.hash === ''`)
}

func suggests(t *testing.T, b browser) {
	h, p := ann(t, b)
	h.ring("ann", bob).Hangup(verto.NormalClearing)
	p.sees("missed")
	p.fill("#number", "bo")
	p.until(`document.querySelector('[role=option]').innerText.includes('Bob')`)
	p.Type(kb.ArrowDown + kb.Enter + kb.Enter)
	c := h.call()
	if c.Destination() != "1009" {
		t.Errorf("it calls %q", c.Destination())
	}
	p.press("Hang up")
	event[verto.Ended](t, c)
	p.Eval(nil, `(() => { const s = document.querySelector('form select'); s.value = 'support'; s.dispatchEvent(new Event('change', { bubbles: true })); })()`)
	p.dial("1010")
	if line := h.call().Variables()["line"]; line != "support" {
		t.Errorf("it calls by %q", line)
	}
}

func speaksRussian(t *testing.T, b browser) {
	_, p := ann(t, b)
	p.speakRussian()
	p.Reload()
	p.sees("Позвонить")
}

// speakRussian has the page do so.
func (p *tab) speakRussian() {
	p.t.Helper()
	p.press("Settings")
	p.Eval(nil, `(() => {
		const s = [...document.querySelectorAll('dialog select')].find((s) => [...s.options].some((o) => o.value === 'ru'));
		s.value = 'ru';
		s.dispatchEvent(new Event('change', { bubbles: true }));
	})()`)
	p.sees("Настройки")
	p.until(`document.documentElement.lang === 'ru'`)
	p.press("Закрыть")
}

func showsNotices(t *testing.T, b browser) {
	h, p := ann(t, b)
	s := h.server.Sessions("ann")[0]
	if err := s.Tell(map[string]string{"type": "openLink", "message": "New order", "url": "https://shop.example/42"}); err != nil {
		t.Fatal(err)
	}
	p.sees("New order")
	p.until(`document.querySelector('a[href="https://shop.example/42"]').innerText === 'Open shop.example'`)
	p.press("Dismiss")
	p.missing("New order")
	s.Write(bob, "Call me <i>back</i>")
	p.sees("Bob: Call me <i>back</i>")
}

// notifies: the browser's own notifications cannot be seen from here, so the page gets others.
func notifies(t *testing.T, b browser) {
	h, p := ann(t, b)
	p.Eval(nil, `window.told = [];
		window.Notification = class { static permission = 'granted'; static requestPermission = async () => 'granted';
			constructor(title, more) { told.push(title + ', ' + more.body); } close() { told.push('closed'); } };
		Object.defineProperty(document, 'hidden', { value: true })`)
	p.press("Settings")
	p.Eval(nil, `[...document.querySelectorAll('dialog [type=checkbox]')][0].click()`)
	p.press("Close")
	c := h.ring("ann", bob)
	p.until(`told.join() === 'Incoming call: Bob, 1009'`)
	c.Hangup(verto.NormalClearing)
	p.until(`told.at(-1) === 'closed'`)
}
