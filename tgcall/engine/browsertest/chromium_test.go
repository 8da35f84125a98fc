package browsertest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
)

// patience is a safety net for what comes at once on an idle machine.
const patience = 90 * time.Second

// chromium is a browser without a window; its tabs are the pages of all tests.
type chromium struct {
	ctx context.Context
	// The page has two origins: a known one, which may use microphone, camera and screen, as Telegram Web does, and a strange one.
	known, strange string
}

// startChromium runs one until the test ends.
func startChromium(t *testing.T) *chromium {
	t.Helper()
	site := httptest.NewServer(http.FileServerFS(os.DirFS("testdata")))
	t.Cleanup(site.Close)
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.WSURLReadTimeout(patience),
		chromedp.NoSandbox, // it would not start as root
		chromedp.DisableGPU,
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("allow-loopback-in-peer-connection", true),
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"),
		chromedp.Flag("use-fake-device-for-media-stream", true),
		chromedp.Flag("auto-accept-this-tab-capture", true),
	)
	allocator, kill := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, _ := chromedp.NewContext(allocator, chromedp.WithErrorf(t.Logf))
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Error(err)
		}
		kill()
	})
	allow := browser.GrantPermissions([]browser.PermissionType{browser.PermissionTypeAudioCapture, browser.PermissionTypeVideoCapture})
	if err := chromedp.Run(ctx, allow.WithOrigin(site.URL)); err != nil {
		t.Fatalf("start Chromium (the package chromium): %v", err)
	}
	return &chromium{ctx: ctx, known: site.URL, strange: strings.Replace(site.URL, "127.0.0.1", "localhost", 1)}
}
