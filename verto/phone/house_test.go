package phone_test

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"switchgram/internal/chromium"
	"switchgram/verto"
	"switchgram/verto/phone"
)

// patience is a safety net for what comes at once on an idle machine.
const patience = chromium.Patience

// watched is the channel of the calls in progress.
const watched = "switchgram.calls"

// house is a server of ours that has the page, and one who serves its calls as the number says that they dial.
type house struct {
	t      *testing.T
	server *verto.Server
	live   *verto.Array // calls in progress
	site   *httptest.Server
	calls  chan *verto.Call // whom a page has called, except echo and busy
	lines  []string         // of all users

	mu    sync.Mutex
	conns map[net.Conn]bool // that are open
	away  bool              // nobody can connect
}

// open runs a house until the test ends.
func open(t *testing.T, o phone.Options) *house {
	t.Helper()
	h := &house{t: t, calls: make(chan *verto.Call, 8), conns: make(map[net.Conn]bool), lines: []string{"sales", "support"}}
	server, err := verto.New(verto.Options{
		Users: folk{}, OnCall: h.serve, Media: loopback, Variables: []string{"line"},
		Commands: map[string]verto.Command{"phone": h.grant, "note": h.note},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := server.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	mux := http.NewServeMux()
	mux.Handle("/phone/verto", server)
	mux.Handle("/phone/", http.StripPrefix("/phone", phone.Handler(o)))
	h.server, h.live, h.site = server, server.NewArray(watched, watched), httptest.NewUnstartedServer(mux)
	h.site.Config.ConnState = h.count
	h.site.Start()
	t.Cleanup(func() { stop(); running.Wait(); h.site.Close() })
	return h
}

// folk may log in by the name "ann" or "bob" and the password "secret". Bob may listen to nothing.
type folk struct{}

func (folk) Login(_ context.Context, l verto.Login) (verto.User, error) {
	switch {
	case l.Name != "ann" && l.Name != "bob":
		return verto.User{}, verto.ErrUser
	case l.Password != "secret":
		return verto.User{}, verto.ErrPassword
	case l.Name == "bob":
		return verto.User{ID: l.Name, Name: "Bob", Number: "1009"}, nil
	}
	return verto.User{ID: l.Name, Name: "Ann", Number: "1008", May: watching{}}, nil
}

type watching struct{}

func (watching) MaySubscribe(channel string) bool { return channel == watched }
func (watching) MayBroadcast(string) bool         { return false }

func (h *house) grant(context.Context, *verto.Session, json.RawMessage) (any, error) {
	return map[string]any{"lines": h.lines, "roles": []string{"talk", "listen", "whisper"}, "calls": []string{watched}, "notes": true}, nil
}

// note keeps what a user writes on a call, unless it is "nothing".
func (h *house) note(_ context.Context, s *verto.Session, data json.RawMessage) (any, error) {
	var asked struct{ Call, Text string }
	if err := json.Unmarshal(data, &asked); err != nil || asked.Text == "nothing" {
		return nil, &verto.CommandError{Text: "there is no such call"}
	}
	h.show(asked.Call, "sales", "Ann Lee", "+15550123", "talking", 4.3, map[string]any{"at": time.Now().UnixMilli(), "by": s.User().Name, "text": asked.Text})
	return map[string]any{}, nil
}

// loopback keeps calls on this machine.
func loopback(s *webrtc.SettingEngine) (func(), error) {
	s.SetIncludeLoopbackCandidate(true)
	s.SetIPFilter(net.IP.IsLoopback)
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	return nil, nil
}

// serve does what the number says; other calls are the test's.
func (h *house) serve(ctx context.Context, c *verto.Call) {
	switch c.Destination() {
	case "busy":
		c.Hangup(verto.Cause{Code: 17, Name: "USER_BUSY"})
	case "echo":
		echo(c)
		if err := c.Answer(ctx); err != nil {
			h.t.Errorf("answer: %v", err)
		}
		h.calls <- c
		<-ctx.Done()
	default:
		h.calls <- c
		<-ctx.Done()
	}
}

// echo sends back what comes.
func echo(c *verto.Call) {
	c.OnRTP(func(p *rtp.Packet) { _ = c.WriteRTP(p) }) // a call that is over takes none
}

// show puts a call into the table of those in progress.
func (h *house) show(id, line, from, to, state string, quality float64, notes ...any) {
	h.t.Helper()
	since := time.Now().Add(-95 * time.Second).UnixMilli()
	if err := h.live.Put(id, []any{id, line, from, to, state, since, 2, quality, notes}); err != nil {
		h.t.Fatal(err)
	}
}

// call is the next one that a page makes, taken.
func (h *house) call() *verto.Call {
	h.t.Helper()
	select {
	case c := <-h.calls:
		return c
	case <-time.After(patience):
		h.t.Fatal("nobody calls")
		return nil
	}
}

// ring calls the page of a user.
func (h *house) ring(user string, from verto.Party) *verto.Call {
	h.t.Helper()
	all := h.server.Sessions(user)
	if len(all) == 0 {
		h.t.Fatalf("%s is not logged in", user)
	}
	c, err := all[len(all)-1].Dial(h.t.Context(), "", from)
	if err != nil {
		h.t.Fatal(err)
	}
	echo(c)
	return c
}

// event waits for one that a call has, of those that are still to come.
func event[E verto.Event](t *testing.T, c *verto.Call) E {
	t.Helper()
	late := time.After(patience)
	for {
		select {
		case e, ok := <-c.Events():
			if !ok {
				var want E
				t.Fatalf("the call is over without %T", want)
			}
			if want, ok := e.(E); ok {
				return want
			}
		case <-late:
			var want E
			t.Fatalf("no %T in time", want)
		}
	}
}

// count keeps count of the connections, to cut them. A WebSocket counts as hijacked until it is closed.
func (h *house) count(c net.Conn, s http.ConnState) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.away:
		_ = c.Close()
	case s == http.StateClosed:
		delete(h.conns, c)
	default:
		h.conns[c] = true
	}
}

// cut breaks every connection, and lets no new one in until the network is whole again.
func (h *house) cut() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.away = true
	for c := range h.conns {
		_ = c.Close() // it may be, already
	}
	clear(h.conns)
}

func (h *house) mend() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.away = false
}

// address is the page's.
func (h *house) address() string { return h.site.URL + "/phone/" }
