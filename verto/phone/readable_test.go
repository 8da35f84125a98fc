package phone_test

import (
	"os"
	"path/filepath"
	"testing"

	"switchgram/internal/npm"
	"switchgram/verto"
	"switchgram/verto/phone"
)

// axe finds what keeps people from using a page: https://github.com/dequelabs/axe-core, in a world of its own, since the page's policy lets
// no script in.
type axe struct{ script string }

func newAxe(t *testing.T) axe {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(npm.Modules(t, "."), "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	return axe{script: string(text)}
}

// finds reports everything that is serious, on the page as it is now.
func (a axe) finds(p *tab, where string) {
	p.t.Helper()
	p.Eval(nil, a.script+"; true")
	var all []struct {
		ID, Impact, Help string
		Nodes            []struct{ HTML string }
	}
	p.Eval(&all, `axe.run(document, { resultTypes: ['violations'] }).then((r) => r.violations.map(({ id, impact, help, nodes }) => ({ id, impact, help, nodes: nodes.map(({ html }) => ({ html })) })))`)
	for _, v := range all {
		p.t.Errorf("%s: %s (%s): %s, at %d places, first %s", where, v.ID, v.Impact, v.Help, len(v.Nodes), v.Nodes[0].HTML)
	}
	p.fits(where)
}

// fits reports a page that is wider than its window, or a dialog wider than it may be. On telephones innerWidth grows with the page.
func (p *tab) fits(where string) {
	p.t.Helper()
	var wide struct{ Is, May int }
	p.Eval(&wide, `[document.querySelector('dialog[open]') ?? document.documentElement].map((e) => ({ is: e.scrollWidth, may: e.clientWidth }))[0]`)
	if wide.Is > wide.May {
		p.t.Errorf("%s: it is %d wide and may be %d", where, wide.Is, wide.May)
	}
}

// isReadable looks at everything there is: dark on a screen, and light on the narrowest telephone.
func isReadable(t *testing.T, b browser) {
	a := newAxe(t)
	h := open(t, phone.Options{})
	p := b.visit(t, h.address(), true)
	every := func(where string) {
		t.Helper()
		p.scheme("light")
		p.wide(320, 800)
		a.finds(p, where+", light")
		p.scheme("dark")
		p.wide(1200, 800)
		a.finds(p, where+", dark")
	}
	p.login("ann", "guess")
	p.sees("is wrong")
	every("the login")
	p.login("ann", "secret")
	p.sees("Online")
	h.show("c1", "sales", "Ann Lee", "+15550123", "talking", 4.3, map[string]any{"at": 1780000000000, "by": "Bob", "text": "wants an offer"})
	p.sees("wants an offer")
	p.press("Add a note: Ann Lee, +15550123")
	p.dial("echo")
	h.gather(h.call(), true, nil)
	p.fill(`.room input`, "Shall we begin?\r")
	p.sees("Ann: Shall we begin?")
	p.sees("Sound: Good")
	p.press("Keys")
	h.ring("ann", verto.Party{Name: "Bob Brown", Number: "+15550123", Fields: map[string]string{verto.FieldLink: "https://crm.example/7"}})
	p.sees("Incoming call")
	every("in calls")
	p.press("Answer")
	p.sees("On hold")
	for _, dialog := range []string{"Settings", "Help", "Transfer"} {
		p.press(dialog)
		p.until(`document.querySelector('dialog[open]')`)
		every(dialog)
		p.Type("\x1b")
		p.until(`!document.querySelector('dialog')`)
	}
	p.press("Hang up")
	p.sees("Call ended")
	every("after a call")
}
