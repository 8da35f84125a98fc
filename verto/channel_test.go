package verto

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"sync"
	"testing"

	"switchgram/verto/vertotest"
)

func TestPagesHearWhatTheySubscribedTo(t *testing.T) {
	h := open(t, Options{})
	ann := h.page("ann", vertotest.Options{})
	r := ann.do("verto.subscribe", object{"eventChannel": []string{"presence", "Secret", "news.today"}})
	if fmt.Sprint(r["subscribedChannels"]) != "[presence news.today]" || fmt.Sprint(r["unauthorizedChannels"]) != "[Secret]" {
		t.Errorf("subscribe was answered with %v", r)
	}
	e := ann.refused("verto.subscribe", object{"eventChannel": "presence"})
	if e.Code != codeForbid || string(e.Data) == "" || !json.Valid(e.Data) {
		t.Errorf("a second subscription was refused with %v", e)
	}
	for _, channel := range []string{"presence.bob", "news.today", "news", "presence"} {
		if err := h.s.Publish(channel, object{"of": channel}); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []object{
		{"eventChannel": "presence.bob", "subscribedChannel": "presence", "eventSerno": 0.0, "data": object{"of": "presence.bob"}},
		{"eventChannel": "news.today", "subscribedChannel": "news.today", "eventSerno": 0.0, "data": object{"of": "news.today"}},
		{"eventChannel": "presence", "subscribedChannel": "presence", "eventSerno": 1.0, "data": object{"of": "presence"}},
	} {
		if got := ann.await("verto.event"); !reflect.DeepEqual(got, want) {
			t.Errorf("the page heard %v, want %v", got, want)
		}
	}
	r = ann.do("verto.unsubscribe", object{"eventChannel": []string{"presence", "never"}})
	if fmt.Sprint(r["unsubscribedChannels"]) != "[presence]" || fmt.Sprint(r["notSubscribedChannels"]) != "[never]" {
		t.Errorf("unsubscribe was answered with %v", r)
	}
	_ = h.s.Publish("presence.bob", 1)
	if n := ann.count("verto.event"); n != 3 {
		t.Errorf("the page heard %d events", n)
	}
	if h.s.Publish("presence", func() {}) == nil {
		t.Error("a function was published")
	}
}

// TestNothingComesBeforeTheAnswerToASubscription: clients throw away what does.
func TestNothingComesBeforeTheAnswerToASubscription(t *testing.T) {
	s := must(New(Options{Users: folk{}}))(t)
	s.running = true
	c := newConn(s, netip.Addr{})
	defer c.cancel()
	c.session, _, _ = s.open("session", User{ID: "ann", May: small{}}, c)
	publish := func(what string) {
		if err := s.Publish("news", what); err != nil {
			t.Error(err)
		}
	}
	c.obey([]byte(`{"jsonrpc":"2.0","method":"verto.subscribe","params":{"eventChannel":"news"},"id":1}`), func([]byte) { publish("before the answer") })
	publish("after it")
	if len(c.queue) != 1 || !strings.Contains(string(c.queue[0]), `"data":"after it"`) || !strings.Contains(string(c.queue[0]), `"eventSerno":0`) {
		t.Errorf("the page is told %q", c.queue)
	}
}

func TestPagesBroadcastInTheirOwnName(t *testing.T) {
	said := make(chan string, 4)
	h := open(t, Options{OnBroadcast: func(s *Session, channel string, data json.RawMessage) {
		said <- s.User().ID + " on " + channel + ": " + string(data)
	}})
	ann, bob := h.page("ann", vertotest.Options{}), h.page("bob", vertotest.Options{})
	ann.do("verto.subscribe", object{"eventChannel": "chat"})
	bob.do("verto.subscribe", object{"eventChannel": "chat"})
	if r := ann.do("verto.broadcast", object{"eventChannel": "Secret", "data": 1, "localBroadcast": true}); r["code"] != float64(codeSession) {
		t.Errorf("a broadcast that is not permitted was answered with %v", r)
	}
	ann.do("verto.broadcast", object{"eventChannel": "chat", "data": "hi", "localBroadcast": true, "userid": "bob", "fromDisplay": "Bob"})
	for _, p := range []*page{ann, bob} {
		if e := p.await("verto.event"); e["userid"] != "ann" || e["fromDisplay"] != "ANN" || e["data"] != "hi" {
			t.Errorf("the page heard %v", e)
		}
	}
	ann.do("verto.broadcast", object{"eventChannel": "chat.room", "localBroadcast": true})
	if got := receive(t, said) + ", " + receive(t, said); got != `ann on chat: "hi", ann on chat.room: null` {
		t.Errorf("it was told: %s", got)
	}
	if n := bob.count("verto.event"); n != 1 {
		t.Errorf("what was said below the channel was heard by others: %d events", n)
	}
}

func TestSubscriptionsGoWithTheConnection(t *testing.T) {
	h := open(t, Options{})
	ann := h.page("ann", vertotest.Options{Session: "ann's tab"})
	ann.do("verto.subscribe", object{"eventChannel": "chat"})
	young := h.page("ann", vertotest.Options{Session: "ann's tab"})
	_ = h.s.Publish("chat", 1)
	if n := young.count("verto.event"); n != 0 {
		t.Error("a page hears what another one has subscribed to")
	}
	_ = young.Close()
	h.until("the page is forgotten", func() bool {
		h.s.hub.mu.Lock()
		defer h.s.hub.mu.Unlock()
		return len(h.s.hub.channels) == 0 && len(h.s.hub.counts) == 0
	})
}

// table reads an array's events as verto.js does, and finds gaps.
type table struct {
	t      *testing.T
	last   float64
	rows   map[string]any
	booted bool
}

func (b *table) hear(e object) {
	b.t.Helper()
	data := e["data"].(object)
	serial, action := data["wireSerno"].(float64), data["action"]
	if serial > 0 && b.last > 0 && serial != b.last+1 {
		b.t.Errorf("%v is numbered %v after %v", action, serial, b.last)
	}
	if b.last = max(serial, 0); serial < 0 && action != "bootObj" {
		b.t.Errorf("%v has no number", action)
	}
	switch action {
	case "bootObj":
		b.rows, b.booted = map[string]any{}, true
		for _, row := range data["data"].([]any) {
			b.rows[row.([]any)[0].(string)] = row.([]any)[1]
		}
	case "add", "modify":
		b.rows[data["hashKey"].(string)] = data["data"]
	case "del":
		delete(b.rows, data["hashKey"].(string))
	}
}

func bootstrap(channel string) object {
	return object{"eventChannel": channel, "data": object{"liveArray": object{"command": "bootstrap", "context": channel, "name": channel, "obj": object{}}}}
}

// TestArrayIsTheSameForEverybody: pages come while rows change, and none finds a gap or another table.
func TestArrayIsTheSameForEverybody(t *testing.T) {
	h := open(t, Options{})
	const channel = "switchgram.calls"
	a := h.s.NewArray(channel, channel)
	var changing sync.WaitGroup
	for worker := range 4 {
		changing.Go(func() {
			for i := range 100 {
				key := fmt.Sprint(worker, "-", i%7)
				if i%5 == 4 {
					a.Delete(key)
				} else if err := a.Put(key, []any{worker, i}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	pages := make([]*page, 5)
	for i := range pages {
		pages[i] = h.page("ann", vertotest.Options{})
		pages[i].do("verto.subscribe", object{"eventChannel": channel})
		pages[i].do("verto.broadcast", bootstrap(channel))
	}
	changing.Wait()
	_ = a.Put("last", []any{"row"})
	want := a.Len()
	for _, p := range pages {
		seen := table{t: t, rows: map[string]any{}}
		for !seen.booted || seen.rows["last"] == nil { // changes may come before the whole
			seen.hear(p.await("verto.event"))
		}
		if len(seen.rows) != want {
			t.Errorf("a page has %d rows, want %d", len(seen.rows), want)
		}
	}
}

func TestArrayKnowsWhetherItIsWatched(t *testing.T) {
	h := open(t, Options{})
	a := h.s.NewArray("calls.sales", "calls.sales")
	for _, channel := range []string{"calls.sales", "calls"} {
		if a.Watched() {
			t.Errorf("nobody watches %s", channel)
		}
		ann := h.page("ann", vertotest.Options{})
		ann.do("verto.subscribe", object{"eventChannel": channel})
		if !a.Watched() {
			t.Errorf("%s is watched", channel)
		}
		_ = ann.Close()
		h.until("the page has left", func() bool { return !a.Watched() })
	}
}

func TestArrayTellsWhatChanged(t *testing.T) {
	h := open(t, Options{})
	a := h.s.NewArray("calls", "calls")
	ann := h.page("ann", vertotest.Options{})
	ann.do("verto.subscribe", object{"eventChannel": "calls"})
	_ = a.Put("x", []int{1})
	_ = a.Put("y", []int{1})
	_ = a.Put("x", []int{1}) // as it was
	_ = a.Put("x", []int{2})
	a.Delete("x")
	a.Delete("x")
	for i, want := range []object{
		{"action": "add", "arrIndex": 0.0, "hashKey": "x", "data": []any{1.0}},
		{"action": "add", "arrIndex": 1.0, "hashKey": "y", "data": []any{1.0}},
		{"action": "modify", "hashKey": "x", "data": []any{2.0}},
		{"action": "del", "hashKey": "x", "data": []any{2.0}},
	} {
		want["name"], want["wireSerno"] = "calls", float64(i+1)
		if got := ann.await("verto.event")["data"]; !reflect.DeepEqual(got, want) {
			t.Errorf("the page heard %v, want %v", got, want)
		}
	}
	if a.Put("z", func() {}) == nil {
		t.Error("a function is a row")
	}
	for _, ignored := range []any{nil, "x", object{"liveArray": object{"command": "heartbeat"}}, object{"liveArray": 1}} {
		ann.do("verto.broadcast", object{"eventChannel": "calls", "data": ignored})
	}
	if n := ann.count("verto.event"); n != 4 {
		t.Errorf("the page heard %d events", n)
	}
}
