package phone_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"switchgram/verto"
	"switchgram/verto/phone"
)

// farthest is how many controls there may be on the page.
const farthest = 80

// tabTo goes from control to control until one has the name. Each is to be seen on the way.
func (p *tab) tabTo(name string) {
	p.t.Helper()
	var passed []string
	for range farthest {
		p.Type(kb.Tab)
		var on struct {
			Name string
			Seen bool
		}
		p.Eval(&on, `(() => {
			const e = document.activeElement, style = getComputedStyle(e);
			return { name: e.ariaLabel ?? e.labels?.[0]?.innerText.trim() ?? e.innerText.trim(), seen: e === document.body || style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0 };
		})()`)
		if !on.Seen {
			p.t.Errorf("%q has the focus, and does not show it", on.Name)
		}
		if on.Name == name {
			return
		}
		passed = append(passed, on.Name)
	}
	p.t.Fatalf("no key leads to %q, past %s", name, strings.Join(passed, " | "))
}

// on waits until a condition holds of the element that has the focus, e.
func (p *tab) on(condition string) {
	p.t.Helper()
	p.until(`((e) => ` + condition + `)(document.activeElement)`)
}

// goesByKeys is a day at the telephone of somebody who has no mouse.
func goesByKeys(t *testing.T, b browser) {
	h := open(t, phone.Options{})
	p := b.visit(t, h.address(), true)
	p.on(`e.name === 'username'`)
	p.Type("ann" + kb.Tab + "secret" + kb.Enter)
	p.sees("Online")
	p.writesByKeys()
	p.Type("echo" + kb.Enter)
	c := h.call()
	p.sees("Connected")
	p.holdsByKeys(c)
	p.transfersByKeys(c)
	p.answersByKeys(h)
	h.show("c1", "sales", "Ann Lee", "+15550123", "talking", 4.3)
	p.sees("Ann Lee")
	p.tabTo("Listen: Ann Lee, +15550123")
	p.Type(" ")
	if to := h.call().Destination(); to != "listen:c1" {
		t.Errorf("it calls %q", to)
	}
	p.tabTo("Log out")
	p.Type(kb.Enter)
	p.on(`e.name === 'username'`)
}

// writesByKeys goes to the number by a shortcut, of which there are none while it types there.
func (p *tab) writesByKeys() {
	p.t.Helper()
	p.Type("/")
	p.on(`e.id === 'number'`)
	p.Type("mad?")
	p.on(`e.value === 'mad?'`)
	p.Type(kb.Escape)
	p.on(`e === document.body`)
	p.tabTo("Erase")
	p.Type(kb.Enter + " " + kb.Enter + " ")
	p.tabTo("Number, @username or name")
}

func (p *tab) holdsByKeys(c *verto.Call) {
	p.t.Helper()
	p.tabTo("Hold")
	p.Type(" ")
	if !event[verto.Held](p.t, c).On {
		p.t.Error("not held")
	}
	p.on(`e.innerText.trim() === 'Resume'`)
	p.Type(kb.Enter)
	if event[verto.Held](p.t, c).On {
		p.t.Error("still held")
	}
	p.on(`e.innerText.trim() === 'Hold'`)
	p.Type("5")
	if keys := event[verto.Digits](p.t, c).Keys; keys != "5" {
		p.t.Errorf("it sends %q", keys)
	}
}

// transfersByKeys thinks better of it once, and is where it was both times.
func (p *tab) transfersByKeys(c *verto.Call) {
	p.t.Helper()
	p.tabTo("Transfer")
	for _, end := range []string{kb.Escape, kb.Enter} {
		p.Type(kb.Enter)
		p.on(`e.id === 'transfer'`)
		p.Type("3500" + end)
		p.on(`e.innerText.trim() === 'Transfer' && !document.querySelector('dialog')`)
	}
	if to := event[verto.TransferAsked](p.t, c).To; to != "3500" {
		p.t.Errorf("it transfers to %q", to)
	}
}

func (p *tab) answersByKeys(h *house) {
	p.t.Helper()
	c := h.ring("ann", bob)
	p.sees("Incoming call")
	p.tabTo("Answer")
	p.Type(kb.Enter)
	event[verto.Answered](p.t, c)
	p.on(`e.matches('article')`)
	p.tabTo("Hang up")
	p.Type(kb.Enter)
	event[verto.Ended](p.t, c)
}
