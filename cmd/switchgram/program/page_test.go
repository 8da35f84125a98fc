package program_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"switchgram/bridge/line"
	"switchgram/cmd/switchgram/tones"
	"switchgram/verto/vertotest"
)

// withPages is a house where the users of that description may log in from browsers.
func withPages(t *testing.T, users string) plan {
	t.Helper()
	return plan{settings: "verto: {listen: \"127.0.0.1:0\"}\nusers:\n" + users, line: "max_calls: 4"}
}

// pageUser describes a user who may log in from a browser; more are other settings.
func pageUser(t *testing.T, name, more string) string {
	t.Helper()
	hash, err := line.HashPassword(password)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("  - {name: %s, display_name: %s Smith, password: %q, %s}\n", name, name, hash.Text(), more)
}

// page is a browser whose user has logged in.
type page struct {
	h      *house
	client *vertotest.Client
	asked  chan vertotest.Request
}

func (h *house) page(user string) *page {
	h.t.Helper()
	p := &page{h: h, asked: make(chan vertotest.Request, 1024)}
	var err error
	p.client, err = vertotest.Dial(h.ctx, "ws://"+h.program.VertoAddr().String(), vertotest.Options{Handle: func(r vertotest.Request) { p.asked <- r }})
	h.must(err)
	h.t.Cleanup(func() { _ = p.client.Close() })
	h.must(p.client.Login(h.ctx, user, password))
	return p
}

// fields are what a request or an answer says.
type fields map[string]any

// ask returns the answer.
func (p *page) ask(method string, params map[string]any) (f fields) {
	p.h.t.Helper()
	answer, err := p.client.Ask(p.h.ctx, method, params)
	p.h.must(err)
	p.h.must(json.Unmarshal(answer, &f))
	return f
}

// await waits for the server to ask that, and returns what it says.
func (p *page) await(method string) (f fields) {
	p.h.t.Helper()
	for {
		if r := next(p.h, p.asked); r.Method == method {
			r.Read(&f)
			return f
		}
	}
}

// browser is the sound of a call that is to be.
func (h *house) browser() *vertotest.Browser {
	h.t.Helper()
	b, err := vertotest.NewBrowser()
	h.must(err)
	h.t.Cleanup(func() { _ = b.Close() })
	return b
}

// dialling begins a call.
func (p *page) dialling(id, to string, variables map[string]any) *vertotest.Browser {
	p.h.t.Helper()
	b := p.h.browser()
	offer, err := b.Offer(p.h.ctx)
	p.h.must(err)
	p.ask("verto.invite", map[string]any{"sdp": offer, "dialogParams": map[string]any{
		"callID": id, "destination_number": to, "userVariables": variables,
	}})
	return b
}

// dial begins a call and waits until it is answered.
func (p *page) dial(id, to string) *vertotest.Browser {
	p.h.t.Helper()
	b := p.dialling(id, to, nil)
	described := false
	for {
		var f struct{ SDP string }
		switch r := next(p.h, p.asked); r.Method {
		case "verto.media", "verto.answer":
			r.Read(&f)
			if f.SDP != "" {
				p.h.must(b.Accept(f.SDP))
				described = true
			}
			if r.Method == "verto.answer" && described {
				return b
			}
		case "verto.bye":
			p.h.t.Fatalf("the call of %s has ended: %s", to, r.Params)
		}
	}
}

// take answers the call that rings.
func (p *page) take(invite fields) *vertotest.Browser {
	p.h.t.Helper()
	b := p.h.browser()
	answer, err := b.Answer(p.h.ctx, invite["sdp"].(string))
	p.h.must(err)
	p.ask("verto.answer", map[string]any{"sdp": answer, "dialogParams": map[string]any{"callID": invite["callID"]}})
	return b
}

func (p *page) hangup(id any) {
	p.h.t.Helper()
	p.ask("verto.bye", map[string]any{"cause": "NORMAL_CLEARING", "causeCode": 16, "dialogParams": map[string]any{"callID": id}})
}

func (h *house) browserEnd(b *vertotest.Browser, hz float64) *end {
	return h.speak(tones.Browser(b), hz)
}
