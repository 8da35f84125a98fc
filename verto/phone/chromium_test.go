package phone_test

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	devtools "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"switchgram/internal/chromium"
)

// inChromium are its tabs.
type inChromium struct{ *chromium.Browser }

func (b inChromium) visit(t *testing.T, url string, allowed bool) *tab {
	t.Helper()
	p := b.Tab(t)
	watch(t, p, url)
	p.Permit(origin(url), allowed, "microphone")
	inject := chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := devtools.AddScriptToEvaluateOnNewDocument(remember).Do(ctx)
		return err
	})
	p.Do(network.Enable(), inject, emulation.SetDeviceMetricsOverride(1200, 800, 1, false), chromedp.Navigate(url))
	return &tab{page: p, t: t}
}

// origin is the address of the site that has the page.
func origin(url string) string {
	site, _, _ := strings.Cut(url, "/phone/")
	return site
}

// watch fails the test if the page has its console warn of anything, is refused something by its own policy, or asks anybody else.
func watch(t *testing.T, p *chromium.Tab, url string) {
	own := strings.TrimPrefix(origin(url), "http://")
	p.Watch(func(event any) {
		switch e := event.(type) {
		case *runtime.EventConsoleAPICalled:
			if e.Type == runtime.APITypeError || e.Type == runtime.APITypeWarning {
				t.Errorf("the page: %s", chromium.JS(e.Args))
			}
		case *log.EventEntryAdded:
			if e.Entry.Level == log.LevelError && !strings.HasPrefix(e.Entry.Text, "WebSocket") && !strings.Contains(e.Entry.Text, "net::ERR_") { // tests cut the network
				t.Errorf("the page: %s", e.Entry.Text)
			}
		case *network.EventRequestWillBeSent:
			if u := e.Request.URL; !strings.Contains(u, "://"+own+"/") && !strings.HasPrefix(u, "blob:") && !strings.HasPrefix(u, "data:") {
				t.Errorf("the page asked for %s", u)
			}
		}
	})
}

// wide sets the width of the window.
func (p *tab) wide(width, height int64) {
	p.page.(*chromium.Tab).Do(emulation.SetDeviceMetricsOverride(width, height, 1, width < 600))
}

// scheme sets what the system prefers, light or dark.
func (p *tab) scheme(name string) {
	p.page.(*chromium.Tab).Do(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: name}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}))
}
