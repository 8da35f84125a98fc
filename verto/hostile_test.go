package verto

import (
	"encoding/json"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/pion/sdp/v3"

	"switchgram/verto/vertotest"
)

// FuzzFrame: whatever a page says, it is answered at most once by something that is JSON, and nothing panics.
func FuzzFrame(f *testing.F) {
	for _, seed := range []string{
		`{"jsonrpc":"2.0","method":"login","params":{"login":"ann","passwd":"secret"},"id":1}`,
		`{"jsonrpc":"2.0","method":"verto.subscribe","params":{"eventChannel":["a","B"]},"id":"x"}`,
		`{"jsonrpc":"2.0","method":"verto.modify","params":{"action":"hold","dialogParams":{"callID":"0e6c1f44"}},"id":null}`,
		`{"jsonrpc":"2.0","method":"verto.info","params":{"dtmf":5,"dialogParams":[]}}`,
		`{"jsonrpc":"2.0","method":"verto.broadcast","params":{"eventChannel":"a","data":{"liveArray":{}}},"id":1.5}`,
		`{"jsonrpc":"2.0","method":"verto.invite","params":{"sdp":7,"dialogParams":{"callID":{}}},"id":[1]}`,
		`[{"jsonrpc":"2.0","method":"verto.ping","id":1},{"jsonrpc":"2.0","result":{},"id":1},[7],{"jsonrpc":"2.0","method":"jsapi","id":2}]`,
		`{"jsonrpc":"2.0","result":{},"id":1}`, `{"jsonrpc":"1.0","method":"x","id":7}`, `[]`, `null`, `7`, ``, `{`, `#SPU 9`, `#SPE`, `#SP`,
	} {
		f.Add([]byte(seed))
	}
	s, err := New(Options{Users: folk{"ann": "secret"}})
	if err != nil {
		f.Fatal(err)
	}
	s.running = true
	f.Fuzz(func(t *testing.T, frame []byte) {
		c := newConn(s, netip.Addr{})
		defer c.cancel()
		v, _, _ := s.open("session", User{ID: "ann", May: small{}}, c)
		v.variables.Store(&map[string]string{})
		c.session = v
		c.take(frame)
		c.helped.Wait()
		answers := 0
		for _, m := range c.queue {
			if m[0] == '#' {
				continue
			}
			if !json.Valid(m) {
				t.Errorf("answered with %q", m)
			}
			if asked := (request{}); json.Unmarshal(m, &asked) != nil || asked.Method == "" {
				answers++
			}
		}
		if answers > 1 {
			t.Errorf("%d answers: %q", answers, c.queue)
		}
		v.lost(c)
	})
}

// FuzzDescription: what is made of a page's description can be read again, and names every medium.
func FuzzDescription(f *testing.F) {
	for _, file := range []string{"chromium-offer.sdp"} {
		b, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(b))
		f.Add(strings.ReplaceAll(strings.ReplaceAll(string(b), "a=mid:0\r\n", ""), "a=group:BUNDLE 0\r\n", ""))
	}
	f.Add("v=0\r\no=FreeSWITCH 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 1 RTP/SAVPF 111\r\nm=video 0 RTP/SAVPF 0\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		once, _, err := readable(text)
		if err != nil {
			if !errors.Is(err, ErrNoOpus) {
				t.Errorf("refused with %v", err)
			}
			return
		}
		var d sdp.SessionDescription
		if err := d.UnmarshalString(once); err != nil {
			t.Fatalf("read as\n%s\nand then: %v", once, err)
		}
		for _, m := range d.MediaDescriptions {
			if _, ok := m.Attribute("mid"); !ok {
				t.Errorf("a medium has no name:\n%s", once)
			}
		}
	})
}

func TestStrangeFramesAreAnswered(t *testing.T) {
	h := open(t, Options{})
	socket := must(dialRaw(h))(t)
	defer func() { _ = socket.Close() }()
	for _, r := range []struct {
		frame string
		code  int
		id    string
	}{
		{`{`, codeInvalid, "null"},
		{`[]`, codeInvalid, "null"},
		{`{"method":"login","id":7}`, codeInvalid, "7"},
		{`{"jsonrpc":"2.0","method":7,"id":8}`, codeInvalid, "8"},
		{`{"jsonrpc":"2.0","method":"login","id":{"a":1}}`, codeInvalid, "null"},
		{`{"jsonrpc":"2.0","id":"no method"}`, codeLogin, `"no method"`},
		{`{"jsonrpc":"2.0","method":"login"}`, codeLogin, "null"},
		{`{"jsonrpc":"2.0","method":"login","id":"text"}`, codeLogin, `"text"`},
		{`{"jsonrpc":"2.0","method":"login","params":{"login":["ann"],"passwd":{}},"id":9}`, codeLogin, "9"},
	} {
		if err := socket.WriteMessage(websocket.BinaryMessage, []byte(r.frame)); err != nil {
			t.Fatal(err)
		}
		if got := nextAnswer(t, socket); code(got) != r.code || string(got.Frame.ID) != r.id {
			t.Errorf("%s was answered %d to %s, want %d to %s", r.frame, code(got), got.Frame.ID, r.code, r.id)
		}
	}
}

func TestFramesThatAreTooLongCloseTheConnection(t *testing.T) {
	h := open(t, Options{})
	p := h.connect(vertotest.Options{})
	_ = p.Send([]byte(strings.Repeat(" ", maxEarlyFrame+1)))
	receive(t, closed(p))
	ann := h.page("ann", vertotest.Options{})
	if err := ann.Send([]byte(strings.Repeat(" ", maxEarlyFrame+1))); err != nil {
		t.Fatal(err)
	}
	ann.do("verto.ping", nil)
	_ = ann.Send([]byte(strings.Repeat(" ", maxFrame+1)))
	receive(t, closed(ann))
}

// TestPageThatDoesNotReadIsLeft: what it would have to be told is bounded.
func TestPageThatDoesNotReadIsLeft(t *testing.T) {
	c := newConn(must(New(Options{Users: folk{}}))(t), netip.Addr{})
	defer c.cancel()
	for range maxQueue + 1 {
		c.send([]byte("x"))
	}
	if !c.leaving() || len(c.queue) > 0 {
		t.Errorf("%d messages wait, and the connection goes on", len(c.queue))
	}
	c.send([]byte("x"))
	if len(c.queue) > 0 {
		t.Error("a message is queued for nobody")
	}
}

func TestPageThatAsksTooMuchIsSlowedDown(t *testing.T) {
	h := open(t, Options{})
	ann := h.page("ann", vertotest.Options{})
	begun := time.Now()
	for range burst + 30 {
		ann.do("verto.ping", nil)
	}
	if took := time.Since(begun); took < 500*time.Millisecond { // 30 of them by 50 a second
		t.Errorf("%d requests took %v", burst+30, took)
	}
}
