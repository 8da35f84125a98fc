package browsertest

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"switchgram/internal/chromium"
)

// patience is a safety net for what comes at once on an idle machine.
const patience = chromium.Patience

// web is a browser, and a page that has two origins: a known one, which may use microphone and camera, as Telegram Web does, and a strange one.
type web struct {
	*chromium.Browser
	known, strange string
}

// serve runs both until the test ends.
func serve(t *testing.T) *web {
	t.Helper()
	site := httptest.NewServer(http.FileServerFS(os.DirFS("testdata")))
	t.Cleanup(site.Close)
	return &web{Browser: chromium.Start(t), known: site.URL, strange: strings.Replace(site.URL, "127.0.0.1", "localhost", 1)}
}

// begin says what kind of call the page makes.
type begin struct {
	Outgoing   bool        `json:"outgoing"`
	ICEServers []iceServer `json:"iceServers"`
	RelayOnly  bool        `json:"relayOnly"`
	Pool       int         `json:"pool"` // candidates gathered before they are needed
}

type iceServer struct {
	URLs       []string `json:"urls"`
	Username   string   `json:"username"`
	Credential string   `json:"credential"`
}

// open makes a tab of the page, whose messages say gets. It must not block.
func (w *web) open(t *testing.T, url string, say func(text []byte)) *chromium.Tab {
	t.Helper()
	p := w.Tab(t)
	p.Watch(func(event any) {
		if e, ok := event.(*runtime.EventBindingCalled); ok {
			say([]byte(e.Payload))
		}
	})
	p.Permit(w.known, true, "microphone", "camera")
	p.Do(runtime.AddBinding("say"), chromedp.Navigate(url))
	return p
}
