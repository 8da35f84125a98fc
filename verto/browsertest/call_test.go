package browsertest

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"switchgram/internal/npm"
	"switchgram/verto"
)

// house is a server whose calls are echoes, and a page that calls it.
type house struct {
	*tab
	s     *verto.Server
	url   string
	calls chan *verto.Call
	lines *lines
}

// lines are the server's connections, which can be cut.
type lines struct {
	net.Listener
	mu  sync.Mutex
	all []net.Conn
}

// Accept implements net.Listener.
func (l *lines) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		l.mu.Lock()
		l.all = append(l.all, c)
		l.mu.Unlock()
	}
	return c, err
}

// cut breaks every connection that there is.
func (l *lines) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.all {
		_ = c.Close() // it may be closed
	}
	l.all = nil
}

// sound is a page's voice and ear, which the tests of Telegram's engine have too.
const sound = "../../tgcall/engine/browsertest/testdata/sound.js"

type users struct{}

func (users) Login(_ context.Context, l verto.Login) (verto.User, error) {
	if l.Name != "ann" || l.Password != "secret" {
		return verto.User{}, verto.ErrPassword
	}
	return verto.User{ID: "ann", Name: "Ann", Number: "1008", May: anything{}}, nil
}

// anything may be listened to.
type anything struct{}

func (anything) MaySubscribe(string) bool { return true }
func (anything) MayBroadcast(string) bool { return false }

// build runs a server, with the page beside it, until the test ends.
func build(t *testing.T, open opener) *house {
	t.Helper()
	h := &house{calls: make(chan *verto.Call, 4)}
	var err error
	h.s, err = verto.New(verto.Options{Users: users{}, OnCall: h.onCall, Media: loopback})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = h.s.Run(ctx) })
	mux := http.NewServeMux()
	mux.Handle("/", http.FileServerFS(os.DirFS("testdata")))
	mux.Handle("/modules/", http.StripPrefix("/modules/", http.FileServerFS(os.DirFS(npm.Modules(t, "testdata")))))
	mux.HandleFunc("/sound.js", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, sound) })
	mux.Handle("/verto", h.s)
	site := httptest.NewUnstartedServer(mux)
	h.lines = &lines{Listener: site.Listener}
	site.Listener = h.lines
	site.Start()
	t.Cleanup(func() { stop(); running.Wait(); site.Close() })
	h.url = "ws" + strings.TrimPrefix(site.URL, "http") + "/verto"
	h.tab = &tab{page: open(t, site.URL), t: t}
	return h
}

func loopback(s *webrtc.SettingEngine) (func(), error) {
	s.SetIncludeLoopbackCandidate(true)
	s.SetIPFilter(net.IP.IsLoopback)
	return nil, nil
}

// onCall answers and echoes what is said. Who dials "early" is answered by the test.
func (h *house) onCall(ctx context.Context, c *verto.Call) {
	echo(c)
	h.calls <- c
	switch c.Destination() {
	case "busy":
		c.Hangup(verto.Cause{Code: 17, Name: "USER_BUSY"})
		return
	case "early":
		_ = c.EarlyMedia(ctx)
	default:
		_ = c.Answer(ctx)
	}
	<-ctx.Done()
}

func echo(c *verto.Call) {
	c.OnRTP(func(p *rtp.Packet) { _ = c.WriteRTP(p) })
}

// start begins to use a page that has just been loaded.
func (h *house) start(client string) {
	h.t.Helper()
	h.do("(async () => { while (!window.ready) await new Promise((resolve) => setTimeout(resolve, 20)); })()")
	h.do("start('%s', '%s', 'ann', 'secret')", client, h.url)
}

// call is the one that the page makes.
func (h *house) call() *verto.Call {
	h.t.Helper()
	select {
	case c := <-h.calls:
		return c
	case <-time.After(patience):
		h.t.Fatal("no call came")
		return nil
	}
}

// await is the next event of the kind.
func await[E verto.Event](t *testing.T, c *verto.Call) (e E) {
	t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case got, more := <-c.Events():
			if e, ok := got.(E); ok {
				return e
			}
			if !more {
				t.Fatalf("the call has ended; no %T came", e)
			}
		case <-timeout:
			t.Fatalf("no %T came", e)
		}
	}
}

// TestClientsThatAreNotOurs has a tab for each client.
func TestClientsThatAreNotOurs(t *testing.T) {
	t.Run("Chromium", func(t *testing.T) { clientsCall(t, inChromium(t)) })
	t.Run("Firefox", func(t *testing.T) { clientsCall(t, inFirefox(t)) })
}

func clientsCall(t *testing.T, open opener) {
	for _, client := range []string{"vertojs", "verto"} {
		t.Run(client, func(t *testing.T) {
			t.Parallel()
			h := build(t, open)
			h.start(client)
			calls(h)
			isCalled(h)
			waits(h)
			isRefused(h)
			switch client { // what only one of them can
			case "vertojs":
				presses(h)
			case "verto":
				watches(h)
				attends(h)
				moderates(h)
				isCutOff(h)
				comesBack(h)
			}
		})
	}
}

// calls: the page calls, is heard and hears, presses keys, holds, and hangs up.
func calls(h *house) {
	h.do("phone.dial('3500')")
	c := h.call()
	await[verto.Answered](h.t, c)
	h.do("reaches('active')")
	h.hearsItself()

	h.do("phone.dtmf('4'), phone.dtmf('2#')")
	if a, b := await[verto.Digits](h.t, c), await[verto.Digits](h.t, c); a.Keys+b.Keys != "42#" {
		h.t.Errorf("the page pressed %s%s", a.Keys, b.Keys)
	}
	h.do("phone.hold()")
	if e := await[verto.Held](h.t, c); !e.On {
		h.t.Error("hold was told as its end")
	}
	h.do("reaches('held')")
	h.do("phone.unhold()")
	await[verto.Held](h.t, c)
	h.do("reaches('active')")
	h.do("phone.hangup()")
	if e := await[verto.Ended](h.t, c); !e.Remote || e.Cause != verto.NormalClearing {
		h.t.Errorf("the call ended: %v", e)
	}
}

// isCalled: the page rings, answers, is heard and hears, and is hung up.
func isCalled(h *house) {
	c, err := h.s.Sessions("ann")[0].Dial(context.Background(), "", verto.Party{Name: "Bob", Number: "+491234"})
	if err != nil {
		h.t.Fatal(err)
	}
	echo(c)
	h.do("reaches('ringing')")
	h.do("phone.answer()")
	await[verto.Answered](h.t, c)
	h.do("reaches('active')")
	h.hearsItself()
	c.Hangup(verto.NormalClearing)
	h.do("reaches('over')")
}

// waits: the page hears something before it is answered.
func waits(h *house) {
	h.do("phone.dial('early')")
	c := h.call()
	h.do("reaches('early')")
	if err := c.Answer(context.Background()); err != nil {
		h.t.Fatal(err)
	}
	h.do("reaches('active')")
	h.hearsItself()
	h.do("phone.hangup()")
	await[verto.Ended](h.t, c)
}

// isRefused: the page is told so.
func isRefused(h *house) {
	h.do("phone.dial('busy')")
	await[verto.Ended](h.t, h.call())
	h.do("reaches('over')")
}

// presses: the page sends keys in its sound, as WebRTC has it (RTCDTMFSender).
func presses(h *house) {
	h.do("phone.dial('3500')")
	c := h.call()
	await[verto.Answered](h.t, c)
	h.hearsItself()
	h.do("phone.press('7')")
	if e := await[verto.Digits](h.t, c); e.Keys != "7" {
		h.t.Errorf("the page pressed %s", e.Keys)
	}
	h.do("phone.hangup()")
	await[verto.Ended](h.t, c)
}

// watches: the client's own code reads a live array that changes while it begins to watch, and after.
func watches(h *house) {
	const channel = "switchgram.calls"
	a := h.s.NewArray(channel, channel)
	put := func(key string, row ...any) {
		h.t.Helper()
		if err := a.Put(key, row); err != nil {
			h.t.Fatal(err)
		}
	}
	put("first", "first", 1)
	put("second", "second", 1)
	h.do("phone.watch('%s')", channel)
	for i := range 50 {
		put("first", "first", i)
	}
	h.do("until(() => phone.rows() === '%s')", `[["first",49],["second",1]]`)
	put("third", "third", 1)
	a.Delete("second")
	put("first", "first", 100)
	h.do("until(() => phone.rows() === '%s')", `[["first",100],["third",1]]`)
	h.do("if (phone.faults.length > 0) throw new Error(phone.faults)")
}

// isCutOff: the network between page and server breaks; the client logs in again by itself, and goes on with its call.
func isCutOff(h *house) {
	h.do("phone.dial('3500')")
	c := h.call()
	await[verto.Answered](h.t, c)
	h.do("reaches('active')")
	h.lines.cut()
	await[verto.Detached](h.t, c)
	await[verto.Attached](h.t, c)
	h.do("reaches('active')")
	h.hearsItself()
	h.do("phone.hangup()")
	await[verto.Ended](h.t, c)
}

// comesBack: the page is reloaded in a call, and goes on with it.
func comesBack(h *house) {
	h.do("phone.dial('3500')")
	c := h.call()
	await[verto.Answered](h.t, c)
	h.do("reaches('active')")
	h.Reload()
	await[verto.Detached](h.t, c)
	h.start("verto")
	await[verto.Attached](h.t, c)
	h.do("reaches('active')")
	h.hearsItself()
	h.do("phone.hangup()")
	if e := await[verto.Ended](h.t, c); !e.Remote {
		h.t.Errorf("the call ended: %v", e)
	}
}
