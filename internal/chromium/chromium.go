// Package chromium gives tests a browser without a window, and tabs in it. One browser may serve several tests at once, each with tabs of
// its own; a tab is for one goroutine at a time, but for Try.
//
// It is driven by the DevTools protocol (https://chromedevtools.github.io/devtools-protocol).
package chromium

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// Patience is a safety net for what comes at once on an idle machine.
const Patience = 5 * time.Minute

// Browser is a Chromium whose microphone beeps once a second. It may be used by several goroutines.
type Browser struct{ ctx context.Context }

// Start runs one until the test ends. If it does not start the test ends there.
func Start(t *testing.T) *Browser {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.WSURLReadTimeout(Patience),
		chromedp.NoSandbox, // it would not start as root
		chromedp.DisableGPU,
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("lang", "en-US"),
		chromedp.Flag("allow-loopback-in-peer-connection", true),
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"),
		chromedp.Flag("use-fake-device-for-media-stream", true),
		chromedp.Flag("auto-accept-this-tab-capture", true),
	)
	allocator, kill := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, _ := chromedp.NewContext(allocator, chromedp.WithErrorf(func(string, ...any) {}), // it does not know all that Chromium tells
		chromedp.WithBrowserOption(chromedp.WithDialTimeout(Patience)))
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Error(err)
		}
		kill()
	})
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("start Chromium (the package chromium): %v", err)
	}
	return &Browser{ctx: ctx}
}
