package chromium

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Tab is one of somebody who shares nothing with others: it has a profile of its own.
type Tab struct {
	t       *testing.T
	ctx     context.Context
	profile cdp.BrowserContextID
}

// Tab opens an empty one until the test ends. What its page throws fails the test.
func (b *Browser) Tab(t *testing.T) *Tab {
	t.Helper()
	profile, window := b.profile(t)
	ctx, closeTab := chromedp.NewContext(b.ctx, chromedp.WithTargetID(window))
	t.Cleanup(closeTab)
	p := &Tab{t: t, ctx: ctx, profile: profile}
	p.Watch(func(event any) {
		if e, ok := event.(*runtime.EventExceptionThrown); ok {
			t.Errorf("the page broke: %v", e.ExceptionDetails)
		}
	})
	if err := chromedp.Run(ctx); err != nil { // the tab lives as long as this context
		t.Fatal(err)
	}
	return p
}

// profile makes one, with a window in it, that is gone with the test.
func (b *Browser) profile(t *testing.T) (profile cdp.BrowserContextID, window target.ID) {
	t.Helper()
	err := chromedp.Run(b.ctx, ofBrowser(func(ctx context.Context) (err error) {
		if profile, err = target.CreateBrowserContext().Do(ctx); err == nil {
			window, err = target.CreateTarget("about:blank").WithBrowserContextID(profile).WithNewWindow(true).Do(ctx)
		}
		return err
	}))
	if err != nil {
		t.Fatalf("open a window: %v", err)
	}
	t.Cleanup(func() {
		if err := chromedp.Run(b.ctx, ofBrowser(target.DisposeBrowserContext(profile).Do)); err != nil {
			t.Errorf("close the window: %v", err)
		}
	})
	return profile, window
}

// ofBrowser is for what only the browser itself can do.
func ofBrowser(do func(context.Context) error) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		return do(cdp.WithExecutor(ctx, chromedp.FromContext(ctx).Browser))
	})
}

// Permit lets the pages of a site use devices, such as "microphone", or refuses them; otherwise somebody would be asked, and is not there.
func (p *Tab) Permit(site string, allowed bool, devices ...string) {
	p.t.Helper()
	setting := browser.PermissionSettingDenied
	if allowed {
		setting = browser.PermissionSettingGranted
	}
	for _, name := range devices {
		p.Do(ofBrowser(browser.SetPermission(&browser.PermissionDescriptor{Name: name}, setting).WithBrowserContextID(p.profile).WithOrigin(site).Do))
	}
}

// Watch has a function told of all that the browser tells of the tab. It must not block, nor use the tab.
func (p *Tab) Watch(hear func(event any)) { chromedp.ListenTarget(p.ctx, hear) }

// Do does something with the tab. What does not work ends the test, which shows what the page says.
func (p *Tab) Do(actions ...chromedp.Action) {
	p.t.Helper()
	if err := p.run(Patience, actions...); err != nil {
		p.t.Fatalf("the page: %v\n%s", err, p.screen())
	}
}

// Type presses keys; those without a letter are in chromedp's package kb.
func (p *Tab) Type(keys string) {
	p.t.Helper()
	for _, key := range keys {
		p.Do(press(key)...)
	}
}

// press is a key that goes down and up. What it writes is told as it goes down: told by itself, as chromedp does, it would be written even if the
// page has taken the key for something else.
func press(key rune) (all []chromedp.Action) {
	var down *input.DispatchKeyEventParams
	for _, e := range kb.Encode(key) {
		if e.Type == input.KeyChar {
			down.Text, down.UnmodifiedText = e.Text, e.UnmodifiedText
			continue
		}
		if e.Type == input.KeyDown {
			down = e
		}
		all = append(all, e)
	}
	return all
}

// Reload loads the page again.
func (p *Tab) Reload() {
	p.t.Helper()
	p.Do(chromedp.Reload())
}

// Eval evaluates JavaScript, waits if it is a promise, and puts the value, if it is wanted, into result. What does not work ends the test.
func (p *Tab) Eval(result any, script string) {
	p.t.Helper()
	p.Do(evaluate(result, script))
}

// Try evaluates JavaScript, and waits if it is a promise. It may be called from any goroutine; context.Canceled: the tab was closed.
func (p *Tab) Try(script string) error { return p.run(Patience, evaluate(nil, script)) }

func (p *Tab) run(patience time.Duration, actions ...chromedp.Action) error {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, actions...)
}

func evaluate(result any, script string) chromedp.Action {
	return chromedp.Evaluate(script, result, func(q *runtime.EvaluateParams) *runtime.EvaluateParams {
		return q.WithAwaitPromise(true).WithUserGesture(true)
	})
}

// screen is what the page says now.
func (p *Tab) screen() (text string) {
	_ = p.run(time.Second, chromedp.Evaluate("document.body.innerText", &text)) // it is for a report of something else
	return text
}

// JS writes a value for a script.
func JS(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // tests give what can be written
	}
	return string(text)
}
