package phone_test

import (
	"strings"
	"testing"

	"switchgram/internal/chromium"
)

// browser is what the page is tried in.
type browser interface {
	// visit opens the page, which may use the microphone if that is allowed.
	visit(t *testing.T, url string, allowed bool) *tab
}

// page is one in any browser.
type page interface {
	Eval(result any, script string)
	Type(keys string)
	Reload()
}

// tab is one with the page in it.
type tab struct {
	page
	t *testing.T
}

// remember keeps the page's connections, so that they can be measured.
const remember = `window.peers = [];
RTCPeerConnection = class extends RTCPeerConnection { constructor(...all) { super(...all); peers.push(this); } };`

// hears waits until the page hears something: the sound that its last connection brings has energy, again and again.
func (p *tab) hears() {
	p.t.Helper()
	p.Eval(nil, `(async () => {
		const energy = async () => [...(await peers.at(-1).getStats()).values()].find((s) => s.type === 'inbound-rtp')?.totalAudioEnergy ?? 0;
		for (let before = await energy(), times = 0; times < 2; ) {
			await new Promise((r) => setTimeout(r, 50));
			const now = await energy();
			if (now > before + 1e-5) [before, times] = [now, times + 1];
		}
	})()`)
}

// until waits until a condition in JavaScript holds.
func (p *tab) until(condition string) {
	p.t.Helper()
	p.Eval(nil, `(async () => { while (!(await (async () => `+condition+`)().catch(() => false))) await new Promise((r) => setTimeout(r, 30)); })()`)
}

// sees waits until the page says something, whatever the case of its letters.
func (p *tab) sees(text string) {
	p.t.Helper()
	p.until(`document.body.innerText.toLowerCase().includes(` + chromium.JS(strings.ToLower(text)) + `)`)
}

// missing waits until the page does not say it.
func (p *tab) missing(text string) {
	p.t.Helper()
	p.until(`!document.body.innerText.includes(` + chromium.JS(text) + `)`)
}

// press clicks a button by its name, as soon as it is there.
func (p *tab) press(name string) {
	p.t.Helper()
	p.until(`[...document.querySelectorAll('button, summary')].some((b) => b.checkVisibility() && !b.disabled && (b.ariaLabel ?? b.innerText.trim()) === ` + chromium.JS(name) + ` && (b.click(), true))`)
}

// fill types into a field, instead of what is there.
func (p *tab) fill(selector, text string) {
	p.t.Helper()
	p.until(`(document.querySelector(` + chromium.JS(selector) + `).select(), true)`)
	p.Type(text)
}

// login fills the form, and waits until the telephone is there.
func (p *tab) login(user, password string) {
	p.t.Helper()
	p.fill("input[name=username]", user)
	p.fill("input[name=password]", password+"\r")
}

// dial calls by the number field.
func (p *tab) dial(number string) {
	p.t.Helper()
	p.until(`!document.querySelector('button.go').disabled`)
	p.fill("#number", number+"\r")
}
