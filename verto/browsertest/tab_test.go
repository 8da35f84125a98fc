package browsertest

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"

	"switchgram/internal/chromium"
)

// patience is a safety net for what comes at once on an idle machine.
const patience = chromium.Patience

// tab is one with a telephone in it.
type tab struct {
	*chromium.Tab
	t *testing.T
}

// open makes a tab of the page.
func open(t *testing.T, browser *chromium.Browser, url string) *tab {
	t.Helper()
	p := &tab{Tab: browser.Tab(t), t: t}
	p.load(chromedp.Navigate(url))
	return p
}

// load waits until the page is ready after something that loads it.
func (p *tab) load(action chromedp.Action) {
	p.t.Helper()
	p.Do(action, chromedp.Poll("window.ready", nil))
}

// do evaluates JavaScript and waits if it is a promise.
func (p *tab) do(script string, args ...any) {
	p.t.Helper()
	p.Eval(nil, fmt.Sprintf(script, args...))
}

// hearsItself finds out that sound goes both ways, where it is echoed.
func (p *tab) hearsItself() {
	p.t.Helper()
	for _, hz := range []int{700, 1250} {
		p.do("say(%d)", hz)
		p.do("hears(%d)", hz)
	}
}
