package live_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"go.uber.org/goleak"

	"switchgram/bridge"
	"switchgram/bridge/fetch"
	"switchgram/bridge/live"
	"switchgram/bridge/media"
	"switchgram/bridge/route"
	"switchgram/bridge/route/folder"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(victimFolder); dir != "" {
		victim(dir)
		return
	}
	if os.Getenv(lookupServer) != "" {
		lookUp()
		return
	}
	goleak.VerifyTestMain(m)
}

// patience is a safety net; no test waits so long when things go well.
const patience = time.Minute

// town is everybody that scripts talk to over HTTP.
type town struct {
	server *httptest.Server
	got    chan asked
	hold   chan struct{} // what is under /hold waits for it
	says   string        // answers; JSON
}

type asked struct{ path, body, key, cookie string }

func newTown(t *testing.T) *town {
	w := &town{got: make(chan asked, 1024), hold: make(chan struct{})}
	w.server = httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.got <- asked{r.URL.Path, string(body), r.Header.Get("Idempotency-Key"), r.Header.Get("Cookie")}
		if r.URL.Path == "/login" {
			http.SetCookie(out, &http.Cookie{Name: "session", Value: "7"})
		}
		if w.says != "" {
			out.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(out, w.says)
		}
		if strings.HasPrefix(r.URL.Path, "/hold") {
			select {
			case <-w.hold:
			case <-r.Context().Done():
			}
		}
	}))
	t.Cleanup(w.server.Close)
	return w
}

// hears waits for the next request, which must be to that path.
func (w *town) hears(t *testing.T, path string) asked {
	t.Helper()
	select {
	case a := <-w.got:
		if a.path != path {
			t.Fatalf("asked for %s, want %s", a.path, path)
		}
		return a
	case <-time.After(patience):
		t.Fatalf("nobody asked for %s", path)
		return asked{}
	}
}

// folderOf is a folder with scripts; TOWN in them is the server.
func folderOf(t testing.TB, server string, scripts ...string) *folder.Folder {
	t.Helper()
	dir := t.TempDir()
	for i, s := range scripts {
		must(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.json", i)), []byte(replaced(s, server)), 0o600))
	}
	f, err := folder.Open(dir, folder.Options{})
	must(t, err)
	return f
}

func replaced(script, server string) string { return strings.ReplaceAll(script, "TOWN", server) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// options are those of a Router whose calls are for number 1.
func options(f *folder.Folder, client *fetch.Client) live.Options {
	return live.Options{
		Scripts: route.Options{Library: f.Library, HTTP: client}, People: nobody{},
		Arrival: func(c *bridge.Call) (route.Arrival, bool) { return live.ArrivalOf(c, route.Public, "", "1"), true },
	}
}

func newClient() *fetch.Client { return fetch.New(fetch.Options{Allow: loopback()}) }

func loopback() []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} }

// nobody finds everybody by SIP.
type nobody struct{}

func (nobody) User(t route.Target) []bridge.Address {
	return []bridge.Address{{Scheme: "sip", User: t.Name}}
}

func (nobody) Telegram(_, peer string) bridge.Address {
	return bridge.Address{Scheme: "tg", User: peer}
}

// run runs a router until the test ends, or stop is called.
func run(t *testing.T, o live.Options) (r *live.Router, stop func()) {
	t.Helper()
	o.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	r, err := live.New(o)
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := r.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	stop = sync.OnceFunc(func() { cancel(); running.Wait(); must(t, r.Close()) })
	t.Cleanup(stop)
	return r, stop
}

// caller is somebody on Telegram who calls: a leg that does as it is told.
type caller struct {
	events chan bridge.LegEvent
	once   sync.Once
}

func newCaller() *caller { return &caller{events: make(chan bridge.LegEvent, 8)} }

func (*caller) ID() bridge.LegID             { return "tg-1" }
func (*caller) Address() bridge.Address      { return bridge.Address{Scheme: "tg", User: "+4930123456"} }
func (*caller) Line() string                 { return "main" }
func (*caller) Answer(context.Context) error { return nil }
func (*caller) Media() media.Stream          { return mute{} }
func (*caller) Party() bridge.Party {
	return bridge.Party{Phone: "+4930123456", ID: 77, Username: "ann", FirstName: "Ann ${x}", LastName: `"O'Neil`}
}

func (c *caller) Events() <-chan bridge.LegEvent { return c.events }

func (c *caller) Hangup(_ context.Context, cause bridge.Cause) error {
	c.end(bridge.Ended{Cause: cause})
	return nil
}

// leaves hangs up.
func (c *caller) leaves() { c.end(bridge.Ended{Cause: bridge.NormalClearing, Remote: true}) }

func (c *caller) end(e bridge.Ended) {
	c.once.Do(func() { c.events <- e; close(c.events) })
}

// mute is a stream without sound.
type mute struct{}

func (mute) Format() media.Format {
	return media.Format{Codec: media.Opus, ClockRate: media.OpusRate, Channels: 2, PTime: 20 * time.Millisecond}
}
func (mute) OnRTP(func(*rtp.Packet))    {}
func (mute) WriteRTP(*rtp.Packet) error { return nil }
func (mute) Stats() media.Stats         { return media.Stats{} }
