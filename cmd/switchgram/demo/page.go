package demo

import (
	"context"
	"sync"

	"switchgram/cmd/switchgram/tones"
	"switchgram/verto/vertotest"
)

// page is a simulated browser in which the agent has logged in. It takes every call.
type page struct {
	w      *world
	client *vertotest.Client
	over   chan struct{} // the call that it was in has ended
	calls  sync.WaitGroup
}

// startPage logs the agent in.
func (w *world) startPage(ctx context.Context, _ Options) (err error) {
	p := &page{w: w, over: make(chan struct{}, 1)}
	talk, end := context.WithCancel(ctx)
	p.client, err = vertotest.Dial(ctx, "ws://"+w.program.VertoAddr().String(), vertotest.Options{Handle: func(r vertotest.Request) { p.asked(talk, r) }})
	if err != nil {
		end()
		return err
	}
	w.leavePage = sync.OnceFunc(func() {
		end()
		p.calls.Wait()
		_ = p.client.Close()
	})
	w.onClose(w.leavePage)
	return p.client.Login(ctx, agent, w.password)
}

func (p *page) asked(ctx context.Context, r vertotest.Request) {
	switch r.Method {
	case "verto.invite":
		var invite struct {
			Call string `json:"callID"`
			SDP  string `json:"sdp"`
			Card string `json:"verto_h_link_text"`
		}
		r.Read(&invite)
		p.w.card.Store(&invite.Card)
		p.calls.Go(func() { _ = p.take(ctx, invite.Call, invite.SDP) }) // who waits for it hears nothing
	case "verto.bye":
		p.over <- struct{}{}
	}
}

// take answers a call and hands it to the demo.
func (p *page) take(ctx context.Context, call, offer string) error {
	b, err := vertotest.NewBrowser()
	if err != nil {
		return err
	}
	defer b.Close()
	answer, err := b.Answer(ctx, offer)
	if err != nil {
		return err
	}
	if _, err := p.client.Ask(ctx, "verto.answer", about(call, map[string]any{"sdp": answer})); err != nil {
		return err
	}
	hangup := func() { _, _ = p.client.Ask(ctx, "verto.bye", about(call, map[string]any{"cause": "NORMAL_CLEARING"})) }
	select {
	case p.w.taken <- callee{sound: tones.Browser(b), hangup: hangup}:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-p.over:
	case <-ctx.Done():
	}
	return nil
}

// about adds to a request which call it is about.
func about(call string, params map[string]any) map[string]any {
	params["dialogParams"] = map[string]any{"callID": call}
	return params
}
