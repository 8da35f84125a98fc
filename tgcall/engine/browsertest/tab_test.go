package browsertest

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// tab is one with a Telegram call in it.
type tab struct {
	t   *testing.T
	ctx context.Context
}

// begin says what kind of call the page makes.
type begin struct {
	Outgoing   bool        `json:"outgoing"`
	ICEServers []iceServer `json:"iceServers"`
	RelayOnly  bool        `json:"relayOnly"`
	Pool       int         `json:"pool"` // candidates gathered before they are needed
}

type iceServer struct {
	URLs       []string `json:"urls"`
	Username   string   `json:"username"`
	Credential string   `json:"credential"`
}

// open makes a tab of the page, whose messages say gets. It must not block.
func (b *chromium) open(t *testing.T, url string, say func(text []byte)) *tab {
	t.Helper()
	ctx, closeTab := chromedp.NewContext(b.ctx)
	t.Cleanup(closeTab)
	p := &tab{t: t, ctx: ctx}
	chromedp.ListenTarget(ctx, func(event any) {
		switch e, ok := event.(*runtime.EventBindingCalled); {
		case !ok:
		case e.Name == "say":
			say([]byte(e.Payload))
		default:
			t.Errorf("the page: %s", e.Payload)
		}
	})
	if err := chromedp.Run(ctx, runtime.AddBinding("say"), runtime.AddBinding("fail")); err != nil { // the tab lives as long as this context
		t.Fatal(err)
	}
	p.run(chromedp.Navigate(url))
	return p
}

// run does something with the tab, which works.
func (p *tab) run(actions ...chromedp.Action) {
	p.t.Helper()
	if err := p.try(actions...); err != nil {
		p.t.Fatalf("the page: %v", err)
	}
}

func (p *tab) try(actions ...chromedp.Action) error {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, actions...)
}

// do evaluates JavaScript, waits if it is a promise, and puts the value, if it is wanted, into result.
func (p *tab) do(result any, script string) {
	p.t.Helper()
	p.run(evaluate(result, script))
}

func evaluate(result any, script string) chromedp.Action {
	return chromedp.Evaluate(script, result, func(q *runtime.EvaluateParams) *runtime.EvaluateParams {
		return q.WithAwaitPromise(true).WithUserGesture(true)
	})
}

// js writes a value for a script.
func js(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // there are only plain structs
	}
	return string(text)
}
