package verto

import (
	"slices"
	"testing"

	"switchgram/verto/vertotest"
)

// TestPagesAreToldNothingThatClientsThrowAt: a page makes and takes calls, hears, writes, watches and comes back; nothing that it is told would
// have made a client of FreeSWITCH's throw, or log an error.
func TestPagesAreToldNothingThatClientsThrowAt(t *testing.T) {
	h := open(t, Options{})
	ann := h.page("ann", vertotest.Options{Session: "ann's tab"})
	c, b := ann.dial("taken-at-once", "3500", nil)
	go func() { _ = c.Answer(h.context()) }()
	if err := b.Accept(ann.await("verto.answer")["sdp"].(string)); err != nil {
		t.Fatal(err)
	}
	event[Answered](t, c)
	for range 2 {
		c.Display(Party{Name: "Bob"})
	}
	c.Hangup(NormalClearing)

	waits, b := ann.dial("taken-later", "3500", nil)
	_ = waits.EarlyMedia(h.context())
	if err := b.Accept(ann.await("verto.media")["sdp"].(string)); err != nil {
		t.Fatal(err)
	}
	if err := waits.Answer(h.context()); err != nil {
		t.Fatal(err)
	}
	ann.do("verto.bye", of(waits.ID(), nil))
	waits.Display(Party{Name: "nobody"}) // too late
	waits.Hangup(NormalClearing)

	rings := must(h.s.Sessions("ann")[0].Dial(h.context(), "", Party{Name: "Bob"}))(t)
	rings.Hangup(OriginatorCancel)
	rings.Display(Party{Name: "nobody"})
	h.s.Sessions("ann")[0].Write(Party{Name: "Bob"}, "hello")
	ann.do("verto.subscribe", object{"eventChannel": "news"})
	_ = h.s.Publish("news", 1)
	_ = h.s.Publish("other", 1)
	ann.do("verto.unsubscribe", object{"eventChannel": "news"})
	_ = h.s.Publish("news", 2)
	ann.do("verto.ping", nil) // all that was said before is here
	faultless(t, ann, waits.ID(), c.ID())
}

// faultless looks at all that a page was told. Its own calls are those that it made; of these it hears as if each had been there from the start.
func faultless(t *testing.T, p *page, own ...string) {
	t.Helper()
	known, told := map[string]bool{}, map[string]int{} // calls that have not ended; what was told of each
	for _, id := range own {
		known[id] = true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.all {
		params := object{}
		r.Read(&params)
		id, _ := params["callID"].(string)
		switch r.Method {
		case "verto.invite", "verto.attach":
			known[id] = true
		case "verto.media", "verto.answer", "verto.display", "verto.bye": // vertojs looks the call up, and does not look whether it is there
			if told[r.Method+id]++; !known[id] || r.Method != "verto.display" && told[r.Method+id] > 1 {
				t.Errorf("%s of the call %q, %d times", r.Method, id, told[r.Method+id])
			}
		case "verto.info":
			if params["msg"] == nil {
				t.Error("verto.info says nothing")
			}
		case "verto.event":
			if !slices.Contains([]any{"news", p.Session()}, params["eventChannel"]) || params["data"] == 2.0 {
				t.Errorf("an event that nobody listens to: %v", params)
			}
		case "verto.clientReady":
		default:
			t.Errorf("%s is no method that clients know", r.Method)
		}
		if len(params) == 0 {
			t.Errorf("%s without params", r.Method)
		}
		if r.Method == "verto.bye" {
			delete(known, id)
		}
	}
	if told["verto.display"+own[1]] != 1 {
		t.Errorf("it was told %d times whom it talks with", told["verto.display"+own[1]])
	}
}
