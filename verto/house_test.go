package verto

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"switchgram/verto/vertotest"
)

// patience is a safety net for what comes at once on an idle machine.
const patience = 30 * time.Second

// folk are users with passwords; they may listen and broadcast to channels whose first letter is a small one.
type folk map[string]string

func (f folk) Login(_ context.Context, l Login) (User, error) {
	password, ok := f[l.Name]
	switch {
	case !ok:
		return User{}, ErrUser
	case password != l.Password:
		return User{}, ErrPassword
	}
	return User{ID: l.Name, Name: strings.ToUpper(l.Name), Number: "10" + l.Name, May: small{}}, nil
}

type small struct{}

func (small) MaySubscribe(channel string) bool { return channel[0] >= 'a' }
func (small) MayBroadcast(channel string) bool { return channel[0] >= 'a' }

// house is a server with pages.
type house struct {
	t     *testing.T
	s     *Server
	url   string
	calls chan *Call // that pages make, if the test has no OnCall; each is kept until it ends
}

// open runs a server until the test ends.
func open(t *testing.T, o Options) *house {
	t.Helper()
	h := &house{t: t, calls: make(chan *Call, 16)}
	if o.Users == nil {
		o.Users = folk{"ann": "secret", "bob": "hidden"}
	}
	if o.OnCall == nil {
		o.OnCall = func(ctx context.Context, c *Call) { h.calls <- c; <-ctx.Done() }
	}
	if o.Media == nil {
		o.Media = loopback
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	site := httptest.NewServer(s)
	t.Cleanup(func() { stop(); running.Wait(); site.Close() })
	h.s, h.url = s, "ws"+strings.TrimPrefix(site.URL, "http")
	h.until("the server runs", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return s.running })
	return h
}

// loopback keeps calls on this machine.
func loopback(s *webrtc.SettingEngine) (func(), error) {
	s.SetIncludeLoopbackCandidate(true)
	s.SetIPFilter(net.IP.IsLoopback)
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	return nil, nil
}

// until waits for something that no event tells.
func (h *house) until(what string, is func() bool) {
	h.t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !is(); <-tick.C {
		if time.Now().After(end) {
			h.t.Fatalf("not in time: %s", what)
		}
	}
}

func (h *house) context() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	h.t.Cleanup(cancel)
	return ctx
}

// page is a client whose messages are kept.
type page struct {
	*vertotest.Client
	h    *house
	mu   sync.Mutex
	cond chan struct{} // closed and renewed when something comes
	all  []vertotest.Request
	read map[int]bool // by place in all
}

// connect opens a page that has not logged in.
func (h *house) connect(o vertotest.Options) *page {
	h.t.Helper()
	p := &page{h: h, cond: make(chan struct{}), read: map[int]bool{}}
	o.Handle = func(r vertotest.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.all = append(p.all, r)
		close(p.cond)
		p.cond = make(chan struct{})
	}
	c, err := vertotest.Dial(h.context(), h.url, o)
	if err != nil {
		h.t.Fatal(err)
	}
	p.Client = c
	h.t.Cleanup(func() { _ = c.Close() })
	return p
}

// page opens one whose user is logged in.
func (h *house) page(user string, o vertotest.Options) *page {
	h.t.Helper()
	p := h.connect(o)
	p.login(user)
	return p
}

func (p *page) login(user string) {
	p.h.t.Helper()
	p.do("login", object{"login": user, "passwd": folk{"ann": "secret", "bob": "hidden"}[user]})
	p.await("verto.clientReady")
}

// await is the params of the next request with the method that has not been awaited.
func (p *page) await(method string) object {
	p.h.t.Helper()
	timeout := time.After(patience)
	for {
		params, more := p.find(method)
		if params != nil {
			return params
		}
		select {
		case <-more:
		case <-timeout:
			p.h.t.Fatalf("no %s; there were %v", method, p.methods())
		}
	}
}

func (p *page) find(method string) (object, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, r := range p.all {
		if r.Method == method && !p.read[i] {
			p.read[i] = true
			params := object{}
			r.Read(&params)
			return params, nil
		}
	}
	return nil, p.cond
}

// methods are those of all requests so far.
func (p *page) methods() (all []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.all {
		all = append(all, r.Method)
	}
	return all
}

// count is how many requests of the method came; everything that was sent before the answer to a ping is here.
func (p *page) count(method string) int {
	p.h.t.Helper()
	p.do("verto.ping", nil)
	n := 0
	for _, m := range p.methods() {
		if m == method {
			n++
		}
	}
	return n
}

// do asks, and gets a result.
func (p *page) do(method string, params object) object {
	p.h.t.Helper()
	raw, err := p.Ask(p.h.context(), method, params)
	if err != nil {
		p.h.t.Fatal(err)
	}
	result := object{}
	if err := json.Unmarshal(raw, &result); err != nil {
		p.h.t.Fatal(err)
	}
	return result
}

// refused asks, and gets an error.
func (p *page) refused(method string, params object) *vertotest.Error {
	p.h.t.Helper()
	raw, err := p.Ask(p.h.context(), method, params)
	var refused *vertotest.Error
	if !errors.As(err, &refused) {
		p.h.t.Fatalf("%s was not refused: %s, %v", method, raw, err)
	}
	return refused
}

func (p *page) wantRefused(method string, params object, code int, text string) {
	p.h.t.Helper()
	if e := p.refused(method, params); e.Code != code || e.Message != text {
		p.h.t.Errorf("%s was refused with %d %q, want %d %q", method, e.Code, e.Message, code, text)
	}
}

// of are the params of a request about a call, and whatever else is to be in them.
func of(call string, more object) object {
	params := object{"dialogParams": object{"callID": call}}
	for name, value := range more {
		params[name] = value
	}
	return params
}

// browser is the sound of a page.
func (h *house) browser() *vertotest.Browser {
	h.t.Helper()
	b, err := vertotest.NewBrowser()
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = b.Close() })
	return b
}

// must is a value, in a test where it must come without an error.
func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// dial has the page make a call, and waits until the server has it.
func (p *page) dial(id, to string, more object) (*Call, *vertotest.Browser) {
	p.h.t.Helper()
	b := p.h.browser()
	offer := must(b.Offer(p.h.context()))(p.h.t)
	params := object{"sdp": offer, "dialogParams": object{"callID": id, "destination_number": to}}
	for name, value := range more {
		params["dialogParams"].(object)[name] = value
	}
	if r := p.do("verto.invite", params); r["message"] != "CALL CREATED" || r["callID"] != id {
		p.h.t.Fatalf("invite was answered with %v", r)
	}
	return receive(p.h.t, p.h.calls), b
}

// receive is what comes next.
func receive[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v, ok := <-from:
		if !ok {
			t.Fatal("nothing more comes")
		}
		return v
	case <-time.After(patience):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

// event waits for an event of the kind, past others.
func event[E Event](t *testing.T, c *Call) E {
	t.Helper()
	for {
		e := receive(t, c.Events())
		if e, ok := e.(E); ok {
			return e
		}
		if _, ok := e.(Ended); ok {
			t.Fatalf("the call has ended: %v", e)
		}
	}
}

// ended waits for the end of a call.
func ended(t *testing.T, c *Call) Ended {
	t.Helper()
	for {
		if e, ok := receive(t, c.Events()).(Ended); ok {
			return e
		}
	}
}

// hears waits until packets with the mark come, while somebody sends them.
func hears(t *testing.T, what string, listen func(func(*rtp.Packet)), send func(*rtp.Packet) error) {
	t.Helper()
	mark := fmt.Sprintf("%s %d", what, time.Now().UnixNano())
	heard := make(chan struct{})
	var once sync.Once
	listen(func(p *rtp.Packet) {
		if slices.Equal(p.Payload, []byte(mark)) && p.PayloadType == opusType {
			once.Do(func() { close(heard) })
		}
	})
	defer listen(nil)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	timeout := time.After(patience)
	for n := uint16(1); ; n++ {
		_ = send(&rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: n, Timestamp: 960 * uint32(n)}, Payload: []byte(mark)})
		select {
		case <-heard:
			return
		case <-tick.C:
		case <-timeout:
			t.Fatalf("nothing was heard: %s", what)
		}
	}
}

// talk finds out that both hear each other.
func talk(t *testing.T, c *Call, b *vertotest.Browser) {
	t.Helper()
	hears(t, "the page", b.OnRTP, c.WriteRTP)
	hears(t, "the server", c.OnRTP, b.WriteRTP)
}

var loopbackAddr = netip.AddrFrom4([4]byte{127, 0, 0, 1})
