package rival

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/pion/rtp"
	"go.uber.org/goleak"

	"switchgram/cmd/switchgram/bench/load"
	"switchgram/verto/vertotest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// within bounds what a test waits for.
func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// background runs something until the end of the test.
func background(t *testing.T, run func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// relay is the media of a call that stands in for a rival's: a browser of its own on one side, a socket on the other.
type relay struct {
	browser *vertotest.Browser
	socket  *load.Socket
}

func newRelay(t *testing.T) *relay {
	t.Helper()
	b, err := vertotest.NewBrowser()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	s, err := load.Listen()
	if err != nil {
		t.Fatal(err)
	}
	s.PayloadType = vertotest.PayloadType
	background(t, s.Run)
	s.OnRTP(func(p *rtp.Packet) { _ = b.WriteRTP(p) })
	b.OnRTP(func(p *rtp.Packet) { _ = s.WriteRTP(p) })
	return &relay{b, s}
}

// answerNG speaks the ng protocol: do says what becomes of a command. Every first request is lost.
func answerNG(t *testing.T, do func(command string, arguments map[string]any) map[string]any) string {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	background(t, func(ctx context.Context) error {
		defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
		buf, seen := make([]byte, maxNG), map[string]bool{}
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return nil
			}
			cookie, text, _ := strings.Cut(string(buf[:n]), " ")
			if !seen[cookie] {
				seen[cookie] = true
				continue
			}
			arguments, err := bdecode(text)
			if err != nil {
				return err
			}
			_, _ = conn.WriteTo([]byte(cookie+" "+bencode(do(arguments["command"].(string), arguments))), from)
		}
	})
	return conn.LocalAddr().String()
}

// offers an engine's media to both sides.
func (r *relay) offers(t *testing.T) func(string, map[string]any) map[string]any {
	return func(command string, arguments map[string]any) map[string]any {
		sdp := ""
		var err error
		switch command {
		case "offer":
			var telephone netip.AddrPort
			telephone, err = audioAddr(text(arguments, "sdp"))
			r.socket.Connect(telephone)
			if err == nil {
				sdp, err = r.browser.Offer(within(t))
			}
		case "answer":
			err = r.browser.Accept(text(arguments, "sdp"))
			sdp = telephoneSDP(r.socket.Addr())
		}
		if err != nil {
			return map[string]any{"result": "error", "error-reason": err.Error()}
		}
		return map[string]any{"result": "ok", "sdp": sdp}
	}
}

func TestBothEndsOfACallThroughRtpengineHearEachOther(t *testing.T) {
	// given: a load, and somebody who forwards
	l := load.New()
	background(t, l.Run)
	r := &rtpengine{ng: ng{answerNG(t, newRelay(t).offers(t))}, load: l}
	// when: a call is set up
	c, err := r.call(within(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.Hangup(within(t)); err != nil {
			t.Error(err)
		}
	}()
	// then: packets pass
	if f, err := l.Measure(within(t), 400*time.Millisecond); err != nil || f.Packets < 10 {
		t.Errorf("%+v %v", f, err)
	}
}

func TestARefusalOfRtpengineIsTold(t *testing.T) {
	at := answerNG(t, func(string, map[string]any) map[string]any {
		return map[string]any{"result": "error", "error-reason": "no ports left"}
	})
	r := &rtpengine{ng: ng{at}, load: load.New()}
	if _, err := r.call(within(t)); err == nil || !strings.Contains(err.Error(), "no ports left") {
		t.Errorf("got %v", err)
	}
}

func TestAnEngineThatIsSilentIsWaitedForNoLongerThanAsked(t *testing.T) {
	silent, err := load.Listen()
	if err != nil {
		t.Fatal(err)
	}
	background(t, silent.Run)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := (ng{silent.Addr().String()}).ask(ctx, "ping", map[string]any{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

// vertoRequest is what a browser asks of mod_verto.
type vertoRequest struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
}

// serveVerto answers as mod_verto does, and takes every call with the relay's browser.
func serveVerto(t *testing.T, r *relay) string {
	t.Helper()
	upgrade := websocket.Upgrader{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		socket, err := upgrade.Upgrade(w, q, nil)
		if err != nil {
			return
		}
		defer socket.Close()
		for m := (vertoRequest{}); socket.ReadJSON(&m) == nil; m = (vertoRequest{}) {
			params := string(m.Params)
			if m.Method == "login" && !strings.Contains(params, `"passwd":"right"`) {
				_ = socket.WriteJSON(object{"jsonrpc": "2.0", "id": m.ID, "error": object{"code": -32001, "message": "Authentication Failure"}})
				continue
			}
			_ = socket.WriteJSON(object{"jsonrpc": "2.0", "id": m.ID, "result": object{}})
			if m.Method == "verto.invite" {
				r.invited(t, socket, m)
			}
		}
	}))
	t.Cleanup(s.Close)
	return "ws" + strings.TrimPrefix(s.URL, "http")
}

// invited answers a call; number 404 is nobody's.
func (r *relay) invited(t *testing.T, socket *websocket.Conn, m vertoRequest) {
	var invite struct {
		SDP    string
		Dialog struct {
			CallID string
			Number string `json:"destination_number"`
		} `json:"dialogParams"`
	}
	if err := json.Unmarshal(m.Params, &invite); err != nil {
		t.Error(err)
		return
	}
	method, params := "verto.bye", object{"callID": invite.Dialog.CallID, "causeCode": 1}
	if invite.Dialog.Number != "404" {
		sdp, err := r.browser.Answer(within(t), invite.SDP)
		if err != nil {
			t.Error(err)
		}
		method, params = "verto.media", object{"callID": invite.Dialog.CallID, "sdp": sdp}
	}
	_ = socket.WriteJSON(object{"jsonrpc": "2.0", "id": 70, "method": method, "params": params})
}

// at is a FreeSWITCH whose telephone has heard somebody already.
func at(t *testing.T, number string, r *relay) *freeswitch {
	t.Helper()
	v, err := dialVerto(within(t), serveVerto(t, r), "1008", "right")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.close() })
	l := load.New()
	background(t, l.Run)
	f := &freeswitch{load: l, number: number, verto: v, heard: make(chan struct{}, 1)}
	f.heard <- struct{}{}
	return f
}

func TestACallThroughVertoHearsTheOtherSide(t *testing.T) {
	r := newRelay(t)
	telephone, err := load.Listen()
	if err != nil {
		t.Fatal(err)
	}
	background(t, telephone.Run)
	telephone.Connect(r.socket.Addr())
	r.socket.Connect(telephone.Addr())
	f := at(t, "1000", r)
	defer f.load.Join(telephone, load.Stamped(1)).Leave()
	c, err := f.call(within(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Hangup(within(t)); err != nil {
		t.Error(err)
	}
}

func TestACallThatFreeSWITCHRefusesIsAnError(t *testing.T) {
	if _, err := at(t, "404", newRelay(t)).call(within(t)); !errors.Is(err, vertotest.ErrOver) {
		t.Errorf("got %v", err)
	}
}

func TestAWrongPasswordIsAnError(t *testing.T) {
	if _, err := dialVerto(within(t), serveVerto(t, nil), "1008", "wrong"); err == nil || !strings.Contains(err.Error(), "Authentication Failure") {
		t.Errorf("got %v", err)
	}
}

func TestWhoIsNoRivalIsAnError(t *testing.T) {
	for _, spec := range []string{"", "asterisk=127.0.0.1:1", "rtpengine=nowhere", "freeswitch=ws://127.0.0.1:8081/1000", "freeswitch=ws://u:p@host/1"} {
		if _, err := Open(within(t), spec, load.New(), nil); err == nil {
			t.Errorf("%q is taken for one", spec)
		}
	}
}

func FuzzAudioAddr(f *testing.F) {
	f.Add(telephoneSDP(netip.MustParseAddrPort("127.0.0.1:4000")))
	f.Add("v=0\r\nm=audio 1 RTP/AVP 0\r\n")
	f.Fuzz(func(t *testing.T, sdp string) {
		if at, err := audioAddr(sdp); err == nil && (!at.IsValid() || at.Port() == 0) {
			t.Errorf("%v", at)
		}
	})
}
