package phone_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// chromium is a browser without a window.
type chromium struct{ ctx context.Context }

// startChromium runs one until the test ends. Its microphone beeps once a second.
func startChromium(t *testing.T) *chromium {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.WSURLReadTimeout(patience),
		chromedp.NoSandbox, // it would not start as root
		chromedp.DisableGPU,
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("lang", "en-US"),
		chromedp.Flag("allow-loopback-in-peer-connection", true),
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"),
		chromedp.Flag("use-fake-device-for-media-stream", true),
	)
	allocator, kill := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, _ := chromedp.NewContext(allocator, chromedp.WithErrorf(func(string, ...any) {}), // it does not know all that Chromium tells
		chromedp.WithBrowserOption(chromedp.WithDialTimeout(patience)))
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Error(err)
		}
		kill()
	})
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("start Chromium (the package chromium): %v", err)
	}
	return &chromium{ctx: ctx}
}

// tab is one of somebody who shares nothing with the others.
type tab struct {
	t   *testing.T
	ctx context.Context
}

// tab opens a page in a profile of its own, whose origin may use the microphone if that is allowed.
func (b *chromium) tab(t *testing.T, url string, allowed bool) *tab {
	t.Helper()
	profile, id := b.profile(t)
	ctx, closeTab := chromedp.NewContext(b.ctx, chromedp.WithTargetID(id))
	t.Cleanup(closeTab)
	p := &tab{t: t, ctx: ctx}
	p.watch(url)
	if err := chromedp.Run(ctx); err != nil { // the tab lives as long as this context
		t.Fatal(err)
	}
	inject := chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := page.AddScriptToEvaluateOnNewDocument(remember).Do(ctx)
		return err
	})
	p.do(runtime.Enable(), log.Enable(), network.Enable(), inject, permit(profile, url, allowed), emulation.SetDeviceMetricsOverride(1200, 800, 1, false), chromedp.Navigate(url))
	return p
}

// profile makes one, with a window in it, that is gone with the test.
func (b *chromium) profile(t *testing.T) (profile cdp.BrowserContextID, window target.ID) {
	t.Helper()
	err := chromedp.Run(b.ctx, chromedp.ActionFunc(func(ctx context.Context) (err error) {
		ctx = ofBrowser(ctx)
		if profile, err = target.CreateBrowserContext().Do(ctx); err == nil {
			window, err = target.CreateTarget("about:blank").WithBrowserContextID(profile).WithNewWindow(true).Do(ctx)
		}
		return err
	}))
	if err != nil {
		t.Fatalf("open a window: %v", err)
	}
	t.Cleanup(func() {
		dispose := func(ctx context.Context) error { return target.DisposeBrowserContext(profile).Do(ofBrowser(ctx)) }
		if err := chromedp.Run(b.ctx, chromedp.ActionFunc(dispose)); err != nil {
			t.Errorf("close the window: %v", err)
		}
	})
	return profile, window
}

// permit allows or forbids the microphone.
func permit(profile cdp.BrowserContextID, url string, allowed bool) chromedp.Action {
	setting := browser.PermissionSettingDenied
	if allowed {
		setting = browser.PermissionSettingGranted
	}
	set := browser.SetPermission(&browser.PermissionDescriptor{Name: "microphone"}, setting).WithBrowserContextID(profile)
	return chromedp.ActionFunc(func(ctx context.Context) error {
		return set.WithOrigin(origin(url)).Do(ofBrowser(ctx))
	})
}

// origin is the address of the site that has the page.
func origin(url string) string {
	site, _, _ := strings.Cut(url, "/phone/")
	return site
}

// ofBrowser is for what only the browser itself can do.
func ofBrowser(ctx context.Context) context.Context {
	return cdp.WithExecutor(ctx, chromedp.FromContext(ctx).Browser)
}

// remember keeps the page's connections, so that they can be measured.
const remember = `window.peers = [];
RTCPeerConnection = class extends RTCPeerConnection { constructor(...all) { super(...all); peers.push(this); } };`

// hears waits until the page hears something: the sound that its last connection brings has energy, again and again.
func (p *tab) hears() {
	p.t.Helper()
	p.eval(nil, `(async () => {
		const energy = async () => [...(await peers.at(-1).getStats()).values()].find((s) => s.type === 'inbound-rtp')?.totalAudioEnergy ?? 0;
		for (let before = await energy(), times = 0; times < 2; ) {
			await new Promise((r) => setTimeout(r, 50));
			const now = await energy();
			if (now > before + 1e-5) [before, times] = [now, times + 1];
		}
	})()`)
}

// watch fails the test if the page breaks, is refused something by its own policy, or asks anybody else.
func (p *tab) watch(url string) {
	own := strings.TrimPrefix(origin(url), "http://")
	chromedp.ListenTarget(p.ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			p.t.Errorf("the page broke: %v", e.ExceptionDetails)
		case *log.EventEntryAdded:
			if e.Entry.Source == log.SourceSecurity {
				p.t.Errorf("the page: %s", e.Entry.Text)
			}
		case *network.EventRequestWillBeSent:
			if u := e.Request.URL; !strings.Contains(u, "://"+own+"/") && !strings.HasPrefix(u, "blob:") && !strings.HasPrefix(u, "data:") {
				p.t.Errorf("the page asked for %s", u)
			}
		}
	})
}

// do does something with the tab, which works.
func (p *tab) do(actions ...chromedp.Action) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Run(ctx, actions...); err != nil {
		p.t.Fatalf("the page: %v\n%s", err, p.screen())
	}
}

// screen is what the page says now.
func (p *tab) screen() (text string) {
	ctx, cancel := context.WithTimeout(p.ctx, time.Second)
	defer cancel()
	_ = chromedp.Run(ctx, chromedp.Evaluate("document.body.innerText", &text)) // it is for a report of something else
	return text
}

// eval evaluates JavaScript, waits if it is a promise, and puts the value, if it is wanted, into result.
func (p *tab) eval(result any, script string) {
	p.t.Helper()
	p.do(chromedp.Evaluate(script, result, func(q *runtime.EvaluateParams) *runtime.EvaluateParams {
		return q.WithAwaitPromise(true).WithUserGesture(true)
	}))
}

// until waits until a condition in JavaScript holds.
func (p *tab) until(condition string) {
	p.t.Helper()
	p.eval(nil, `(async () => { while (!(await (async () => `+condition+`)().catch(() => false))) await new Promise((r) => setTimeout(r, 30)); })()`)
}

// sees waits until the page says something, whatever the case of its letters.
func (p *tab) sees(text string) {
	p.t.Helper()
	p.until(`document.body.innerText.toLowerCase().includes(` + js(strings.ToLower(text)) + `)`)
}

// missing waits until the page does not say it.
func (p *tab) missing(text string) {
	p.t.Helper()
	p.until(`!document.body.innerText.includes(` + js(text) + `)`)
}

// press clicks a button by its name, as soon as it is there.
func (p *tab) press(name string) {
	p.t.Helper()
	p.until(`[...document.querySelectorAll('button, summary')].some((b) => b.checkVisibility() && !b.disabled && (b.ariaLabel ?? b.innerText.trim()) === ` + js(name) + ` && (b.click(), true))`)
}

// fill types into a field, instead of what is there.
func (p *tab) fill(selector, text string) {
	p.t.Helper()
	p.until(`(document.querySelector(` + js(selector) + `).select(), true)`)
	p.do(chromedp.KeyEvent(text))
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

// wide sets the width of the window.
func (p *tab) wide(width, height int64) {
	p.do(emulation.SetDeviceMetricsOverride(width, height, 1, width < 600))
}

// scheme sets what the system prefers, light or dark.
func (p *tab) scheme(name string) {
	p.do(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: name}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}))
}

// js writes a value for a script.
func js(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // there are only texts
	}
	return string(text)
}
