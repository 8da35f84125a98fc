package browsertest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"switchgram/internal/chromium"
	"switchgram/internal/firefox"
)

// patience is a safety net for what comes at once on an idle machine.
const patience = chromium.Patience

// page is one in any browser.
type page interface {
	Eval(result any, script string)
	Reload()
}

// tab is one with a telephone in it.
type tab struct {
	page
	t *testing.T
}

// lamented is what the clients call errors and is none: that they have no connection, and what is answered on a channel that they did not subscribe to.
var lamented = []string{"Websocket Lost", "UNSUBBED or invalid EVENT conference-mod."}

// opener opens an address in a tab of a browser.
type opener func(t *testing.T, url string) page

func inChromium(t *testing.T) opener {
	b := chromium.Start(t)
	return func(t *testing.T, url string) page {
		t.Helper()
		p := b.Tab(t)
		p.Watch(func(event any) {
			e, ok := event.(*runtime.EventConsoleAPICalled)
			if ok && e.Type == runtime.APITypeError && !slices.ContainsFunc(lamented, func(text string) bool { return strings.Contains(chromium.JS(e.Args), text) }) {
				t.Errorf("the page: %s", chromium.JS(e.Args))
			}
		})
		p.Do(chromedp.Navigate(url))
		return p
	}
}

func inFirefox(t *testing.T) opener {
	b := firefox.Start(t)
	return func(t *testing.T, url string) page {
		t.Helper()
		return b.Tab(t, url, "", lamented...)
	}
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
