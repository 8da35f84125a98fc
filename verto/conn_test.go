package verto

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/pion/rtp"

	"switchgram/verto/vertotest"
)

// hurry lets pages have less time for everything.
func (h *house) hurry(r rhythm) {
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	h.s.rhythm = r
}

// empty tells whether nobody is connected.
func (h *house) empty() bool {
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	return len(h.s.conns) == 0
}

func TestPageThatDoesNotLogInIsSentAway(t *testing.T) {
	h := open(t, Options{})
	h.hurry(rhythm{login: 50 * time.Millisecond, ping: time.Minute, pong: time.Minute, silence: time.Hour})
	late, ann := h.connect(vertotest.Options{}), h.page("ann", vertotest.Options{})
	receive(t, closed(late))
	if e := (*websocket.CloseError)(nil); !errors.As(late.Err(), &e) || e.Text != "no login" {
		t.Errorf("the connection ended: %v", late.Err())
	}
	ann.do("verto.ping", nil)
}

func TestSilentPageIsAskedWhetherItIsThere(t *testing.T) {
	h := open(t, Options{})
	h.hurry(rhythm{login: time.Minute, ping: 20 * time.Millisecond, pong: time.Minute})
	ann := h.page("ann", vertotest.Options{})
	if ping := ann.await("verto.ping"); ping["serno"] == nil {
		t.Errorf("the page was asked with %v", ping)
	}
}

// TestDeadPageIsNoticed: its end of the connection says nothing any more, not even that it is gone.
func TestDeadPageIsNoticed(t *testing.T) {
	h := open(t, Options{})
	h.hurry(rhythm{login: time.Minute, ping: 20 * time.Millisecond, pong: 50 * time.Millisecond, silence: time.Hour})
	socket := must(dialRaw(h))(t) // nobody reads, and so answers no ping
	defer func() { _ = socket.Close() }()
	h.until("the page is given up", h.empty)
}

func TestPagesOfOtherMachinesNeedTLS(t *testing.T) {
	far := func(*http.Request) netip.Addr { return netip.MustParseAddr("192.0.2.7") }
	for _, plain := range []bool{false, true} {
		h := open(t, Options{ClientAddress: far, Plain: plain})
		c, err := vertotest.Dial(h.context(), h.url, vertotest.Options{})
		if err == nil {
			_ = c.Close()
		}
		if (err == nil) != plain {
			t.Errorf("plain %v: %v", plain, err)
		}
	}
}

func TestPanicEndsItsCallAlone(t *testing.T) {
	started := make(chan *Call, 1)
	h := open(t, Options{OnCall: func(_ context.Context, c *Call) {
		started <- c
		panic("a bug")
	}})
	ann := h.page("ann", vertotest.Options{})
	ann.do("verto.invite", of(callID, object{"sdp": must(h.browser().Offer(h.context()))(t)}))
	if e := ended(t, receive(t, started)); !errors.Is(e.Err, ErrPanic) {
		t.Errorf("the call ended: %v", e)
	}
	ann.await("verto.bye")
}

func TestPanicOverSoundEndsItsCallAlone(t *testing.T) {
	h := open(t, Options{})
	ann := h.page("ann", vertotest.Options{})
	c, b := ann.conversation(callID, nil)
	c.OnRTP(func(*rtp.Packet) { panic("a bug") })
	h.until("the call has ended", func() bool {
		_ = b.WriteRTP(&rtp.Packet{Header: rtp.Header{Version: 2}, Payload: []byte("sound")})
		return h.s.Call(callID) == nil
	})
	if e := ended(t, c); !errors.Is(e.Err, ErrPanic) {
		t.Errorf("the call ended: %v", e)
	}
}
