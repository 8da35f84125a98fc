package browsertest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is a safety net for what comes at once on an idle machine.
const patience = 60 * time.Second

// chromium is a browser without a window.
func chromium(t *testing.T) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.WSURLReadTimeout(patience),
		chromedp.NoSandbox, // it would not start as root
		chromedp.DisableGPU,
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("allow-loopback-in-peer-connection", true),
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"),
	)
	allocator, kill := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, _ := chromedp.NewContext(allocator, chromedp.WithErrorf(t.Logf))
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Error(err)
		}
		kill()
	})
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("start Chromium (the package chromium): %v", err)
	}
	return ctx
}

// tab is one with a telephone in it.
type tab struct {
	t   *testing.T
	ctx context.Context
}

// open makes a tab of the page. What the page throws fails the test.
func open(t *testing.T, browser context.Context, url string) *tab {
	t.Helper()
	ctx, closeTab := chromedp.NewContext(browser)
	t.Cleanup(closeTab)
	p := &tab{t: t, ctx: ctx}
	chromedp.ListenTarget(ctx, func(event any) {
		if e, ok := event.(*runtime.EventExceptionThrown); ok {
			t.Errorf("the page: %v", e.ExceptionDetails)
		}
	})
	if err := chromedp.Run(ctx); err != nil { // the tab lives as long as this context
		t.Fatal(err)
	}
	p.run(chromedp.Navigate(url))
	p.run(chromedp.Poll("window.ready", nil))
	return p
}

func (p *tab) run(actions ...chromedp.Action) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Run(ctx, actions...); err != nil {
		p.t.Fatalf("the page: %v", err)
	}
}

// do evaluates JavaScript and waits if it is a promise.
func (p *tab) do(script string, args ...any) {
	p.t.Helper()
	p.run(chromedp.Evaluate(fmt.Sprintf(script, args...), nil, func(q *runtime.EvaluateParams) *runtime.EvaluateParams {
		return q.WithAwaitPromise(true).WithUserGesture(true)
	}))
}

// hearsItself finds out that sound goes both ways, where it is echoed.
func (p *tab) hearsItself() {
	p.t.Helper()
	for _, hz := range []int{700, 1250} {
		p.do("say(%d)", hz)
		p.do("hears(%d)", hz)
	}
}
