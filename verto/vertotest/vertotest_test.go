package vertotest

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/pion/rtp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is a safety net for what comes at once on an idle machine.
const patience = 30 * time.Second

func timed(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// counter is a server that a test speaks for, with one client.
type counter struct {
	t    *testing.T
	url  string
	said chan map[string]any // by the client; closed when it has gone

	mu     sync.Mutex
	socket *websocket.Conn
	header http.Header
}

func serve(t *testing.T) *counter {
	t.Helper()
	c := &counter{t: t, said: make(chan map[string]any, 16)}
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		socket, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = socket.Close() }()
		defer close(c.said)
		c.mu.Lock()
		c.socket, c.header = socket, r.Header
		c.mu.Unlock()
		for {
			var m map[string]any
			if socket.ReadJSON(&m) != nil {
				return
			}
			c.said <- m
		}
	}))
	t.Cleanup(site.Close)
	c.url = "ws" + strings.TrimPrefix(site.URL, "http")
	return c
}

// next is what the client says next.
func (c *counter) next() map[string]any {
	c.t.Helper()
	select {
	case m, ok := <-c.said:
		if !ok {
			c.t.Fatal("the client has gone")
		}
		return m
	case <-time.After(patience):
		c.t.Fatal("the client says nothing")
		panic("unreachable")
	}
}

func (c *counter) send(frame string) {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.socket.WriteMessage(websocket.TextMessage, []byte(frame)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *counter) dial(o Options) *Client {
	c.t.Helper()
	client, err := Dial(timed(c.t), c.url, o)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = client.Close() })
	return client
}

func TestAsksAreAnsweredWhateverComesBetween(t *testing.T) {
	asked := make(chan Request, 4)
	s := serve(t)
	c := s.dial(Options{Session: "tab", Origin: "https://phone.example", Handle: func(r Request) { asked <- r }})
	type answer struct {
		result json.RawMessage
		err    error
	}
	answers := make(chan answer, 1)
	go func() {
		r, err := c.Ask(timed(t), "verto.ping", map[string]any{"x": 1})
		answers <- answer{r, err}
	}()
	said := s.next()
	if p := said["params"].(map[string]any); said["method"] != "verto.ping" || said["jsonrpc"] != "2.0" || p["sessid"] != "tab" || p["x"] != 1.0 {
		t.Errorf("the client says %v", said)
	}
	s.send(`#SPU 5`)                                                                             // of the speed test
	s.send(`{"jsonrpc":"2.0","id":1,"method":"verto.info","params":{"msg":{"body":"hi"}}}`)      // has the id of ours
	s.send(`{"jsonrpc":"2.0","id":7,"result":{"message":"of nothing that was asked"}}`)          //
	s.send(`{"jsonrpc":"2.0","id":2,"method":"verto.bye","params":{"callID":"one","sdp":null}}`) // is answered
	s.send(`{"jsonrpc":"2.0","id":1,"result":{"message":"PONG"}}`)
	if a := <-answers; a.err != nil || string(a.result) != `{"message":"PONG"}` {
		t.Errorf("the answer is %s, %v", a.result, a.err)
	}
	var p struct{ CallID string }
	if r := <-asked; r.Method != "verto.info" {
		t.Errorf("the client was asked for %s", r.Method)
	}
	r := <-asked
	if r.Read(&p); r.Method != "verto.bye" || p.CallID != "one" || string(r.ID) != "2" {
		t.Errorf("the client was asked for %s of %q", r.Method, p.CallID)
	}
	if said := s.next(); said["id"] != 2.0 || said["result"].(map[string]any)["method"] != "verto.bye" {
		t.Errorf("a request of a call is answered with %v", said)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.header.Get("Origin") != "https://phone.example" || c.Session() != "tab" {
		t.Errorf("the page comes from %q with session %q", s.header.Get("Origin"), c.Session())
	}
}

func TestARefusalIsAnError(t *testing.T) {
	s := serve(t)
	c := s.dial(Options{NoSession: true, Silent: true})
	errs := make(chan error, 1)
	go func() { errs <- c.Login(timed(t), "ann", "secret") }()
	said := s.next()
	if p := said["params"].(map[string]any); p["login"] != "ann" || p["passwd"] != "secret" || p["sessid"] != nil {
		t.Errorf("the client says %v", said)
	}
	s.send(`{"jsonrpc":"2.0","id":3,"method":"verto.bye","params":{"callID":"one"}}`) // a silent client answers none
	s.send(`{"jsonrpc":"2.0","id":1,"error":{"code":-32001,"message":"Authentication Failure","cause":"x"}}`)
	var refused *Error
	if err := <-errs; !errors.As(err, &refused) || refused.Code != -32001 || refused.Method != "login" || !strings.Contains(string(refused.Data), `"cause"`) {
		t.Errorf("the refusal is %v", err)
	}
	if err := c.Send([]byte(`{"raw":true}`)); err != nil {
		t.Fatal(err)
	}
	if said := s.next(); said["raw"] != true {
		t.Errorf("a silent client says %v", said)
	}
}

func TestWhoWaitsIsToldThatTheConnectionIsOver(t *testing.T) {
	s := serve(t)
	c := s.dial(Options{})
	short, cancel := context.WithCancel(timed(t))
	errs := make(chan error, 2)
	go func() { _, err := c.Ask(short, "verto.ping", nil); errs <- err }()
	s.next()
	cancel()
	if err := <-errs; !errors.Is(err, context.Canceled) {
		t.Errorf("who gave up is told %v", err)
	}
	go func() { _, err := c.Ask(timed(t), "verto.ping", nil); errs <- err }()
	s.next()
	s.mu.Lock()
	_ = s.socket.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.ClosePolicyViolation, "no"))
	s.mu.Unlock()
	if err := <-errs; !errors.Is(err, ErrOver) {
		t.Errorf("who waited is told %v", err)
	}
	<-c.Over()
	if closed := (*websocket.CloseError)(nil); !errors.As(c.Err(), &closed) || closed.Code != websocket.ClosePolicyViolation {
		t.Errorf("it ended with %v", c.Err())
	}
	if _, err := c.Ask(timed(t), "verto.ping", nil); !errors.Is(err, ErrOver) {
		t.Errorf("who asks afterwards is told %v", err)
	}
	if _, err := Dial(timed(t), "ws://127.0.0.1:1", Options{}); err == nil {
		t.Error("somebody listens at port 1")
	}
}

// browsers are the two ends of a call; change is made to what they say of themselves.
func browsers(t *testing.T, change func(sdp string) string) (a, b *Browser) {
	t.Helper()
	var all [2]*Browser
	for i := range all {
		var err error
		if all[i], err = NewBrowser(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = all[i].Close() })
	}
	offer, err := all[0].Offer(timed(t))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := all[1].Answer(timed(t), change(offer))
	if err != nil {
		t.Fatal(err)
	}
	if err := all[0].Accept(change(answer)); err != nil {
		t.Fatal(err)
	}
	return all[0], all[1]
}

// hears waits until one end hears what the other sends.
func hears(t *testing.T, from, to *Browser) {
	t.Helper()
	heard := make(chan struct{})
	var once sync.Once
	to.OnRTP(func(p *rtp.Packet) {
		if string(p.Payload) == "hello" {
			once.Do(func() { close(heard) })
		}
	})
	defer to.OnRTP(nil)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for n := uint16(1); ; n++ {
		if err := from.WriteRTP(&rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: n, Timestamp: 960 * uint32(n)}, Payload: []byte("hello")}); err != nil {
			t.Fatal(err)
		}
		select {
		case <-heard:
			return
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatal("nothing is heard")
		}
	}
}

func TestTwoEndsHearEachOther(t *testing.T) {
	for name, change := range map[string]func(string) string{
		"as they are": func(sdp string) string { return sdp },
		"without names and groups, as FreeSWITCH writes": func(sdp string) string {
			var kept []string
			for line := range strings.SplitSeq(sdp, "\r\n") {
				if !strings.HasPrefix(line, "a=mid:") && !strings.HasPrefix(line, "a=group:") {
					kept = append(kept, line)
				}
			}
			return strings.Join(kept, "\r\n")
		},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := browsers(t, change)
			for _, e := range []*Browser{a, b} {
				if err := e.Connected(timed(t)); err != nil {
					t.Fatal(err)
				}
			}
			hears(t, a, b)
			hears(t, b, a)
			if a.Over() {
				t.Error("it is over before it is closed")
			}
			if err := a.Close(); err != nil || !a.Over() {
				t.Errorf("it is not over when it is closed: %v", err)
			}
		})
	}
}

func TestAnEndThatNobodyAnswersIsNotConnected(t *testing.T) {
	a, err := NewBrowser()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := a.Connected(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("it is connected: %v", err)
	}
	for _, bad := range []string{"", "v=0\r\n", "<sdp>"} {
		if a.Accept(bad) == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}
