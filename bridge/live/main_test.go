package live_test

import (
	"context"
	"fmt"
	"log/slog"
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
	"switchgram/bridge/notify/notifytest"
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
type town struct{ *notifytest.Receiver }

func newTown(t *testing.T) *town {
	t.Helper()
	r, err := notifytest.NewReceiver()
	must(t, err)
	t.Cleanup(r.Close)
	return &town{r}
}

// next waits for a request.
func (w *town) next(t *testing.T) notifytest.Request {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r, err := w.Next(ctx)
	must(t, err)
	return r
}

// hears waits for the next request, which must be to that path.
func (w *town) hears(t *testing.T, path string) notifytest.Request {
	t.Helper()
	r := w.next(t)
	if r.Path != path {
		t.Fatalf("asked for %s, want %s", r.Path, path)
	}
	return r
}

// key is what a receiver knows a repeated request by.
func key(r notifytest.Request) string { return r.Header.Get("Idempotency-Key") }

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
